package frames

import (
	"bytes"
	"fmt"
	"image/png"

	"github.com/pali3/pali3/internal/imagefile"
)

// splitPages returns at most limit pages of a TIFF, evenly spaced and beginning with the first, as
// upright PNGs. A single-page TIFF is returned unchanged.
func splitPages(encoded []byte, limit int) ([][]byte, error) {
	pages, err := imagefile.TIFFPages(encoded)
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", len(pages)+1, err)
	}
	if len(pages) < 2 {
		return [][]byte{encoded}, nil
	}
	if len(pages) > maxFrames {
		return nil, fmt.Errorf("%w: %d pages", ErrFormat, len(pages))
	}
	limit = min(limit, len(pages))
	var all [][]byte
	for i := range limit {
		n := i * len(pages) / limit
		still, err := pageAsPNG(encoded, pages[n])
		if err != nil {
			return nil, fmt.Errorf("page %d of %d: %w", n+1, len(pages), err)
		}
		all = append(all, still)
	}
	return all, nil
}

func pageAsPNG(encoded []byte, directory uint32) ([]byte, error) {
	page, err := imagefile.ReadTIFFPage(encoded, directory)
	if err != nil {
		return nil, err
	}
	if page.Width > maxPixels/page.Height {
		return nil, fmt.Errorf("%w: a page of %d x %d", ErrFormat, page.Width, page.Height)
	}
	m, err := page.Image()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m)
	return b.Bytes(), err
}
