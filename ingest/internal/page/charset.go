package page

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// toUTF8 decodes a page and names its encoding: that of a byte order mark, the header or a meta
// element, in this order (the HTML standard's), or else a guess from the bytes.
func toUTF8(content []byte, contentType string) (text []byte, name string) {
	found, name, certain := charset.DetermineEncoding(content, contentType)
	if !certain && !declares(content) {
		found, name = guess(content)
	}
	if name == "utf-8" {
		return bytes.ToValidUTF8(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")), []byte("\uFFFD")), name
	}
	text, err := found.NewDecoder().Bytes(content)
	if err != nil {
		return bytes.ToValidUTF8(content, []byte("\uFFFD")), name
	}
	return bytes.TrimPrefix(text, []byte("\uFEFF")), name // the byte order mark of UTF-16
}

// queryEncoder returns the function that encodes the query of an address in a page with the given
// encoding, or nil for Unicode. Unencodable characters become character references, as in a
// browser.
func queryEncoder(name string) func(string) string {
	if strings.HasPrefix(name, "utf-") {
		return nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return func(query string) string {
		var b strings.Builder
		for _, r := range query {
			if r < utf8.RuneSelf {
				b.WriteRune(r)
			} else if encoded, err := e.NewEncoder().String(string(r)); err == nil {
				b.WriteString(encoded)
			} else {
				fmt.Fprintf(&b, "%%26%%23%d%%3B", r)
			}
		}
		return b.String()
	}
}

// declares reports whether a page names an encoding where the HTML standard looks for it.
func declares(content []byte) bool {
	return bytes.Contains(bytes.ToLower(content[:min(len(content), 1024)]), []byte("charset"))
}

// guesses are the encodings besides UTF-8 that undeclared pages may have, with the frequent letters
// of their languages. Of equal scores the first wins.
var guesses = []struct {
	name    string
	letters string
}{
	{"windows-1252", ""},
	{"euc-jp", "のにはをたがでてとしれさ"},
	{"shift_jis", "のにはをたがでてとしれさ"},
	{"gb18030", "的一是不了在人有我他这中国"},
	{"big5", "的一是不了在人有我他這中國"},
	{"euc-kr", "이다에는을의가하고를"},
	{"windows-1251", "оеаинтсрвл"},
	{"koi8-r", "оеаинтсрвл"},
}

// guess guesses the encoding of a page. It tries each encoding: frequent letters of its languages
// count for it; undecodable bytes and unlikely characters count against it.
func guess(content []byte) (encoding.Encoding, string) {
	sample := content[:min(len(content), 64<<10)]
	if mostlyUTF8(sample) {
		return encoding.Nop, "utf-8"
	}
	best, most := guesses[0].name, 0
	for _, g := range guesses {
		e, err := htmlindex.Get(g.name)
		if err != nil {
			continue
		}
		text, err := e.NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		if score := scoreText(text, g.letters); score > most {
			best, most = g.name, score
		}
	}
	e, _ := htmlindex.Get(best)
	return e, best
}

// mostlyUTF8 reports whether at least nine in ten of a text's non-ASCII characters are valid UTF-8,
// so that a stray byte does not change the encoding.
func mostlyUTF8(text []byte) bool {
	good, bad := 0, 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case r >= utf8.RuneSelf:
			good++
		}
		text = text[size:]
	}
	return good >= 9*bad
}

// scoreText scores a decoded text.
func scoreText(text []byte, letters string) int {
	score := 0
	before := ' '
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			if isASCIILetter(r) && unicode.IsLetter(before) && before >= utf8.RuneSelf {
				score += neighbour(letters)
			}
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Co, r):
			score -= 20
		case strings.ContainsRune(letters, r):
			score += 5
		case r >= 0xff61 && r <= 0xff9f, r >= 0x2500 && r <= 0x259f: // half-width kana, box drawing: typical of a wrong encoding
			score -= 3
		case unicode.IsUpper(r) && unicode.IsLower(before):
			score -= 3
		case isASCIILetter(before) && unicode.IsLetter(r):
			score += neighbour(letters)
		}
		before = r
	}
	return score
}

func isASCIILetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// neighbour scores a non-ASCII letter next to an ASCII letter, which is usual only in Latin script.
func neighbour(letters string) int {
	if letters == "" {
		return 3
	}
	return -5
}
