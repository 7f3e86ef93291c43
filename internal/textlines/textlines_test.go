package textlines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// linesOf returns the lines of a text, each in quotes.
func linesOf(t *testing.T, text io.Reader) (lines string) {
	t.Helper()
	l := New(text)
	for range 1 << 20 {
		s, err := l.Span(0)
		if errors.Is(err, ErrEnd) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines += fmt.Sprintf("%q", l.Bytes()[s.From:s.End])
		l.Advance(s.Next, 1)
	}
	t.Fatal("the text does not end")
	return ""
}

func TestLines_EndAtEachKindOfEnding(t *testing.T) {
	for text, want := range map[string]string{"a\nb\n": `"a""b"`, "a\r\nb\r\n": `"a""b"`, "a\rb\r": `"a""b"`, "a\r\r\nb": `"a""b"`, "a\n\nb": `"a""""b"`, "": ""} {
		if got := linesOf(t, iotest.OneByteReader(strings.NewReader(text))); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestNextLine_SkipsBlankAndLongLines(t *testing.T) {
	l := New(strings.NewReader("a\n \n" + strings.Repeat("x", 3*MaxLine) + "\nb"))
	var got []string
	for {
		line, number, err := l.NextLine()
		if errors.Is(err, ErrEnd) {
			break
		}
		got = append(got, fmt.Sprintf("%d %.20s %v", number, line, err))
	}
	if want := fmt.Sprint([]string{"1 a <nil>", fmt.Sprintf("3  line 3: a line of over %d bytes", MaxLine), "4 b <nil>"}); fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDecode_ReadsEncodings(t *testing.T) {
	for _, c := range []struct{ text, encoding, want string }{
		{"\xef\xbb\xbfab", "", "ab"}, {"\xff\xfea\x00\xac\x20", "", "a€"}, {"\xfe\xff\x00a", "latin-1", "a"}, {"\xff\xfe\x00\x00a\x00\x00\x00", "", "a"},
		{"a\x80", "windows-1252", "a€"}, {"a\xe9", "latin1", "aé"}, {"\x82\xa0", "shift_jis", "あ"}, {"\x3d\xd8\x00\xde", "utf-16le", "😀"},
	} {
		text, _, err := Decode(bufio.NewReader(strings.NewReader(c.text)), c.encoding)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got, err := io.ReadAll(text); string(got) != c.want || err != nil {
			t.Errorf("%q in %s: %q %v, want %q", c.text, c.encoding, got, err, c.want)
		}
	}
	for text, encoding := range map[string]string{"a": "klingon", "a\x00b\x00c\x00d\x00": ""} {
		if _, _, err := Decode(bufio.NewReader(strings.NewReader(text)), encoding); err == nil || !strings.Contains(err.Error(), "--encoding") {
			t.Errorf("%q in %q: %v", text, encoding, err)
		}
	}
}

// FuzzDecode checks that text without an error is UTF-8, and that lines do not depend on read
// sizes.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("a\r\nb\rc\n"), uint8(0))
	f.Add([]byte("\xff\xfea\x00\n\x00\x3d\xd8"), uint8(1))
	f.Add([]byte("\x80\x81\n"), uint8(3))
	f.Fuzz(func(t *testing.T, content []byte, kind uint8) {
		name := []string{"", "utf-16", "utf-32be", "windows-1252", "shift_jis"}[kind%5]
		text, encoding, err := Decode(bufio.NewReader(bytes.NewReader(content)), name)
		if err != nil {
			return
		}
		decoded, err := io.ReadAll(text)
		if err != nil {
			t.Fatal(err)
		}
		if encoding.Check(decoded, 1) == nil && !utf8.Valid(decoded) {
			t.Errorf("%q is not UTF-8 and passes", decoded)
		}
		if a, b := linesOf(t, bytes.NewReader(decoded)), linesOf(t, iotest.OneByteReader(bytes.NewReader(decoded))); a != b {
			t.Errorf("%q: %s and %s", decoded, a, b)
		}
	})
}
