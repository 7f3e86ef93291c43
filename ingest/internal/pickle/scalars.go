package pickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDigits is the maximum length of a number, in bytes: the time to parse decimal digits grows
// with its square.
const maxDigits = 4096

// read reads n bytes and allocates memory only as they arrive.
func (m *machine) read(n int64) ([]byte, error) {
	if n < 0 || n > int64(m.limits.Text) {
		return nil, fmt.Errorf("%d bytes in one piece, the limit is %d", n, m.limits.Text)
	}
	if m.bytes += n; m.bytes > m.limits.Bytes {
		return nil, fmt.Errorf("over %d bytes", m.limits.Bytes)
	}
	const step = 64 << 10
	b := make([]byte, 0, min(n, step))
	for int64(len(b)) < n {
		at := len(b)
		b = append(b, make([]byte, min(n-int64(at), max(step, int64(at))))...)
		if _, err := io.ReadFull(m.in, b[at:]); err != nil {
			return nil, unexpected(err)
		}
	}
	return b, nil
}

// number reads an unsigned little-endian number of 1, 2, 4 or 8 bytes.
func (m *machine) number(size int) (int64, error) {
	var b [8]byte
	if _, err := io.ReadFull(m.in, b[:size]); err != nil {
		return 0, unexpected(err)
	}
	n := binary.LittleEndian.Uint64(b[:])
	if n > math.MaxInt64 {
		return 0, fmt.Errorf("the number %d", n)
	}
	return int64(n), nil
}

func (m *machine) numberOf(size int) (any, error) { return m.number(size) }

func (m *machine) float() (any, error) {
	var b [8]byte
	if _, err := io.ReadFull(m.in, b[:]); err != nil {
		return nil, unexpected(err)
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b[:])), nil
}

// long reads a number in two's complement. size is that of its length.
func (m *machine) long(size int) (any, error) {
	n, err := m.number(size)
	if err != nil {
		return nil, err
	}
	if n > maxDigits {
		return nil, fmt.Errorf("a number of %d bytes", n)
	}
	b, err := m.read(n)
	return littleEndian(b), err
}

// text reads a text. size is that of its length.
func (m *machine) text(size int) (any, error) {
	n, err := m.number(size)
	if err != nil {
		return nil, err
	}
	b, err := m.read(n)
	return string(b), err
}

// line reads a line and its end.
func (m *machine) line(limit int) (string, error) {
	var line []byte
	for {
		part, err := m.in.ReadSlice('\n')
		line = append(line, part...)
		if m.bytes += int64(len(part)); m.bytes > m.limits.Bytes || len(line) > limit {
			return "", fmt.Errorf("a line of over %d bytes", min(int64(limit), m.limits.Bytes))
		}
		if err == nil {
			return string(line[:len(line)-1]), nil
		}
		if len(part) == 0 || err == io.EOF {
			return "", unexpected(err)
		}
	}
}

func (m *machine) decimal() (int64, error) {
	line, err := m.line(maxDigits)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(line, 10, 64)
	if err == nil && n < 0 {
		err = fmt.Errorf("place %d of the memo", n)
	}
	return n, err
}

// numberText parses a decimal number. I00 and I01 are False and True; a long may end in L.
func (m *machine) numberText(op byte) (any, error) {
	line, err := m.line(maxDigits)
	if err != nil {
		return nil, err
	}
	switch {
	case op == floatText:
		return strconv.ParseFloat(line, 64)
	case op == intText && (line == "00" || line == "01"):
		return line == "01", nil
	}
	line = strings.TrimSuffix(line, "L")
	if n, err := strconv.ParseInt(line, 10, 64); err == nil {
		return n, nil
	}
	if n, ok := new(big.Int).SetString(line, 10); ok {
		return n, nil
	}
	return nil, fmt.Errorf("%.40q is no number", line)
}

// quoted parses the text of a line as written by Python's repr.
func (m *machine) quoted() (any, error) {
	line, err := m.line(m.limits.Text)
	if err != nil {
		return nil, err
	}
	line = strings.TrimRight(line, " \t\r")
	if len(line) < 2 || line[0] != line[len(line)-1] || line[0] != '\'' && line[0] != '"' {
		return nil, errors.New("a text without its quotes")
	}
	return unescape(line[1 : len(line)-1])
}

// simple are the one-letter escapes of repr.
var simple = map[byte]byte{'\\': '\\', '\'': '\'', '"': '"', 'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v'}

func unescape(text string) (string, error) {
	if !strings.Contains(text, `\`) {
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		if i++; i == len(text) {
			return "", errors.New("a text that ends in a backslash")
		}
		c, ok := simple[text[i]]
		switch {
		case ok:
			b.WriteByte(c)
		case text[i] == 'x' && i+2 < len(text):
			n, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				return "", err
			}
			b.WriteByte(byte(n))
			i += 2
		default:
			return "", fmt.Errorf("the escape \\%c", text[i])
		}
	}
	return b.String(), nil
}

// escaped parses the text of a line in raw-unicode-escape: bytes are Latin-1, \uXXXX and \UXXXXXXXX
// are other characters.
func (m *machine) escaped() (any, error) {
	line, err := m.line(m.limits.Text)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	var high rune // of a surrogate pair
	for i := 0; i < len(line); i++ {
		c := rune(line[i])
		if size := map[byte]int{'u': 4, 'U': 8}[next(line, i)]; c == '\\' && size > 0 && i+2+size <= len(line) {
			n, err := strconv.ParseUint(line[i+2:i+2+size], 16, 32)
			if err != nil || n > utf8.MaxRune {
				return nil, fmt.Errorf("the escape %.10q", line[i:])
			}
			c = rune(n)
			i += 1 + size
		}
		switch {
		case utf16.IsSurrogate(c) && high == 0:
			high = c
			continue
		case high != 0:
			b.WriteRune(utf16.DecodeRune(high, c)) // U+FFFD if they are no pair
			if pair := utf16.IsSurrogate(c); pair {
				high = 0
				continue
			}
			high = 0
		}
		b.WriteRune(c)
	}
	if high != 0 {
		b.WriteRune(utf8.RuneError)
	}
	return b.String(), nil
}

func next(line string, i int) byte {
	if i+1 < len(line) {
		return line[i+1]
	}
	return 0
}
