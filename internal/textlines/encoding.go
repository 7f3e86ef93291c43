package textlines

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// Encoding decodes the bytes of a table to UTF-8. Invalid bytes decode to invalid UTF-8, or to
// characters that [Encoding.Check] finds.
type Encoding struct {
	name    string
	width   int // of a code unit of UTF-16 or UTF-32 in bytes; 0 for others
	little  bool
	decoder encoding.Encoding // for the others; nil for UTF-8
}

var unicodeEncodings = map[string]Encoding{
	"": {}, "utf8": {name: "utf-8"}, "utf8sig": {name: "utf-8"},
	"utf16": {name: "utf-16", width: 2, little: true}, "utf16le": {name: "utf-16le", width: 2, little: true}, "utf16be": {name: "utf-16be", width: 2},
	"utf32": {name: "utf-32", width: 4, little: true}, "utf32le": {name: "utf-32le", width: 4, little: true}, "utf32be": {name: "utf-32be", width: 4},
	"latin1": {name: "latin-1", decoder: charmap.ISO8859_1}, "iso88591": {name: "latin-1", decoder: charmap.ISO8859_1},
	"cp1252": {name: "windows-1252", decoder: charmap.Windows1252},
}

// EncodingNamed returns an encoding by the name that Python, the IANA or the WHATWG have for it.
func EncodingNamed(name string) (Encoding, error) {
	plain := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(strings.TrimSpace(name)))
	if e, known := unicodeEncodings[plain]; known {
		return e, nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return Encoding{}, fmt.Errorf("--encoding %q is not known; utf-8, utf-16, latin-1, windows-1252, gb18030 and shift_jis are examples", name)
	}
	return Encoding{name: strings.ToLower(name), decoder: e}, nil
}

// marks are byte order marks. A mark that begins with another one comes before it.
var marks = []struct{ bytes, encoding string }{
	{"\xef\xbb\xbf", "utf8"}, {"\xff\xfe\x00\x00", "utf32le"}, {"\x00\x00\xfe\xff", "utf32be"}, {"\xff\xfe", "utf16le"}, {"\xfe\xff", "utf16be"},
}

// Decode returns the content as UTF-8, and its encoding: that of a byte order mark, or the named
// one.
func Decode(content *bufio.Reader, name string) (io.Reader, Encoding, error) {
	e, err := EncodingNamed(name)
	if err != nil {
		return nil, e, err
	}
	head, _ := content.Peek(4)
	for _, mark := range marks {
		if bytes.HasPrefix(head, []byte(mark.bytes)) {
			e = unicodeEncodings[mark.encoding]
			content.Discard(len(mark.bytes))
			break
		}
	}
	if e.width == 0 && e.decoder == nil {
		if guess := zeroesSay(content); guess != "" {
			return nil, e, fmt.Errorf("every other byte is zero, as in %s: set --encoding %s", strings.ToUpper(guess), guess)
		}
		return content, e, nil
	}
	if e.decoder != nil {
		return transform.NewReader(content, e.decoder.NewDecoder()), e, nil
	}
	return &wideReader{source: content, encoding: e}, e, nil
}

// zeroesSay names the variant of UTF-16 that the positions of zeros suggest for content without a
// byte order mark, or "".
func zeroesSay(content *bufio.Reader) string {
	head, _ := content.Peek(64)
	var zeroes [2]int
	for i, c := range head {
		if c == 0 {
			zeroes[i%2]++
		}
	}
	switch half := len(head) / 2; {
	case half < 3:
	case zeroes[1] > half/2 && zeroes[0] == 0:
		return "utf-16le"
	case zeroes[0] > half/2 && zeroes[1] == 0:
		return "utf-16be"
	}
	return ""
}

// wideReader decodes UTF-16 and UTF-32. It decodes invalid code units to the byte 0xff, which never
// occurs in UTF-8.
type wideReader struct {
	source   *bufio.Reader
	encoding Encoding
	high     rune // a high surrogate whose other half has not been read
	out      []byte
	err      error
}

func (r *wideReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 && r.err == nil {
		r.decode()
	}
	n := copy(p, r.out)
	r.out = append(r.out[:0], r.out[n:]...)
	if n == 0 && len(p) > 0 {
		return 0, r.err
	}
	return n, nil
}

// decode decodes some code units.
func (r *wideReader) decode() {
	width := r.encoding.width
	for len(r.out) < 4096 {
		unit, err := r.source.Peek(width)
		if len(unit) < width {
			if len(unit) > 0 || r.high != 0 {
				r.out = append(r.out, 0xff)
			}
			r.err = err
			return
		}
		var c rune
		for i := range width {
			if at := i; r.encoding.little {
				c |= rune(unit[at]) << (8 * i)
			} else {
				c = c<<8 | rune(unit[at])
			}
		}
		r.source.Discard(width)
		r.add(c)
	}
}

func (r *wideReader) add(c rune) {
	high := r.high
	r.high = 0
	if high != 0 {
		if both := utf16.DecodeRune(high, c); both != utf8.RuneError {
			r.out = utf8.AppendRune(r.out, both)
			return
		}
		r.out = append(r.out, 0xff)
	}
	switch {
	case r.encoding.width == 2 && c >= 0xd800 && c < 0xdc00:
		r.high = c
	case !utf8.ValidRune(c):
		r.out = append(r.out, 0xff)
	default:
		r.out = utf8.AppendRune(r.out, c)
	}
}

// Check returns an error with the position of bytes that are not text in the encoding. content is a
// row that begins in a line.
func (e Encoding) Check(content []byte, line int64) error {
	at := e.invalid(content)
	if at < 0 {
		return nil
	}
	before := content[:at]
	line += int64(bytes.Count(before, []byte("\n")))
	column := at - (bytes.LastIndexByte(before, '\n') + 1) + 1
	if e.name == "" {
		return &Fault{Line: line, Text: true, Advice: ": set --encoding, for example windows-1252 or latin-1",
			What: fmt.Errorf("line %d: byte %d (0x%02x) is not UTF-8", line, column, content[at])}
	}
	return &Fault{Line: line, Text: true, Advice: ": set another --encoding",
		What: fmt.Errorf("line %d: what is at byte %d of it (as UTF-8) is not valid %s", line, column, e.name)}
}

// invalid returns the position of the first byte that is not text in the encoding, or -1.
func (e Encoding) invalid(content []byte) int {
	if !utf8.Valid(content) {
		at := 0
		for at < len(content) {
			r, size := utf8.DecodeRune(content[at:])
			if r == utf8.RuneError && size == 1 {
				return at
			}
			at += size
		}
	}
	if e.decoder == nil {
		return -1
	}
	at := bytes.Index(content, []byte("\uFFFD")) // where the decoder replaced bytes
	if strings.HasPrefix(e.name, "windows-") {
		if c1 := bytes.IndexFunc(content, func(r rune) bool { return r >= 0x80 && r < 0xa0 }); c1 >= 0 && (at < 0 || c1 < at) {
			return c1 // a byte that the code page does not assign
		}
	}
	return at
}
