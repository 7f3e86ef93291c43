// Package picture reads what an encoded image says of itself, without decoding it: its format, its
// size, and whether its bytes go to its end.
package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

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
	format := formatOf(encoded)
	if format == "" {
		return Info{}, ErrFormat
	}
	config, err := readHeader[format](bytes.NewReader(encoded))
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

// readHeader holds the decoders by format. The table of the image package is not asked: any package of
// a program may add to it, and one decoder of JPEG gives up on headers beyond its first 512 bytes.
var readHeader = map[string]func(io.Reader) (image.Config, error){
	"jpeg": jpeg.DecodeConfig, "png": png.DecodeConfig, "gif": gif.DecodeConfig,
	"webp": webp.DecodeConfig, "bmp": bmp.DecodeConfig,
}

// formatOf tells the format by the first bytes, "" if none is known.
func formatOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		return "jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "gif"
	case len(b) >= 15 && string(b[:4]) == "RIFF" && string(b[8:15]) == "WEBPVP8":
		return "webp"
	case len(b) >= 10 && string(b[:2]) == "BM" && string(b[6:10]) == "\x00\x00\x00\x00":
		return "bmp"
	}
	return ""
}

// whole reports whether the last bytes of the format are there. Bytes after them are legal.
func whole(b []byte, format string) bool {
	switch format {
	case "png":
		tail := b[max(0, len(b)-(64<<10)):]
		end := bytes.LastIndex(tail, []byte("IEND"))
		return end >= 0 && end+8 <= len(tail) // the chunk's name and its CRC
	case "jpeg":
		return bytes.LastIndex(b[firstScan(b):], []byte{0xff, 0xd9}) > 0
	case "gif":
		return bytes.IndexByte(b[max(0, len(b)-1024):], 0x3b) >= 0
	case "webp":
		return len(b) >= 8 && int64(binary.LittleEndian.Uint32(b[4:]))+8 <= int64(len(b))+1
	case "bmp":
		return len(b) >= 6 && int64(binary.LittleEndian.Uint32(b[2:])) <= int64(len(b))
	}
	return true
}

// firstScan is where a JPEG's pixels begin, its length if they do not. What comes before may hold a preview, a whole JPEG
// with an end of its own; among pixels 0xff 0xd9 is the end and nothing else (ITU-T T.81, section B.1.1.5).
func firstScan(b []byte) int {
	for i := 2; i+3 < len(b); {
		switch marker := b[i+1]; {
		case b[i] != 0xff || marker == 0x00 || marker == 0xff: // not at a marker: decoders look on
			i++
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8: // markers that stand alone
			i += 2
		case marker == 0xda:
			return i
		default:
			i += 2 + int(binary.BigEndian.Uint16(b[i+2:]))
		}
	}
	return len(b)
}
