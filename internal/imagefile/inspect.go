package imagefile

import (
	"bytes"
	"fmt"

	"github.com/pali3/pali3/augment/jpeg"
)

// Inspect reads the header of an encoded image and checks that it is within the limits and that its
// coded data are complete. A missing end marker or a wrong length that other readers tolerate is
// not an error.
func Inspect(encoded []byte) (Info, error) {
	info, err := ReadHeader(encoded)
	if err != nil {
		return info, err
	}
	if err := CheckSize(len(encoded), info.Width, info.Height); err != nil {
		return info, err
	}
	return info, complete(encoded, info.Format)
}

// CheckSize returns an error that wraps ErrTooLarge for an image beyond the limits.
func CheckSize(bytes, width, height int) error {
	switch {
	case bytes > MaxBytes:
		return fmt.Errorf("%w: %d bytes, at most %d allowed", ErrTooLarge, bytes, MaxBytes)
	case width > MaxSide || height > MaxSide || int64(width)*int64(height) > MaxPixels:
		return fmt.Errorf("%w: %d x %d pixels, at most %d and sides of %d allowed", ErrTooLarge, width, height, MaxPixels, MaxSide)
	}
	return nil
}

// ReadHeader reads format, size and orientation. The rest of the file may still be bad.
func ReadHeader(encoded []byte) (info Info, err error) {
	info.Format = Format(encoded)
	switch info.Format {
	case JPEG:
		var h jpeg.Header
		if h, err = jpeg.ReadHeader(encoded); err == nil {
			err = h.Supported()
		}
		info.Width, info.Height, info.Orientation = h.Width, h.Height, h.Orientation
	case PNG:
		var p *PNGFile
		if p, err = ReadPNG(encoded); err == nil {
			info.Width, info.Height, info.Orientation = p.Width, p.Height, p.Orientation
		}
	case GIF:
		var g *GIFFile
		if g, err = ReadGIF(encoded); err == nil {
			info.Width, info.Height = g.Width, g.Height
		}
	case WebP:
		var w *WebPFile
		if w, err = ReadWebP(encoded); err == nil {
			info.Width, info.Height, info.Orientation = w.Width, w.Height, w.Orientation
		}
	case BMP:
		var b *BMPFile
		if b, err = ReadBMP(encoded); err == nil {
			info.Width, info.Height = b.Width, b.Height
		}
	case TIFF:
		var t *TIFFFile
		if t, err = ReadTIFF(encoded); err == nil {
			info.Width, info.Height, info.Orientation, info.Pages = t.Width, t.Height, t.Orientation, t.Pages
		}
	default:
		return Info{}, unread(Unread(encoded))
	}
	if err != nil {
		return info, fmt.Errorf("reading the %s header: %w", info.Format, err)
	}
	return info, nil
}

// unread is the error for a file whose format is not supported.
type unread string

func (u unread) Error() string        { return string(u) }
func (u unread) Is(target error) bool { return target == ErrFormat }

// complete returns an error if coded data are missing. For most files the headers show it; a file
// without its end marker is decoded.
func complete(encoded []byte, format string) error {
	switch format {
	case JPEG:
		if bytes.LastIndex(encoded[firstScan(encoded):], []byte{0xff, 0xd9}) > 0 {
			return nil
		}
		return jpeg.Check(encoded)
	case PNG:
		p, err := ReadPNG(encoded)
		if err != nil || p.Ended {
			return err
		}
		return p.CheckData()
	case GIF:
		g, err := ReadGIF(encoded)
		if err != nil || g.Ended {
			return err
		}
		_, err = g.Indices()
		return err
	}
	return nil // ReadHeader has checked the sizes that the headers of the other formats give
}

// firstScan returns where the pixels of a JPEG begin, or its length if it has none. The segments
// before may contain a preview, which is a JPEG with its own end marker. Within the pixels, 0xff
// 0xd9 can only be the end marker (ITU-T T.81, section B.1.1.5).
func firstScan(b []byte) int {
	for i := 2; i+3 < len(b); {
		switch marker := b[i+1]; {
		case b[i] != 0xff || marker == 0x00 || marker == 0xff: // not at a marker: decoders search for the next one
			i++
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8: // markers without a segment
			i += 2
		case marker == 0xda:
			return i
		default:
			i += 2 + int(b[i+2])<<8 + int(b[i+3])
		}
	}
	return len(b)
}
