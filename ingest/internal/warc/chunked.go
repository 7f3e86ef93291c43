package warc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// chunked reads a chunked body (RFC 9112, section 7.1). In archives the last chunk may be missing
// because the server closed the connection; such a body ends with its last chunk.
type chunked struct {
	r     *bufio.Reader
	left  int64 // unread bytes of the chunk
	begun bool
	done  bool
}

func (c *chunked) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for c.left == 0 {
		if c.done {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) && c.left > 0 {
		err = io.ErrUnexpectedEOF
	} else if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// next reads the size line of a chunk.
func (c *chunked) next() error {
	line, err := readLine(c.r)
	if line == "" && err == nil && c.begun { // the end of the previous chunk
		line, err = readLine(c.r)
	}
	if errors.Is(err, io.EOF) && line == "" {
		c.done = true
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 63)
	if err != nil {
		return fmt.Errorf("%w: a chunk of size %.20q", ErrFormat, size)
	}
	c.left, c.begun, c.done = int64(n), true, n == 0
	return nil
}
