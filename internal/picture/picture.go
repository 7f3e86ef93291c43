// Package picture reads what an encoded image says of itself, without decoding it: its format, its
// size, and whether its bytes go to its end.
package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // reads GIF headers
	_ "image/jpeg" // reads JPEG headers
	_ "image/png"  // reads PNG headers

	_ "golang.org/x/image/bmp"  // reads BMP headers
	_ "golang.org/x/image/webp" // reads WebP headers
)

// MaxPixels is the largest picture taken, a limit against small files that decode into all memory.
const MaxPixels = 256 << 20

// What [Inspect] finds wrong.
var (
	ErrFormat    = errors.New("not an image of a known format (jpeg, png, gif, webp, bmp)")
	ErrTruncated = errors.New("image is cut short")
	ErrTooLarge  = errors.New("image has too many pixels")
)

// Info is what an image says of itself.
type Info struct {
	Format        string // jpeg, png, gif, webp or bmp
	Width, Height int    // pixels, as stored: an EXIF orientation is not applied
}

// Inspect reads the header of an encoded image, checks its size against [MaxPixels], and checks that its end is there.
func Inspect(encoded []byte) (Info, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(encoded))
	if errors.Is(err, image.ErrFormat) {
		return Info{}, ErrFormat
	}
	if err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	info := Info{format, config.Width, config.Height}
	if config.Width <= 0 || config.Height <= 0 {
		return info, fmt.Errorf("%w: %d x %d", ErrFormat, config.Width, config.Height)
	}
	if int64(config.Width)*int64(config.Height) > MaxPixels {
		return info, fmt.Errorf("%w: %d x %d", ErrTooLarge, config.Width, config.Height)
	}
	if !whole(encoded, format) {
		return info, ErrTruncated
	}
	return info, nil
}

// whole reports whether the last bytes of the format are there. Bytes after them are legal.
func whole(b []byte, format string) bool {
	switch format {
	case "png":
		tail := b[max(0, len(b)-(64<<10)):]
		end := bytes.LastIndex(tail, []byte("IEND"))
		return end >= 0 && end+8 <= len(tail) // the chunk's name and its CRC
	case "jpeg":
		return bytes.LastIndex(b, []byte{0xff, 0xd9}) > 0
	case "gif":
		return bytes.IndexByte(b[max(0, len(b)-1024):], 0x3b) >= 0
	case "webp":
		return len(b) >= 8 && int64(binary.LittleEndian.Uint32(b[4:]))+8 <= int64(len(b))+1
	case "bmp":
		return len(b) >= 6 && int64(binary.LittleEndian.Uint32(b[2:])) <= int64(len(b))
	}
	return true
}
