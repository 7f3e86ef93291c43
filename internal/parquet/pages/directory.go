package pages

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"unsafe"

	"github.com/parquet-go/parquet-go/format"
)

const (
	prefix       = 4 << 10 // of a page, within which its header and the lengths of its values usually lie
	maxDirectory = 1 << 16 // values of a page that are read singly
)

var prefixBuffers = sync.Pool{New: func() any { return new([prefix]byte) }}

// ReadDirectory reads where the values of an uncompressed page of byte arrays lie, so that each can
// be read by itself ([Page.ReadValue]); it returns nil if the page is not laid out for that. It
// reads the first bytes of the page.
func ReadDirectory(r io.ReaderAt, at Location, l *Levels) (*Page, error) {
	begin := prefixBuffers.Get().(*[prefix]byte) // of which nothing is kept
	defer prefixBuffers.Put(begin)
	b := begin[:min(prefix, int(at.Size))]
	if _, err := r.ReadAt(b, at.At); err != nil {
		return nil, err
	}
	h, n, err := ReadHeader(b)
	if err != nil || h.Size+n != int(at.Size) {
		return nil, nil // longer than the prefix
	}
	found, err := h.levelled(b[n:], l)
	if found == nil || err != nil {
		return nil, err
	}
	levels, values := h.Rep+h.Def, h.Values-found.Nulls
	x, err := readExtents(b[n+levels:], values)
	if errors.Is(err, errShort) {
		rest := make([]byte, min(h.Size-levels, 1024+5*h.Values))
		if _, err := r.ReadAt(rest, at.At+int64(n+levels)); err != nil {
			return nil, err
		}
		if x, err = readExtents(rest, values); errors.Is(err, errShort) {
			return nil, nil // in blocks of an unusual size
		}
	}
	if err == nil {
		err = x.fit(h.Size - levels)
	}
	if err != nil {
		return nil, err
	}
	x.lengths = bytes.Clone(x.lengths)
	found.First, found.extents, found.at = int(at.First), x, at.At+int64(at.Size)-x.sum
	return found, nil
}

// Directory is [ReadDirectory] for a page whose bytes are there. They are not copied.
func Directory(h *Header, body []byte, l *Levels) (*Page, error) {
	found, err := h.levelled(body, l)
	if found == nil || err != nil {
		return nil, err
	}
	values := body[h.Rep+h.Def:]
	x, err := readExtents(values, h.Values-found.Nulls)
	if err == nil {
		err = x.fit(len(values))
	}
	if err != nil {
		return nil, err
	}
	found.extents, found.text = x, values[len(values)-int(x.sum):]
	return found, nil
}

// levelled returns a page with its levels alone, or nil if its values are not lengths and, behind
// them, bytes.
func (h *Header) levelled(body []byte, l *Levels) (*Page, error) {
	if h.Kind != format.DataPageV2 || !h.Described || h.Encoding != format.DeltaLengthByteArray || h.Uncompressed != h.Size {
		return nil, nil
	}
	if h.Values < 0 || h.Values > maxDirectory || h.Rep < 0 || h.Rep > len(body) || h.Def < 0 || h.Def > len(body)-h.Rep {
		return nil, nil
	}
	p := &Page{slots: h.Values, left: MaxPage}
	if err := p.readLevelsV2(h, body, l); err != nil {
		return nil, err
	}
	return p, p.findRows()
}

// ReadValue returns value i of a page of which [Page.Singly] is true, from r if it was not read
// with the page.
func (p *Page) ReadValue(r io.ReaderAt, i int) (Value, error) {
	at, size, err := p.extents.of(i)
	if err != nil || size == 0 {
		return Value{}, err
	}
	b := p.text
	if b == nil {
		b = make([]byte, size)
		_, err = r.ReadAt(b, p.at+at)
	} else {
		b = b[at:]
	}
	return Value{Text: unsafe.String(&b[0], int(size))}, err
}

// Singly reports whether the page's values are found one by one, by [Page.ReadValue].
func (p *Page) Singly() bool { return p.extents != nil }
