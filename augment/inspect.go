package augment

import (
	"fmt"

	"github.com/pali3/pali3/internal/imagefile"
)

// What can be wrong with an image; test with errors.Is.
var (
	ErrNotImage    = imagefile.ErrFormat
	ErrTooLarge    = imagefile.ErrTooLarge
	ErrTruncated   = imagefile.ErrTruncated
	ErrCorrupt     = imagefile.ErrCorrupt
	ErrUnsupported = imagefile.ErrUnsupported
)

// The names of the formats, as Inspect gives them.
const (
	JPEG = imagefile.JPEG
	PNG  = imagefile.PNG
	GIF  = imagefile.GIF
	WebP = imagefile.WebP
	BMP  = imagefile.BMP
	TIFF = imagefile.TIFF
)

// Limits bound what an image may cost. They are checked against the header, before pixels are
// allocated; decoding takes up to 12 bytes for each of MaxPixels (a progressive JPEG without
// subsampling), of an interlaced PNG of 16 bits 25.
type Limits struct {
	MaxBytes  int // of the encoded image
	MaxPixels int // height x width
	MaxSide   int // height and width, each
}

// DefaultLimits are those of [Decode], of pipelines, and of everything that takes images in: 256
// MiB, 256 Mi pixels, sides of 65,535. Images of more than 64 Mi pixels are decoded one at a time.
func DefaultLimits() Limits {
	return Limits{MaxBytes: imagefile.MaxBytes, MaxPixels: imagefile.MaxPixels, MaxSide: imagefile.MaxSide}
}

func (l Limits) check(encoded []byte, width, height int) error {
	switch {
	case len(encoded) > l.MaxBytes:
		return fmt.Errorf("%w: %d bytes, at most %d allowed", ErrTooLarge, len(encoded), l.MaxBytes)
	case width > l.MaxSide || height > l.MaxSide || width*height > l.MaxPixels:
		return fmt.Errorf("%w: %dx%d pixels, at most %d and sides of %d allowed",
			ErrTooLarge, width, height, l.MaxPixels, l.MaxSide)
	}
	return nil
}

// Inspect reads format, width and height from the header alone. The size is that of the image as
// [Decode] returns it, after the EXIF orientation. The rest of the file may still be bad.
func Inspect(encoded []byte) (format string, width, height int, err error) {
	info, err := imagefile.ReadHeader(encoded)
	if err != nil {
		return info.Format, 0, 0, err
	}
	width, height = info.Upright()
	return info.Format, width, height, nil
}
