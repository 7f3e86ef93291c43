// Package resize makes pictures smaller on their way into a dataset: decoded, resampled and written
// anew as JPEG. A [Resizer] is a transform of package ingest. Its modes are those of img2dataset
// (rom1504/img2dataset, resizer.py); unlike there, a JPEG that lies on its side is turned upright,
// as its EXIF orientation says.
package resize

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/pali3/pali3/augment"
)

// Modes.
const (
	Keep       = "keep"        // the longer side becomes the size, nothing is cut
	KeepRatio  = "keep_ratio"  // the shorter side becomes the size, nothing is cut
	CenterCrop = "center_crop" // the shorter side becomes the size, and the middle of the longer is taken
	Border     = "border"      // the longer side becomes the size, and white fills the square
)

// Modes lists the modes.
var Modes = []string{Keep, KeepRatio, CenterCrop, Border}

// Options of a resizer.
type Options struct {
	Mode    string
	Size    int  // pixels
	Quality int  // of the JPEG, 1 to 100; default 95
	Enlarge bool // pictures that are smaller too; without it they stay as they came, byte for byte
}

// Resizer resizes pictures. Safe for concurrent use.
type Resizer struct{ options Options }

// New checks the options.
func New(o Options) (*Resizer, error) {
	if !slices.Contains(Modes, o.Mode) {
		return nil, fmt.Errorf("resizing: there is no mode %q; the modes are %s", o.Mode, strings.Join(Modes, ", "))
	}
	if o.Size < 1 || o.Size > 1<<14 {
		return nil, fmt.Errorf("resizing: a size of %d, legal are 1 to %d", o.Size, 1<<14)
	}
	if o.Quality == 0 {
		o.Quality = 95
	}
	if o.Quality < 1 || o.Quality > 100 {
		return nil, fmt.Errorf("resizing: a quality of %d, legal are 1 to 100", o.Quality)
	}
	return &Resizer{o}, nil
}

// Name says what is done.
func (r *Resizer) Name() string {
	name := fmt.Sprintf("resize(%s, %d, quality %d)", r.options.Mode, r.options.Size, r.options.Quality)
	if r.options.Enlarge {
		name += " enlarging"
	}
	return name
}

// Apply returns the picture anew, as JPEG, or as it came where nothing is to be done.
func (r *Resizer) Apply(encoded []byte) ([]byte, error) {
	_, height, width, err := inspect(encoded)
	if err != nil {
		return nil, err
	}
	side := min(height, width)
	if r.options.Mode == Keep || r.options.Mode == Border {
		side = max(height, width)
	}
	if side <= r.options.Size && !r.options.Enlarge {
		return encoded, nil
	}
	if r.options.Mode != Border {
		if planes, err := augment.DecodeYCbCr(encoded); planes != nil || err != nil {
			return r.viaPlanes(planes, side, err)
		}
	}
	decoded, err := augment.Decode(encoded)
	if err != nil {
		return nil, err
	}
	scaled := scale(decoded, r.options.Size, side)
	switch r.options.Mode {
	case CenterCrop:
		scaled = square(scaled, r.options.Size)
	case Border:
		scaled = framed(scaled, r.options.Size)
	}
	return encodeJPEG(scaled, r.options.Quality)
}

// viaPlanes resizes a JPEG without making RGB of it, which takes half the time.
func (r *Resizer) viaPlanes(m *image.YCbCr, side int, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	size := r.options.Size
	height, width := scaled(m.Rect.Dy(), size, side), scaled(m.Rect.Dx(), size, side)
	part := image.Rect(0, 0, width, height)
	if r.options.Mode == CenterCrop {
		part = image.Rect(0, 0, size, size).Add(image.Pt((width-size)/2, (height-size)/2))
	}
	e, err := encoderOf(r.options.Quality)
	if err != nil {
		return nil, err
	}
	return e.encode(augment.ResizeYCbCr(m, height, width, part)), nil
}

func inspect(encoded []byte) (format string, height, width int, err error) {
	format, width, height, err = augment.Inspect(encoded)
	return format, height, width, err
}

// scale resamples so that a side of so many pixels becomes size.
func scale(m *augment.Image, size, side int) *augment.Image {
	height, width := scaled(m.Height, size, side), scaled(m.Width, size, side)
	if height == m.Height && width == m.Width {
		return m
	}
	t := m.Resize(height, width, augment.Bilinear, true)
	out := &augment.Image{Height: height, Width: width, Pix: make([]uint8, len(t.Pix))}
	for i, v := range t.Pix {
		out.Pix[i] = uint8(min(max(v, 0), 255) + 0.5)
	}
	return out
}

// scaled rounds to the nearest pixel, at least one.
func scaled(n, size, side int) int { return max(1, (2*n*size+side)/(2*side)) }

// square cuts the middle.
func square(m *augment.Image, size int) *augment.Image {
	out := &augment.Image{Height: size, Width: size, Pix: make([]uint8, 0, 3*size*size)}
	top, left := (m.Height-size)/2, (m.Width-size)/2
	for y := range size {
		out.Pix = append(out.Pix, m.Pix[3*((top+y)*m.Width+left):][:3*size]...)
	}
	return out
}

// framed puts the picture into the middle of a white square.
func framed(m *augment.Image, size int) *augment.Image {
	out := &augment.Image{Height: size, Width: size, Pix: slices.Repeat([]uint8{255}, 3*size*size)}
	top, left := (size-m.Height)/2, (size-m.Width)/2
	for y := range m.Height {
		copy(out.Pix[3*((top+y)*size+left):], m.Pix[3*y*m.Width:][:3*m.Width])
	}
	return out
}
