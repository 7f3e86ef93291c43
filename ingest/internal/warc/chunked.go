package warc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// chunked reads a body in chunks (RFC 9112, section 7.1). Archives have bodies whose last chunk is
// missing, since the server closed the connection: they end where the chunks do.
type chunked struct {
	r     *bufio.Reader
	left  int64 // of the chunk
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

// next reads the line before a chunk.
func (c *chunked) next() error {
	line, err := readLine(c.r)
	if line == "" && err == nil && c.begun { // the end of the chunk before
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
