package report

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"github.com/pali3/pali3/augment"
)

// Sides of thumbnails, in pixels.
const (
	contactSide = 96  // on a contact sheet
	gallerySide = 160 // in a gallery
	spareSide   = 40  // once pageRoom is used up
)

// thumbnail decodes an image of any format that pali3 reads and encodes it again, upright, without
// metadata and no larger than side pixels. It writes PNG if that is not much larger than JPEG, as
// for drawings.
func thumbnail(encoded []byte, side int, alt string) (Image, error) {
	m, err := augment.Decode(encoded)
	if err != nil {
		return Image{}, err
	}
	height, width := m.Height, m.Width
	if longest := max(height, width); longest > side {
		height, width = max(1, height*side/longest), max(1, width*side/longest)
	}
	t := m.Float()
	if height != m.Height || width != m.Width {
		t = m.Resize(height, width, augment.Bilinear, true)
	}
	return encode(t, 0, 255, alt)
}

// encode encodes pixels; low is black and high is white.
func encode(t augment.Tensor, low, high float32, alt string) (Image, error) {
	m := image.NewNRGBA(image.Rect(0, 0, t.Width, t.Height))
	for i := range t.Width * t.Height {
		for c := range 3 {
			v := (t.Pix[3*i+c] - low) / (high - low) * 255
			m.Pix[4*i+c] = uint8(min(255, max(0, v+0.5)))
		}
		m.Pix[4*i+3] = 255
	}
	var asPNG, asJPEG bytes.Buffer
	best := png.Encoder{CompressionLevel: png.BestCompression}
	if err := best.Encode(&asPNG, m); err != nil {
		return Image{}, fmt.Errorf("encoding a thumbnail: %w", err)
	}
	if err := jpeg.Encode(&asJPEG, m, &jpeg.Options{Quality: 82}); err != nil {
		return Image{}, fmt.Errorf("encoding a thumbnail: %w", err)
	}
	if asPNG.Len() <= asJPEG.Len()*5/4 {
		return Image{Bytes: asPNG.Bytes(), Alt: alt}, nil
	}
	return Image{Bytes: asJPEG.Bytes(), Alt: alt}, nil
}

// pageRoom is the number of bytes of thumbnails after which further ones become small. Base64 adds
// a third to it.
const pageRoom = 3 << 20

// album makes the thumbnails of a page.
type album struct {
	used   int
	shrunk int // thumbnails made small
	broken int // images that could not be decoded
}

// add returns a thumbnail, or nil if the image cannot be decoded.
func (a *album) add(encoded []byte, side int, alt string) *Image {
	if a.used > pageRoom {
		side = min(side, spareSide)
		a.shrunk++
	}
	thumb, err := thumbnail(encoded, side, alt)
	if err != nil {
		a.broken++
		return nil
	}
	a.used += len(thumb.Bytes)
	return &thumb
}

// notes describes the thumbnails that are missing or small.
func (a *album) notes() (notes []string) {
	if a.broken > 0 {
		notes = append(notes, fmt.Sprintf("%d images could not be decoded and are not shown.", a.broken))
	}
	if a.shrunk > 0 {
		notes = append(notes, fmt.Sprintf("%d images are shown small to limit the size of the page. Use a smaller --samples.", a.shrunk))
	}
	return notes
}
