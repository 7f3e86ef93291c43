// Package imagefile reads what an encoded image says about itself, without decoding its pixels: its
// format, its size, how it is to be turned, and whether its coded data are all there. It is the one
// reader of image headers, and holds the one set of limits: what it accepts, package augment
// decodes, unless the coded data are damaged.
package imagefile

import "github.com/pali3/pali3/internal/imagefile/fault"

// Limits of an image, against small files that decode into all memory. Decoding takes at most 12
// bytes for each pixel (a progressive JPEG without subsampling), of an interlaced PNG of 16 bits
// 25; package augment decodes large images one at a time.
const (
	MaxBytes  = 256 << 20 // of the file
	MaxPixels = 256 << 20
	MaxSide   = 65535 // pixels
)

// The kinds of faults; test with errors.Is.
var (
	ErrFormat      = fault.ErrFormat
	ErrTruncated   = fault.ErrTruncated
	ErrTooLarge    = fault.ErrTooLarge
	ErrCorrupt     = fault.ErrCorrupt
	ErrUnsupported = fault.ErrUnsupported
)

// Info is what an image says about itself.
type Info struct {
	Format        string // jpeg, png, gif, webp, bmp or tiff
	Width, Height int    // pixels, as stored: the orientation is not applied
	Orientation   int    // of EXIF or a TIFF's tag, 1 to 8; 0 where absent
	Pages         int    // of a TIFF, of which the first is the image; 0 of other formats
}

// Upright returns width and height after the orientation is applied.
func (i Info) Upright() (width, height int) {
	if i.Orientation >= 5 {
		return i.Height, i.Width
	}
	return i.Width, i.Height
}
