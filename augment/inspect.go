package augment

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"

	"github.com/pali3/pali3/internal/picture/fault"
	"github.com/pali3/pali3/internal/picture/jpeg"
)

// What can be wrong with a picture; test with errors.Is.
var (
	ErrNotImage    = fault.ErrFormat
	ErrTooLarge    = fault.ErrTooLarge
	ErrTruncated   = fault.ErrTruncated
	ErrCorrupt     = fault.ErrCorrupt
	ErrUnsupported = fault.ErrUnsupported
)

// The names of the formats, as Inspect gives them.
const (
	JPEG = "jpeg"
	PNG  = "png"
	GIF  = "gif"
	WebP = "webp"
	BMP  = "bmp"
)

// Limits bound what a picture may cost. They are checked against the header, before pixels are
// allocated; decoding takes up to 20 bytes for each of MaxPixels (a progressive JPEG without subsampling).
type Limits struct {
	MaxBytes  int // of the encoded picture
	MaxPixels int // height x width
	MaxSide   int // height and width, each
}

// DefaultLimits are those of [Decode] and of pipelines: 64 MiB, 64 Mi pixels, sides of 65,535.
func DefaultLimits() Limits {
	return Limits{MaxBytes: 64 << 20, MaxPixels: 64 << 20, MaxSide: 65535}
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

// sniff tells the format by its first bytes.
func sniff(encoded []byte) (string, error) {
	switch {
	case bytes.HasPrefix(encoded, []byte("\xff\xd8\xff")):
		return JPEG, nil
	case bytes.HasPrefix(encoded, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, nil
	case bytes.HasPrefix(encoded, []byte("GIF87a")), bytes.HasPrefix(encoded, []byte("GIF89a")):
		return GIF, nil
	case len(encoded) >= 12 && string(encoded[:4]) == "RIFF" && string(encoded[8:12]) == "WEBP":
		return WebP, nil
	case bytes.HasPrefix(encoded, []byte("BM")) && len(encoded) >= 26:
		return BMP, nil
	}
	return "", ErrNotImage
}

// Inspect reads format, width and height from the header alone. The size is that of the picture as
// [Decode] returns it, after the EXIF orientation. The rest of the file may still be bad.
func Inspect(encoded []byte) (format string, width, height int, err error) {
	if format, err = sniff(encoded); err != nil {
		return "", 0, 0, err
	}
	width, height, err = headerSize(encoded, format)
	if err == nil && (width <= 0 || height <= 0) {
		err = fmt.Errorf("%w: size %dx%d", ErrCorrupt, width, height)
	}
	if err != nil {
		return format, 0, 0, fmt.Errorf("reading the %s header: %w", format, err)
	}
	return format, width, height, nil
}

func headerSize(encoded []byte, format string) (width, height int, err error) {
	var config image.Config
	switch r := bytes.NewReader(encoded); format {
	case JPEG:
		h, err := jpeg.ReadHeader(encoded, false)
		if h.Orientation >= 5 {
			return h.Height, h.Width, err
		}
		return h.Width, h.Height, err
	case PNG:
		config, err = png.DecodeConfig(r)
	case GIF:
		config, err = gif.DecodeConfig(r)
	case WebP:
		config, err = webp.DecodeConfig(r)
	case BMP:
		config, err = bmp.DecodeConfig(r)
	}
	return config.Width, config.Height, classify(err)
}

// classify gives the error of a decoder one of the kinds above.
func classify(err error) error {
	var pngUnsupported png.UnsupportedError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %v", ErrTruncated, err)
	case errors.As(err, &pngUnsupported), errors.Is(err, bmp.ErrUnsupported):
		return fmt.Errorf("%w: %v", ErrUnsupported, err)
	}
	return fmt.Errorf("%w: %v", ErrCorrupt, err)
}
