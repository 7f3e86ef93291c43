package frames

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
)

// maxGIF is the most bytes that all frames of a GIF may take: the decoder holds them at once.
const maxGIF = 512 << 20

func readGIF(encoded []byte) (*animation, error) {
	config, err := gif.DecodeConfig(bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	// An image descriptor begins with a comma; there are at most as many frames as commas.
	if n := bytes.Count(encoded, []byte{','}); int64(n)*int64(config.Width)*int64(config.Height) > maxGIF && gifFrames(encoded)*int64(config.Width)*int64(config.Height) > maxGIF {
		return nil, fmt.Errorf("%w: %d x %d pixels in too many frames", ErrFormat, config.Width, config.Height)
	}
	all, err := gif.DecodeAll(bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	a := &animation{width: config.Width, height: config.Height}
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

// gifFrames counts the frames by going from block to block.
func gifFrames(b []byte) (frames int64) {
	colors := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(b) < 13 {
		return 0
	}
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
				return frames
			}
			at += 10 + colors(b[at+9]) + 1
			blocks()
		default:
			return frames
		}
	}
	return frames
}
