package benchmarks

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// utf8Reader passes UTF-8 on and fails at the first byte that is not UTF-8, which the JSON decoder
// would replace by U+FFFD, changing the answer. Reads must be longer than a rune, as those of a
// bufio.Reader are.
type utf8Reader struct {
	from io.Reader
	line int    // of the bytes passed on, from 1
	at   int64  // bytes passed on
	held []byte // the first bytes of an incomplete rune, checked with the next read
	err  error
}

func (r *utf8Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) <= utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	held := copy(p, r.held)
	n, err := r.from.Read(p[held:])
	n += held
	whole := wholeRunes(p[:n])
	r.line, r.at = r.line+bytes.Count(p[:whole], []byte{'\n'}), r.at+int64(whole)
	switch rest := p[whole:n]; {
	case len(rest) == 0:
		r.held = r.held[:0]
	case err == nil && !utf8.FullRune(rest):
		r.held = append(r.held[:0], rest...)
	default:
		err = fmt.Errorf("not UTF-8 at line %d, byte %d (0x%02x); convert the file to UTF-8", r.line+1, r.at, rest[0])
	}
	if err != nil && whole > 0 { // return the valid bytes first
		r.err, err = err, nil
	}
	return whole, err
}

// wholeRunes returns the number of bytes before the first that is not UTF-8 or ends too early.
func wholeRunes(b []byte) int {
	if utf8.Valid(b) {
		return len(b)
	}
	at := 0
	for at < len(b) {
		r, size := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	return at
}
