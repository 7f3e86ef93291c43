package pages

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

const (
	ahead     = 64 << 10 // bytes of a chunk that are read at once, beside pages
	maxHeader = 16 << 20 // bytes of a page header; it may have the greatest value of the page
)

// Reader reads the pages of a column chunk one after another.
type Reader struct {
	r          io.ReaderAt
	chunk      *Chunk
	levels     *Levels
	budget     *Budget
	at, end    int64  // of the chunk's bytes that were not read
	window     []byte // those in front of at that were read and are not used up
	buffer     []byte // the window's memory
	body       []byte // of a compressed page, reused
	dictionary *Page
	page       usage // of the page at hand
	always     usage // of the rest
	seen       int64 // values
}

// Range returns where the pages of a chunk lie. It is an error if that is not within the file of
// size bytes.
func (m *Chunk) Range(size int64) (at, end int64, err error) {
	if m.Elsewhere {
		return 0, 0, errors.New("it is encrypted, or in another file")
	}
	if at = m.Data; m.Dictionary > 0 && m.Dictionary < at {
		at = m.Dictionary
	}
	if at < 0 || m.Size < 0 || at > size || m.Size > size-at {
		return 0, 0, fmt.Errorf("%d bytes at %d of a file of %d", m.Size, at, size)
	}
	return at, at + m.Size, nil
}

// NewReader reads a chunk of a file of size bytes. All readers of the file's columns share a
// budget.
func NewReader(r io.ReaderAt, size int64, m *Chunk, l *Levels, budget *Budget) (*Reader, error) {
	at, end, err := m.Range(size)
	if err != nil {
		return nil, err
	}
	return &Reader{r: r, chunk: m, levels: l, budget: budget, at: at, end: end}, nil
}

// Next returns the next page that has values, and io.EOF behind the last one. Its memory is not
// used again.
func (c *Reader) Next() (*Page, error) {
	c.budget.past.add(c.page)
	c.page = usage{}
	for c.seen < c.chunk.Values && (len(c.window) > 0 || c.at < c.end) {
		h, err := c.header()
		if err != nil {
			return nil, err
		}
		body, err := c.read(&h)
		if err == nil {
			err = h.Check(body)
		}
		if err != nil {
			return nil, err
		}
		page, err := c.decode(&h, body)
		if err != nil {
			return nil, err
		}
		if page != nil && page.Len() > 0 {
			c.seen += int64(page.Len())
			return page, nil
		}
	}
	return nil, io.EOF
}

// Close gives back what the reader holds of the budget.
func (c *Reader) Close() {
	c.budget.past.add(c.page)
	c.budget.past.add(c.always)
	c.page, c.always = usage{}, usage{}
}

// header reads the header of the page that comes next.
func (c *Reader) header() (h Header, err error) {
	for want := 1; ; want = 4*len(c.window) + 64 {
		if err := c.fill(want); err != nil {
			return h, err
		}
		h, n, err := ReadHeader(c.window)
		if err != nil && len(c.window) >= want && len(c.window) < maxHeader && c.at < c.end {
			continue
		}
		if err == nil {
			c.window = c.window[n:]
			err = h.fits(int64(len(c.window))+c.end-c.at, maxSize)
		}
		return h, err
	}
}

// fill makes the window at least n bytes long, or reaches the chunk's end.
func (c *Reader) fill(n int) error {
	rest := len(c.window)
	if rest >= n || c.at == c.end {
		return nil
	}
	if n > len(c.buffer) {
		size := int(min(int64(max(n, ahead)), int64(rest)+c.end-c.at))
		if err := c.keep(size - len(c.buffer)); err != nil {
			return err
		}
		buffer := make([]byte, size)
		copy(buffer, c.window)
		c.buffer = buffer
	} else {
		copy(c.buffer, c.window)
	}
	c.window = c.buffer[:int(min(int64(len(c.buffer)), int64(rest)+c.end-c.at))]
	return c.readAt(c.window[rest:])
}

// keep counts n bytes more that the reader holds for as many of the file.
func (c *Reader) keep(n int) error {
	if _, err := c.budget.grant(n); err != nil {
		return err
	}
	c.hold(&c.always, usage{n, n})
	return nil
}

// hold counts what is held for a purpose.
func (c *Reader) hold(what *usage, u usage) {
	what.add(u)
	c.budget.used.add(u)
}

// readAt fills b with what comes next in the file.
func (c *Reader) readAt(b []byte) error {
	n, err := c.r.ReadAt(b, c.at)
	if c.at += int64(n); n == len(b) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// read reads the body of a page. That of a page which shares memory with it is not used again.
func (c *Reader) read(h *Header) (body []byte, err error) {
	shared := c.chunk.Codec == format.Uncompressed || h.Kind == format.DataPageV2 && h.Plain
	if !shared && h.Size <= len(c.window) {
		body, c.window = c.window[:h.Size], c.window[h.Size:]
		return body, nil
	}
	switch {
	case shared:
		if _, err := c.budget.grant(h.Size); err != nil {
			return nil, err
		}
		body = make([]byte, h.Size)
	case h.Size > cap(c.body):
		if err := c.keep(h.Size - cap(c.body)); err != nil {
			return nil, err
		}
		c.body = make([]byte, h.Size)
		body = c.body
	default:
		body = c.body[:h.Size]
	}
	n := copy(body, c.window)
	c.window = c.window[n:]
	return body, c.readAt(body[n:])
}

// decode decodes a page; it returns nil for one that has no values of rows.
func (c *Reader) decode(h *Header, body []byte) (page *Page, err error) {
	grant, err := c.budget.grant(h.Size)
	if err != nil {
		return nil, err
	}
	switch {
	case h.Kind == format.DictionaryPage && c.dictionary == nil:
		if c.dictionary, err = DecodeDictionary(h, body, c.chunk.Codec, c.levels, grant); err == nil {
			c.hold(&c.always, usage{grant - c.dictionary.left + h.Size, h.Size})
		}
		return nil, err
	case h.Kind == format.IndexPage, h.IsData() && h.Described && h.Values == 0:
		return nil, nil
	}
	if page, err = DecodeSlots(h, body, c.chunk.Codec, c.levels, c.dictionary, grant); err == nil {
		c.hold(&c.page, usage{grant - page.left + h.Size, h.Size})
	}
	return page, err
}
