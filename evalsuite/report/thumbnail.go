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
	gallerySide = 160 // beside what a model says
	spareSide   = 40  // when the page's room is used up
)

// thumbnail decodes an image of any format that pali3 reads and encodes it again, as people see it
// and no larger than side pixels: as PNG if that is hardly larger than JPEG, which is so of
// drawings. Nothing of the file's metadata is kept.
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

// encode encodes pixels of which low is black and high is white.
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

// pageRoom is how many bytes of thumbnails a page holds; those beyond are small. Base64 adds a
// third.
const pageRoom = 3 << 20

// album makes the thumbnails of a page, within its room.
type album struct {
	used   int
	shrunk int // thumbnails that came when the room was used up
	broken int // images that could not be decoded
}

// add returns a thumbnail, or nil for an image that cannot be decoded.
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

// notes say what the album left out.
func (a *album) notes() (notes []string) {
	if a.broken > 0 {
		notes = append(notes, fmt.Sprintf("%d images could not be decoded and are not shown.", a.broken))
	}
	if a.shrunk > 0 {
		notes = append(notes, fmt.Sprintf("%d images are shown small: the page would be too large otherwise. Use --samples with a smaller number.", a.shrunk))
	}
	return notes
}
