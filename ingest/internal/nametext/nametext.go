package nametext

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/internal/imagefile"
)

// The names that texts are made from if an image has none: its file's or its folder's.
const (
	FromFilename = "filename"
	FromFolder   = "folder"
)

func Check(from string) error {
	switch from {
	case "", FromFilename, FromFolder:
		return nil
	}
	return fmt.Errorf("--text-from %q: use %s or %s", from, FromFilename, FromFolder)
}

// From returns the text made from the name of an image's file or folder, or "" if the name is
// meaningless.
func From(from, name string) string {
	name = path.Clean(strings.ReplaceAll(name, `\`, "/"))
	if from == FromFolder {
		folder := path.Base(path.Dir(name))
		if IsSplit(folder) {
			return ""
		}
		return Of(folder)
	}
	return Of(path.Base(name))
}

// saysNothing are words that cameras and programs put into names and that do not describe an image.
var saysNothing = func() map[string]bool {
	words := "img imgs image images imag dsc dscn dscf dscs sdc p pict pic pics picture pictures photo photos photograph foto fotos bild bilder pxl mvi mov gopr " +
		"cimg csc hpim imgp dji screenshot screenshots capture untitled unnamed scan scanned frame frames thumb thumbnail file download " +
		"copy tmp temp fig whatsapp wa mp jpg jpeg png gif webp"
	all := map[string]bool{}
	for _, word := range strings.Fields(words) {
		all[word] = true
	}
	return all
}()

var (
	hexName   = regexp.MustCompile(`(?i)^[0-9a-f]{8,}$`)
	uuidName  = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	bracketed = regexp.MustCompile(`[(\[{]\s*\d*\s*[)\]}]`)
	wordMarks = strings.NewReplacer("_", " ", "-", " ", ".", " ", "+", " ", ",", " ", "~", " ", "=", " ", "%20", " ", "\t", " ", "–", " ", "—", " ")
)

// Of returns the words of a file's or folder's name. Words are split at underscores, dashes, dots
// and camelCase; an image extension, numbering and hashes are dropped: red_fire-truck_02.png
// becomes "red fire truck". The result is empty if the name does not describe an image, as with
// IMG_1234.jpg, DSC0001.png, a hash or a number.
func Of(name string) string {
	if imagefile.HasImageEnding(name) {
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	name = strings.ToValidUTF8(name, " ")
	name = bracketed.ReplaceAllString(uuidName.ReplaceAllString(name, " "), " ")
	var words []string
	for _, part := range strings.Fields(wordMarks.Replace(name)) {
		words = append(words, wordsOf(part)...)
	}
	for len(words) > 0 && isNumber(words[0]) {
		words = words[1:]
	}
	for len(words) > 0 && isNumber(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) > 0 {
		words[len(words)-1] = withoutNumbering(words[len(words)-1])
	}
	if !slices.ContainsFunc(words, tells) {
		return ""
	}
	return strings.Join(words, " ")
}

// wordsOf splits a word at its camelCase. It returns nothing for a hash or a long number.
func wordsOf(part string) (words []string) {
	digits, letters := 0, 0
	for _, r := range part {
		if unicode.IsDigit(r) {
			digits++
		} else if unicode.IsLetter(r) || unicode.IsMark(r) {
			letters++
		}
	}
	switch {
	case hexName.MatchString(part) && digits > 0, letters == 0 && digits > 4, letters == 0 && digits == 0, digits > 4 && letters < 4, jumps(part) > 3:
		return nil
	}
	runes, from := []rune(part), 0
	for i := 1; i < len(runes); i++ {
		ends := unicode.IsUpper(runes[i]) && (unicode.IsLower(runes[i-1]) || unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1]) && i > from)
		if ends {
			words, from = append(words, string(runes[from:i])), i
		}
	}
	words = append(words, string(runes[from:]))
	if len(words) > 1 {
		for i, word := range words {
			if rest := []rune(word)[1:]; !slices.ContainsFunc(rest, unicode.IsUpper) {
				words[i] = strings.ToLower(word) // an acronym keeps its letters
			}
		}
	}
	return words
}

// jumps counts the changes between digits and letters, which are frequent in ids.
func jumps(part string) (n int) {
	before := rune(0)
	for i, r := range part {
		if i > 0 && unicode.IsDigit(r) != unicode.IsDigit(before) {
			n++
		}
		before = r
	}
	return n
}

func isNumber(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}

// withoutNumbering drops the number after a word of three letters or more: truck02 becomes truck,
// u2 stays.
func withoutNumbering(word string) string {
	if trimmed := strings.TrimRightFunc(word, unicode.IsDigit); len([]rune(trimmed)) >= 3 {
		return trimmed
	}
	return word
}

// tells reports whether a word may describe an image.
func tells(word string) bool {
	letters := strings.TrimFunc(strings.ToLower(word), unicode.IsDigit)
	if letters == "" || saysNothing[letters] {
		return false
	}
	n := 0
	for _, r := range letters {
		if r >= 0x250 && unicode.IsLetter(r) {
			return true // a single character of another script may be a word
		}
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n >= 2
}

// Describe returns the phrase that names the source of texts in a message.
func Describe(from string) string {
	if from == FromFolder {
		return "folder's name"
	}
	return "file's name"
}

// splitNames are the folder names that Hugging Face's ImageFolder takes as splits.
var splitNames = map[string]bool{"train": true, "training": true, "test": true, "testing": true, "val": true, "valid": true,
	"validation": true, "dev": true, "eval": true, "evaluation": true, "held_out": true}

// IsSplit reports whether a folder's name is that of a split.
func IsSplit(folder string) bool { return splitNames[strings.ToLower(folder)] }
