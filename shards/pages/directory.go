package pages

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

const (
	prefix       = 4 << 10 // of a page, within which its header and the lengths of its values usually lie
	maxDirectory = 1 << 16 // values of a page that are read singly
)

// ReadDirectory reads where the values of an uncompressed page of byte arrays lie, so that each can be read by itself
// ([Page.Extent]); it returns nil if the page is not laid out for that. It reads the first bytes of the page.
func ReadDirectory(r io.ReaderAt, at Location, l *Levels) (*Page, error) {
	b := make([]byte, min(prefix, int(at.Size)))
	if _, err := r.ReadAt(b, at.At); err != nil {
		return nil, err
	}
	h, n, err := ReadHeader(b)
	if err != nil {
		return nil, nil // longer than the prefix
	}
	b = b[n:]
	if h.Kind != format.DataPageV2 || !h.Described || h.Encoding != format.DeltaLengthByteArray || h.Uncompressed != h.Size || h.Size+n != int(at.Size) {
		return nil, nil
	}
	if h.Values < 0 || h.Values > maxDirectory || h.Rep < 0 || h.Rep > len(b) || h.Def < 0 || h.Def > len(b)-h.Rep {
		return nil, nil
	}
	found := &Page{First: int(at.First), slots: h.Values, left: MaxPage}
	if err := found.readLevelsV2(&h, b, l); err != nil {
		return nil, err
	}
	if err := found.findRows(); err != nil {
		return nil, err
	}
	body := int64(h.Size - h.Rep - h.Def)
	sum, used, err := found.readLengths(b[h.Rep+h.Def:], h.Values-found.Nulls)
	if errors.Is(err, errShort) {
		rest := make([]byte, min(body, int64(1024+5*h.Values)))
		if _, err := r.ReadAt(rest, at.At+int64(n+h.Rep+h.Def)); err != nil {
			return nil, err
		}
		if sum, used, err = found.readLengths(rest, h.Values-found.Nulls); errors.Is(err, errShort) {
			return nil, nil // in blocks of an unusual size
		}
	}
	if err == nil && sum > body-int64(used) {
		err = fmt.Errorf("values of %d bytes in %d", sum, body-int64(used))
	}
	if err != nil {
		return nil, err
	}
	found.At = at.At + int64(at.Size) - sum
	return found, nil
}
