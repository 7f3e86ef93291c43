package imagefile

import (
	"encoding/binary"
	"fmt"
)

// GIFFrame is one frame of an animation.
type GIFFrame struct {
	GIFFile
	// Disposal is what happens to the frame's place before the next one: 2 clears it, 3 restores
	// what was there (GIF89a, section 23).
	Disposal int
}

// ReadGIFFrames reads all frames of a GIF. More than most are an error.
func ReadGIFFrames(b []byte, most int) (frames []*GIFFrame, err error) {
	if len(b) < 13 {
		return nil, fmt.Errorf("%w: a header of %d bytes", ErrTruncated, len(b))
	}
	screen := GIFFile{Width: int(binary.LittleEndian.Uint16(b[6:])), Height: int(binary.LittleEndian.Uint16(b[8:])), Transparent: -1}
	at := 13
	if n := colorTable(b[10]); n > 0 {
		screen.Palette = b[min(at, len(b)):min(at+n, len(b))]
		at += n
	}
	next := &GIFFrame{GIFFile: screen}
	for at < len(b) && b[at] != 0x3b {
		switch b[at] {
		case 0x21: // an extension
			if at+7 < len(b) && b[at+1] == 0xf9 && b[at+2] >= 4 {
				next.Disposal = int(b[at+3] >> 2 & 7)
				if b[at+3]&1 == 1 {
					next.Transparent = int(b[at+6])
				}
			}
			at, _ = skipBlocks(b, at+2)
		case 0x2c:
			if len(frames) == most {
				return nil, fmt.Errorf("%w: more than %d frames", ErrTooLarge, most)
			}
			if err := next.readFrame(b, at+1); err != nil {
				return nil, fmt.Errorf("frame %d: %w", len(frames)+1, err)
			}
			frames = append(frames, next)
			at, _ = skipBlocks(b, at+10+colorTable(b[at+9])+1)
			next = &GIFFrame{GIFFile: screen}
		default:
			at++
		}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%w: no frame", ErrCorrupt)
	}
	return frames, nil
}
