package imagefile

import (
	"encoding/binary"
	"fmt"

	"github.com/pali3/pali3/augment/jpeg"
)

// WebPFile holds the canvas and the still image or first frame of a WebP (WebP Container
// Specification).
type WebPFile struct {
	Width, Height int // of the canvas
	Orientation   int // from an EXIF chunk
	Animated      bool

	X, Y, FrameWidth, FrameHeight int

	Lossless bool   // the bitstream is VP8L, otherwise VP8
	Opaque   bool   // a VP8L bitstream that declares its alpha unused
	Image    []byte // the bitstream
	Alpha    []byte // of an ALPH chunk beside a VP8 bitstream, or nil
}

// Flags of the extended header.
const (
	webpAnimated = 1 << 1
	webpEXIF     = 1 << 3
	webpAlpha    = 1 << 4
)

// ReadWebP reads the chunks. It ignores the file size in the header, and an alpha flag without an
// alpha chunk. A truncated bitstream is an error.
func ReadWebP(encoded []byte) (*WebPFile, error) {
	w := &WebPFile{}
	canvas, alpha, exif := false, false, false
	for rest := encoded[12:]; len(rest) >= 8; {
		c := nextWebPChunk(rest)
		rest = c.rest
		if w.Image != nil && c.kind != "EXIF" {
			continue
		}
		if c.cut && c.kind != "EXIF" {
			return nil, fmt.Errorf("%w: chunk %q has %d bytes of %d", ErrTruncated, c.kind, len(c.data), c.size)
		}
		var err error
		switch c.kind {
		case "VP8X":
			if len(c.data) < 10 {
				return nil, fmt.Errorf("%w: an extended header of %d bytes", ErrCorrupt, len(c.data))
			}
			canvas = true
			w.Animated, alpha, exif = c.data[0]&webpAnimated != 0, c.data[0]&webpAlpha != 0, c.data[0]&webpEXIF != 0
			w.Width, w.Height = uint24(c.data[4:])+1, uint24(c.data[7:])+1
		case "ANMF":
			err = w.readFrame(c.data, canvas)
		case "ALPH":
			if alpha { // as in libwebp; the flag does not apply to frames
				w.Alpha = c.data
			}
		case "VP8 ", "VP8L":
			err = w.readImage(c.kind, c.data)
		case "EXIF":
			if exif { // the first one, as in libwebp
				w.Orientation, exif = jpeg.Orientation(c.data), false
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if w.Image == nil {
		return nil, fmt.Errorf("%w: no image before the end", ErrTruncated)
	}
	if !canvas {
		w.Width, w.Height = w.FrameWidth, w.FrameHeight
	}
	if w.X+w.FrameWidth > w.Width || w.Y+w.FrameHeight > w.Height {
		return nil, fmt.Errorf("%w: a frame beyond the canvas", ErrCorrupt)
	}
	if !w.Animated && (w.FrameWidth != w.Width || w.FrameHeight != w.Height) {
		return nil, fmt.Errorf("%w: an image of %dx%d on a canvas of %dx%d", ErrCorrupt, w.FrameWidth, w.FrameHeight, w.Width, w.Height)
	}
	return w, nil
}

// webpChunk is a chunk and what follows it.
type webpChunk struct {
	kind       string
	data, rest []byte
	size       uint32
	cut        bool // the file ends within the chunk
}

func nextWebPChunk(b []byte) webpChunk {
	c := webpChunk{kind: string(b[:4]), size: binary.LittleEndian.Uint32(b[4:])}
	size := int64(c.size)
	c.cut = size > int64(len(b)-8)
	c.data = b[8:min(8+size, int64(len(b)))]
	c.rest = b[min(8+size+size&1, int64(len(b))):]
	return c
}

// readFrame reads the position and the chunks of an animation's first frame.
func (w *WebPFile) readFrame(data []byte, canvas bool) error {
	if len(data) < 16 || !canvas {
		return fmt.Errorf("%w: a frame of %d bytes", ErrCorrupt, len(data))
	}
	w.Animated = true
	w.X, w.Y = 2*uint24(data), 2*uint24(data[3:])
	width, height := uint24(data[6:])+1, uint24(data[9:])+1
	w.Alpha = nil
	for rest := data[16:]; len(rest) >= 8 && w.Image == nil; {
		c := nextWebPChunk(rest)
		rest = c.rest
		if c.cut {
			return fmt.Errorf("%w: chunk %q has %d bytes of %d", ErrCorrupt, c.kind, len(c.data), c.size)
		}
		switch c.kind {
		case "ALPH":
			w.Alpha = c.data
		case "VP8 ", "VP8L":
			if err := w.readImage(c.kind, c.data); err != nil {
				return err
			}
		}
	}
	if w.Image == nil {
		return fmt.Errorf("%w: a frame without an image", ErrCorrupt)
	}
	if w.FrameWidth != width || w.FrameHeight != height {
		return fmt.Errorf("%w: a frame of another size than it says", ErrCorrupt)
	}
	return nil
}

// readImage reads the size of a bitstream and keeps it (RFC 6386, section 9.1; WebP Lossless
// Bitstream Specification, section 3).
func (w *WebPFile) readImage(kind string, data []byte) error {
	if w.Lossless = kind == "VP8L"; w.Lossless {
		if len(data) < 5 || data[0] != 0x2f {
			return fmt.Errorf("%w: a lossless image without its header", ErrCorrupt)
		}
		bits := binary.LittleEndian.Uint32(data[1:])
		w.FrameWidth, w.FrameHeight = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
		w.Alpha, w.Opaque = nil, bits>>28&1 == 0
	} else {
		if len(data) < 10 || data[0]&1 != 0 || string(data[3:6]) != "\x9d\x01\x2a" {
			return fmt.Errorf("%w: a lossy image without its header", ErrCorrupt)
		}
		w.FrameWidth, w.FrameHeight = int(binary.LittleEndian.Uint16(data[6:])&0x3fff), int(binary.LittleEndian.Uint16(data[8:])&0x3fff)
	}
	if w.FrameWidth == 0 || w.FrameHeight == 0 {
		return fmt.Errorf("%w: size %dx%d", ErrCorrupt, w.FrameWidth, w.FrameHeight)
	}
	w.Image = data
	return nil
}

// Still returns the still image or first frame as a WebP file with consistent flags and sizes.
func (w *WebPFile) Still() []byte {
	body := []byte("WEBP")
	chunk := func(kind string, data []byte) {
		body = append(body, kind...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(data)))
		if body = append(body, data...); len(data)%2 == 1 {
			body = append(body, 0)
		}
	}
	if w.Alpha != nil {
		header := []byte{webpAlpha, 0, 0, 0}
		chunk("VP8X", appendUint24(appendUint24(header, w.FrameWidth-1), w.FrameHeight-1))
		chunk("ALPH", w.Alpha)
	}
	if w.Lossless {
		chunk("VP8L", w.Image)
	} else {
		chunk("VP8 ", w.Image)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func appendUint24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }
