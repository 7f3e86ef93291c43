// Package imagefile reads the headers of image files: the format, the size, the orientation, and
// whether the coded data are complete. [Inspect] does all of this without decoding pixels. [Format]
// and [Kind] recognise files by their first bytes.
//
// All code that reads image headers or limits image sizes uses this package. Package augment
// decodes every image that Inspect accepts, unless its coded data are damaged.
package imagefile

import "github.com/pali3/pali3/internal/imagefile/fault"

// Limits on images, against small files that would fill the memory when decoded. Decoding takes at
// most 12 bytes for each pixel (a progressive JPEG without subsampling), or 25 for an interlaced
// PNG of 16 bits. Package augment decodes large images one at a time.
const (
	MaxBytes  = 256 << 20 // of the file
	MaxPixels = 256 << 20
	MaxSide   = 65535 // pixels
)

// What is wrong with an image; test with errors.Is.
var (
	ErrFormat      = fault.ErrFormat
	ErrTruncated   = fault.ErrTruncated
	ErrTooLarge    = fault.ErrTooLarge
	ErrCorrupt     = fault.ErrCorrupt
	ErrUnsupported = fault.ErrUnsupported
)

// Info is what the header of an image says.
type Info struct {
	Format        string // jpeg, png, gif, webp, bmp or tiff
	Width, Height int    // pixels, as stored: the orientation is not applied
	Orientation   int    // from EXIF or a TIFF's tag, 1 to 8; 0 if absent
	Pages         int    // of a TIFF, whose first page is the image; 0 for other formats
}

// Upright returns width and height after the orientation is applied.
func (i Info) Upright() (width, height int) {
	if i.Orientation >= 5 {
		return i.Height, i.Width
	}
	return i.Width, i.Height
}
