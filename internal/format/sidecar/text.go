package sidecar

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseText returns the text of a file: UTF-8, with or without a byte order mark, or UTF-16 with
// one. The mark is not part of the text. Other encodings are an error: a wrong guess would go
// unnoticed.
func ParseText(content []byte) (string, error) {
	content, err := toUTF8(content)
	return string(content), err
}

// toUTF8 returns a text as UTF-8 without a byte order mark.
func toUTF8(content []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(content, []byte("\x00\x00\xfe\xff")):
		return nil, errors.New("UTF-32, which is not read: convert it to UTF-8")
	case bytes.HasPrefix(content, []byte("\xff\xfe")):
		return fromUTF16(content[2:], binary.LittleEndian)
	case bytes.HasPrefix(content, []byte("\xfe\xff")):
		return fromUTF16(content[2:], binary.BigEndian)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if zeros := bytes.Count(content, []byte{0}); zeros > 0 && zeros >= len(content)/3 && len(content)%2 == 0 {
		return nil, errors.New("not UTF-8: every other byte is zero, as in UTF-16, but no byte order mark begins it; convert it, for example with iconv -f utf-16le -t utf-8")
	}
	if !utf8.Valid(content) {
		at := 0
		for at < len(content) {
			r, size := utf8.DecodeRune(content[at:])
			if r == utf8.RuneError && size <= 1 {
				break
			}
			at += size
		}
		return nil, fmt.Errorf("not UTF-8: byte %d is %#02x; convert it, for example with iconv -f latin1 -t utf-8", at, content[at])
	}
	return content, nil
}

func fromUTF16(content []byte, order binary.ByteOrder) ([]byte, error) {
	if len(content) == 0 || len(content)%2 != 0 {
		return nil, fmt.Errorf("not a text: a byte order mark of UTF-16, and %d bytes", len(content))
	}
	var text []byte
	for i := 0; i < len(content); i += 2 {
		r := rune(order.Uint16(content[i:]))
		if utf16.IsSurrogate(r) {
			low := rune(utf8.RuneError)
			if i+4 <= len(content) {
				low = rune(order.Uint16(content[i+2:]))
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return nil, fmt.Errorf("not UTF-16: byte %d is half of a character", i+2)
			}
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}
