// Package resize makes images smaller during ingestion: it decodes, resamples and encodes them as
// JPEG. A [Resizer] is a transform for package ingest. Its modes are those of img2dataset
// (rom1504/img2dataset, resizer.py). Unlike img2dataset, it applies the EXIF orientation of a JPEG.
package resize

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/jpegencode"
)

// Modes of a resizer.
const (
	Keep       = "keep"        // scales the longer side to the size
	KeepRatio  = "keep_ratio"  // scales the shorter side to the size
	CenterCrop = "center_crop" // scales the shorter side to the size and crops the middle
	Border     = "border"      // scales the longer side to the size and adds white to a square
)

// modes returns all modes.
func modes() []string { return []string{Keep, KeepRatio, CenterCrop, Border} }

// Options of a resizer.
type Options struct {
	Mode    string
	Size    int  // pixels
	Quality int  // of the JPEG, 1 to 100. Default: 95
	Enlarge bool // enlarges smaller images; otherwise they stay unchanged, byte for byte
}

// Resizer resizes images. It is safe for concurrent use.
type Resizer struct{ options Options }

// New returns a resizer, or an error for options that are not legal.
func New(o Options) (*Resizer, error) {
	if !slices.Contains(modes(), o.Mode) {
		return nil, fmt.Errorf("resizing: there is no mode %q; the modes are %s", o.Mode, strings.Join(modes(), ", "))
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

// Name describes the transform with its options.
func (r *Resizer) Name() string {
	name := fmt.Sprintf("resize(%s, %d, quality %d)", r.options.Mode, r.options.Size, r.options.Quality)
	if r.options.Enlarge {
		name += " enlarging"
	}
	return name
}

// Apply returns the resized image as JPEG, or the given bytes if the image is small enough.
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
	return jpegencode.RGB(scaled.Pix, scaled.Height, scaled.Width, r.options.Quality)
}

// viaPlanes resizes a JPEG without converting it to RGB, which takes half the time.
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
	return jpegencode.YCbCr(augment.ResizeYCbCr(m, height, width, part), r.options.Quality)
}

func inspect(encoded []byte) (format string, height, width int, err error) {
	format, width, height, err = augment.Inspect(encoded)
	return format, height, width, err
}

// scale resamples an image by size / side.
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

// scaled returns n * size / side, rounded, and at least 1.
func scaled(n, size, side int) int { return max(1, (2*n*size+side)/(2*side)) }

// square crops the middle of an image.
func square(m *augment.Image, size int) *augment.Image {
	out := &augment.Image{Height: size, Width: size, Pix: make([]uint8, 0, 3*size*size)}
	top, left := (m.Height-size)/2, (m.Width-size)/2
	for y := range size {
		out.Pix = append(out.Pix, m.Pix[3*((top+y)*m.Width+left):][:3*size]...)
	}
	return out
}

// framed puts the image in the middle of a white square.
func framed(m *augment.Image, size int) *augment.Image {
	out := &augment.Image{Height: size, Width: size, Pix: slices.Repeat([]uint8{255}, 3*size*size)}
	top, left := (size-m.Height)/2, (size-m.Width)/2
	for y := range m.Height {
		copy(out.Pix[3*((top+y)*size+left):], m.Pix[3*y*m.Width:][:3*m.Width])
	}
	return out
}
