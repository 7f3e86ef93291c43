package frames

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"

	"github.com/pali3/pali3/internal/imagefile"
)

// maxGIF bounds the bytes of all frames of a GIF, which the decoder holds at once.
const maxGIF = 512 << 20

// readGIF decodes all frames. If the header's screen is smaller than the frames, or 0 x 0, the
// canvas grows to hold them.
func readGIF(encoded []byte) (*animation, error) {
	if len(encoded) < 13 {
		return nil, fmt.Errorf("%w: a header of %d bytes", ErrFormat, len(encoded))
	}
	frames, width, height := gifFrames(encoded)
	if frames*int64(width)*int64(height) > maxGIF {
		return nil, fmt.Errorf("%w: %d x %d pixels in too many frames", ErrFormat, width, height)
	}
	all, err := gif.DecodeAll(imagefile.WithScreen(encoded, width, height))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	a := &animation{width: width, height: height}
	for i, m := range all.Image {
		f := frame{place: m.Bounds(), over: true, decode: func() (image.Image, error) { return m, nil }}
		switch all.Disposal[i] {
		case gif.DisposalBackground:
			f.dispose = clear
		case gif.DisposalPrevious:
			f.dispose = restore
		}
		a.frames = append(a.frames, f)
	}
	return a, nil
}

// gifFrames counts the frames block by block and returns the size of a canvas that holds them all.
func gifFrames(b []byte) (frames int64, width, height int) {
	number := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	colors := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	width, height = number(6), number(8)
	at := 13 + colors(b[10])
	blocks := func() {
		for at < len(b) && b[at] != 0 {
			at += int(b[at]) + 1
		}
		at++
	}
	for at < len(b) {
		switch b[at] {
		case 0x21: // extension
			at += 2
			blocks()
		case 0x2c: // image
			frames++
			if at+9 >= len(b) {
				return frames, width, height
			}
			width, height = max(width, number(at+1)+number(at+5)), max(height, number(at+3)+number(at+7))
			at += 10 + colors(b[at+9]) + 1
			blocks()
		default:
			return frames, width, height
		}
	}
	return frames, width, height
}
