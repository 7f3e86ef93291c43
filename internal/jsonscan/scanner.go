// Package jsonscan reads files of many small JSON records fast and without reflection.
//
// A [File] enters the list that holds the records and calls a function for each. The function reads
// the record with a [Scanner], which stands at its first byte. It reads every value that it is
// offered, be it by [Scanner.Skip], and keeps no byte slice that it got. It may be called twice for
// the same record, when the record was not completely read from the file yet, so it begins by
// resetting what it fills. Errors name the file and the line.
package jsonscan

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
)

// errShort means that the record is longer than the bytes that were read from the file.
var errShort = errors.New("the file ends in the middle of a record")

// maxDepth is the maximum depth of arrays and objects.
const maxDepth = 1000

// Scanner reads JSON values in order. An error ends it.
type Scanner struct {
	data  []byte
	at    int
	depth int
}

// Kind returns the first byte of the next value: '{', '[', '"', '0' for a number, 't', 'f', 'n', or
// 0 for anything else.
func (s *Scanner) Kind() (byte, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	switch c {
	case '{', '[', '"', 't', 'f', 'n':
		return c, nil
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return '0', nil
	}
	return 0, nil
}

// peek skips white space and returns the byte after it.
func (s *Scanner) peek() (byte, error) {
	if s.at < len(s.data) && s.data[s.at] > ' ' {
		return s.data[s.at], nil
	}
	return s.peekFar()
}

func (s *Scanner) peekFar() (byte, error) {
	for ; s.at < len(s.data); s.at++ {
		if c := s.data[s.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c, nil
		}
	}
	return 0, errShort
}

// expect reads a byte after white space.
func (s *Scanner) expect(want byte) error {
	c, err := s.peek()
	if err == nil && c != want {
		return s.unexpected(fmt.Sprintf("%q", want))
	}
	s.at++
	return err
}

// unexpected returns an error about what the scanner stands at.
func (s *Scanner) unexpected(want string) error {
	end := s.at
	for end < len(s.data) && end < s.at+20 && s.data[end] >= ' ' && s.data[end] != ',' && s.data[end] != '}' && s.data[end] != ']' {
		end++
	}
	return fmt.Errorf("found %.20q, expected %s", s.data[s.at:max(end, min(s.at+1, len(s.data)))], want)
}

// Object calls field with the name of every member of the next value, an object. Field reads the
// value. It may use the name until then.
func (s *Scanner) Object(field func(name []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return fmt.Errorf("objects and lists are nested more than %d deep", maxDepth)
	}
	c, err := s.peek()
	if c == '}' {
		s.at++
		s.depth--
		return nil
	}
	for err == nil {
		var name []byte
		if name, err = s.String(); err != nil {
			return err
		}
		if err = s.expect(':'); err != nil {
			return err
		}
		if err = field(name); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		s.at++
		if c == '}' {
			s.depth--
			return nil
		}
		if c != ',' {
			s.at--
			return s.unexpected("',' or '}'")
		}
	}
	return err
}

// Array calls element for every element of the next value, an array. Element reads the value.
func (s *Scanner) Array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if s.depth++; s.depth > maxDepth {
		return fmt.Errorf("objects and lists are nested more than %d deep", maxDepth)
	}
	c, err := s.peek()
	if c == ']' {
		s.at++
		s.depth--
		return nil
	}
	for err == nil {
		if err = element(); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		s.at++
		if c == ']' {
			s.depth--
			return nil
		}
		if c != ',' {
			s.at--
			return s.unexpected("',' or ']'")
		}
	}
	return err
}

// String returns the content of the next value, a string. It is valid until the scanner is used
// again.
func (s *Scanner) String() ([]byte, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c != '"' {
		return nil, s.unexpected("a string")
	}
	data, begin := s.data, s.at+1
	i := plainEnd(data, begin)
	if i == len(data) {
		return nil, errShort
	}
	switch data[i] {
	case '"':
		s.at = i + 1
		return data[begin:i], nil
	case '\\':
		return s.escaped()
	}
	s.at = i
	return nil, fmt.Errorf("the control character 0x%02x in a string", data[i])
}

// plainEnd returns the place of the first byte, from i on, that is a quote, a backslash or a
// control character, or the length of the data.
func plainEnd(data []byte, i int) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(data); i += 8 {
		// The high bit is set of a byte that is one of them, and perhaps of bytes after it:
		// "Determine if a word has a byte less than n" of Sean Anderson's Bit Twiddling Hacks.
		word := binary.LittleEndian.Uint64(data[i:])
		quote, slash := word^each*'"', word^each*'\\'
		found := ((word-each*' ')&^word | (quote-each)&^quote | (slash-each)&^slash) & high
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(data); i++ {
		if c := data[i]; c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(data)
}

// escaped returns the content of a string with escapes.
func (s *Scanner) escaped() ([]byte, error) {
	raw, err := s.rawString()
	if err != nil {
		return nil, err
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fmt.Errorf("the string %.40q has an escape that is not JSON", raw)
	}
	return []byte(text), nil
}

// rawString returns a string with its quotes and escapes.
func (s *Scanner) rawString() ([]byte, error) {
	begin := s.at
	for i := begin + 1; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '\\':
			i++
		case c == '"':
			s.at = i + 1
			return s.data[begin:s.at], nil
		case c < 0x20:
			s.at = i
			return nil, fmt.Errorf("the control character 0x%02x in a string", c)
		}
	}
	return nil, errShort
}

// Raw returns the bytes of the next value.
func (s *Scanner) Raw() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	begin := s.at
	if err := s.Skip(); err != nil {
		return nil, err
	}
	return s.data[begin:s.at], nil
}

// Skip reads a value of any kind.
func (s *Scanner) Skip() error {
	kind, err := s.Kind()
	if err != nil {
		return err
	}
	switch kind {
	case '{':
		return s.Object(func([]byte) error { return s.Skip() })
	case '[':
		return s.Array(s.Skip)
	case '"':
		_, err := s.String()
		return err
	case '0':
		_, err := s.Number()
		return err
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.unexpected("a value of JSON")
}

// literal reads true, false or null.
func (s *Scanner) literal(want string) error {
	rest := s.data[s.at:]
	if len(rest) < len(want) {
		if string(rest) == want[:len(rest)] {
			return errShort
		}
		return s.unexpected(want)
	}
	if string(rest[:len(want)]) != want {
		return s.unexpected(want)
	}
	s.at += len(want)
	return nil
}

// Number returns the text of the next value, a number. It is valid until the scanner is used again.
func (s *Scanner) Number() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	begin, at := s.at, s.at
	digits := func() bool {
		first := at
		for at < len(s.data) && s.data[at]-'0' <= 9 {
			at++
		}
		return at > first
	}
	if s.data[at] == '-' {
		at++
	}
	whole := at
	ok := digits() && (s.data[whole] != '0' || at == whole+1)
	if ok && at < len(s.data) && s.data[at] == '.' {
		at++
		ok = digits()
	}
	if ok && at < len(s.data) && s.data[at]|0x20 == 'e' {
		at++
		if at < len(s.data) && (s.data[at] == '+' || s.data[at] == '-') {
			at++
		}
		ok = digits()
	}
	switch {
	case at == len(s.data):
		return nil, errShort
	case !ok:
		return nil, s.unexpected("a number")
	}
	s.at = at
	return s.data[begin:at], nil
}

// Position returns a position for [Scanner.Since]. It holds for the current record.
func (s *Scanner) Position() int {
	s.peek()
	return s.at
}

// Since returns the bytes from a position on. They are valid until the record ends.
func (s *Scanner) Since(position int) []byte { return s.data[position:s.at] }
