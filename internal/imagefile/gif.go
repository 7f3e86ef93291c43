package imagefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// GIFFile holds the screen and the first frame of a GIF (GIF89a, sections 18 to 23).
type GIFFile struct {
	Width, Height int    // of the screen, enlarged to hold the first frame
	Palette       []byte // red, green, blue by index; the frame's own or the file's
	Transparent   int    // the index of transparent pixels, -1 if there is none
	Ended         bool   // the first frame's data are terminated

	X, Y, FrameWidth, FrameHeight int

	interlaced bool
	codeSize   int
	data       []byte // sub-blocks
}

// ReadGIF reads up to the first frame. It enlarges a screen that is smaller than the frame, as
// browsers and Pillow do.
func ReadGIF(b []byte) (*GIFFile, error) {
	if len(b) < 13 {
		return nil, fmt.Errorf("%w: a header of %d bytes", ErrTruncated, len(b))
	}
	g := &GIFFile{Transparent: -1}
	g.Width, g.Height = int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
	at := 13
	if n := colorTable(b[10]); n > 0 {
		g.Palette = b[at:min(at+n, len(b))]
		at += n
	}
	for at < len(b) {
		switch b[at] {
		case 0x21: // an extension
			if at+7 < len(b) && b[at+1] == 0xf9 && b[at+2] >= 4 && b[at+3]&1 == 1 {
				g.Transparent = int(b[at+6])
			}
			at, _ = skipBlocks(b, at+2)
		case 0x2c:
			return g, g.readFrame(b, at+1)
		case 0x3b:
			return nil, fmt.Errorf("%w: no frame", ErrCorrupt)
		default: // other libraries search for the next block, too
			at++
		}
	}
	return nil, fmt.Errorf("%w: no frame", ErrTruncated)
}

// colorTable returns the size of a colour table in bytes.
func colorTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// skipBlocks returns where the sub-blocks end, and whether they have a terminator.
func skipBlocks(b []byte, at int) (end int, whole bool) {
	for at < len(b) && b[at] != 0 {
		at += int(b[at]) + 1
	}
	return min(at+1, len(b)), at < len(b)
}

func (g *GIFFile) readFrame(b []byte, at int) error {
	if at+10 > len(b) {
		return fmt.Errorf("%w: no pixel data", ErrTruncated)
	}
	number := func(i int) int { return int(binary.LittleEndian.Uint16(b[at+i:])) }
	g.X, g.Y, g.FrameWidth, g.FrameHeight = number(0), number(2), number(4), number(6)
	flags := b[at+8]
	at += 9
	if n := colorTable(flags); n > 0 {
		g.Palette = b[min(at, len(b)):min(at+n, len(b))]
		at += n
	}
	g.interlaced = flags&0x40 != 0
	g.Width, g.Height = max(g.Width, g.X+g.FrameWidth), max(g.Height, g.Y+g.FrameHeight)
	if g.FrameWidth == 0 || g.FrameHeight == 0 {
		return fmt.Errorf("%w: a frame of %dx%d", ErrCorrupt, g.FrameWidth, g.FrameHeight)
	}
	if at >= len(b) {
		return fmt.Errorf("%w: no pixel data", ErrTruncated)
	}
	if g.codeSize = int(b[at]); g.codeSize < 1 || g.codeSize > 11 {
		return fmt.Errorf("%w: codes of %d bits", ErrCorrupt, g.codeSize)
	}
	end, whole := skipBlocks(b, at+1)
	g.data, g.Ended = b[at+1:end], whole
	return nil
}

// Indices decodes the first frame into palette indices, row by row from the top. Its error wraps
// ErrTruncated if pixels are missing. It ignores data behind the last pixel.
func (g *GIFFile) Indices() ([]byte, error) {
	if int64(g.FrameWidth)*int64(g.FrameHeight) > MaxPixels {
		return nil, fmt.Errorf("%w: a frame of %dx%d", ErrTooLarge, g.FrameWidth, g.FrameHeight)
	}
	coded := g.data
	// A code of 12 bits decodes to at most 4,096 pixels.
	if g.FrameWidth*g.FrameHeight > (len(coded)+1)*4096 {
		return nil, fmt.Errorf("%w: %d bytes for %dx%d pixels", ErrTruncated, len(coded), g.FrameWidth, g.FrameHeight)
	}
	indices := make([]byte, g.FrameWidth*g.FrameHeight)
	if err := new(lzwDecoder).decode(indices, &subBlocks{rest: coded}, g.codeSize); err != nil {
		return nil, err
	}
	if g.interlaced {
		indices = deinterlace(indices, g.FrameWidth, g.FrameHeight)
	}
	return indices, nil
}

// deinterlace puts the rows of the four passes in order: every eighth row, the eighths between, the
// fourths, and the others.
func deinterlace(from []byte, width, height int) []byte {
	to := make([]byte, 0, len(from))
	starts := [4]int{0, (height + 7) / 8, (height + 3) / 4, (height + 1) / 2}
	for y := range height {
		row := 0
		switch {
		case y%8 == 0:
			row = y / 8
		case y%8 == 4:
			row = starts[1] + y/8
		case y%4 == 2:
			row = starts[2] + y/4
		default:
			row = starts[3] + y/2
		}
		to = append(to, from[row*width:][:width]...)
	}
	return to
}

// subBlocks reads the contents of sub-blocks, without the lengths.
type subBlocks struct {
	block, rest []byte
}

func (s *subBlocks) ReadByte() (byte, error) {
	for len(s.block) == 0 {
		if len(s.rest) == 0 || s.rest[0] == 0 {
			return 0, io.EOF
		}
		n := min(int(s.rest[0])+1, len(s.rest))
		s.block, s.rest = s.rest[1:n], s.rest[n:]
	}
	b := s.block[0]
	s.block = s.block[1:]
	return b, nil
}

// WithScreen returns a reader of the GIF with another screen size, for decoders that refuse frames
// beyond the screen, and with a trailer, for decoders that refuse files without one.
func WithScreen(encoded []byte, width, height int) io.Reader {
	head := bytes.Clone(encoded[:min(len(encoded), 13)])
	if len(head) == 13 {
		binary.LittleEndian.PutUint16(head[6:], uint16(width))
		binary.LittleEndian.PutUint16(head[8:], uint16(height))
	}
	return io.MultiReader(bytes.NewReader(head), bytes.NewReader(encoded[len(head):]), bytes.NewReader([]byte{0x3b}))
}
