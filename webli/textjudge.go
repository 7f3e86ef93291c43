package webli

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names of the rules that judge each text by itself.
const (
	textLength      = "text_length"
	textLetters     = "text_letters"
	textRun         = "text_run"
	textBoilerplate = "text_boilerplate"
)

var (
	// fileName matches a name with a file extension.
	fileName = regexp.MustCompile(`(?i)^[\pL\pN_.,()%+~ -]{1,200}\.(jpe?g|jpe|png|gif|webp|bmp|svg|tiff?|heic|avif|ico|pdf|php|html?|aspx?)$`)
	// cameraName matches names that cameras, phones and screenshot tools give, for example IMG_2041
	// or DSC00012.
	cameraName = regexp.MustCompile(`(?i)^(img|dsc[fn]?|pict|pxl|mvimg|screen ?shot|image|photo|picture|pic|scan|figure|fig|slide|file|untitled|download|unnamed)[ _#.-]*[0-9][0-9 _:.()x-]*$`)
	bareURL    = regexp.MustCompile(`(?i)^((https?|ftp)://|www\.)\S+$`)
)

// saysNothing lists placeholders for a description that was not written.
var saysNothing = phraseSet([]string{
	"image", "images", "img", "photo", "picture", "pic", "thumbnail", "thumb", "icon", "logo", "banner", "avatar",
	"placeholder", "spacer", "loading", "loading...", "untitled", "unnamed", "default", "null", "undefined", "none", "n/a",
	"no image", "no photo", "image not found", "image not available", "image coming soon", "photo not available",
	"click to enlarge", "click here", "click image to enlarge", "enlarge image", "view larger image", "view image",
	"profile picture", "profile photo", "cover image", "featured image", "main image", "post image", "alt text", "image result",
})

func phraseSet(phrases []string) map[string]bool {
	set := map[string]bool{}
	for _, p := range phrases {
		set[normalise(p)] = true
	}
	return set
}

// normalise returns the text in lower case with single spaces, so that texts which differ in case
// and white space only are equal.
func normalise(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// flaw returns the first rule that the text fails and the reason, or "" and "".
func (t *textJudge) flaw(text string) (rule, why string) {
	text = strings.TrimSpace(text)
	runes := utf8.RuneCountInString(text)
	switch {
	case runes < t.MinRunes:
		return textLength, fmt.Sprintf("%d characters, fewer than %d", runes, t.MinRunes)
	case t.MaxRunes > 0 && runes > t.MaxRunes:
		return textLength, fmt.Sprintf("%d characters, more than %d", runes, t.MaxRunes)
	case t.Letters && strings.IndexFunc(text, unicode.IsLetter) < 0:
		return textLetters, fmt.Sprintf("no letter in %q", shorten(text))
	}
	if run, of := longestRun(text); t.MaxRun > 0 && run > t.MaxRun {
		return textRun, fmt.Sprintf("%q %d times in a row", of, run)
	}
	plain := normalise(text)
	if t.phrases[plain] || t.Boilerplate && isBoilerplate(text, plain) {
		return textBoilerplate, fmt.Sprintf("%q", shorten(text))
	}
	return "", ""
}

// textJudge applies the rules that judge each text by itself.
type textJudge struct {
	Texts
	phrases map[string]bool
}

func newTextJudge(t Texts) *textJudge { return &textJudge{t, phraseSet(t.Phrases)} }

func isBoilerplate(text, plain string) bool {
	return saysNothing[plain] || fileName.MatchString(text) || cameraName.MatchString(text) || bareURL.MatchString(text)
}

// longestRun returns the longest run of one character other than white space.
func longestRun(text string) (longest int, of rune) {
	run, last := 0, rune(-1)
	for _, r := range text {
		if r != last || unicode.IsSpace(r) {
			run, last = 0, r
		}
		if run++; run > longest {
			longest, of = run, r
		}
	}
	return longest, of
}

func shorten(text string) string {
	const most = 80
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}
