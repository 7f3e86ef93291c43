package augment

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/image/webp"
)

// placement says where on an animation's canvas a frame stands.
type placement struct{ canvasHeight, canvasWidth, y, x int }

// onCanvas lays the frame on white.
func (p placement) onCanvas(frame *Image) (*Image, error) {
	if p.x+frame.Width > p.canvasWidth || p.y+frame.Height > p.canvasHeight {
		return nil, fmt.Errorf("%w: a frame beyond the canvas", ErrCorrupt)
	}
	out := newImage(p.canvasHeight, p.canvasWidth)
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for y := range frame.Height {
		copy(out.Pix[3*((p.y+y)*out.Width+p.x):], frame.Pix[3*y*frame.Width:][:3*frame.Width])
	}
	return out, nil
}

// firstFrame returns a still WebP file as it is, and of an animated one its first frame as a still
// file with its place on the canvas (WebP Container Specification, sections ANIM and ANMF).
func firstFrame(encoded []byte) (still []byte, place *placement, err error) {
	const header, animated = 12, 1 << 1
	kind, payload, rest, err := webpChunk(encoded[header:])
	if err != nil || kind != "VP8X" || len(payload) < 10 || payload[0]&animated == 0 {
		return encoded, nil, err
	}
	p := placement{canvasWidth: uint24(payload[4:]) + 1, canvasHeight: uint24(payload[7:]) + 1}
	for {
		if kind, payload, rest, err = webpChunk(rest); err != nil {
			return nil, nil, err
		}
		if kind == "ANMF" && len(payload) >= 16 {
			break
		}
	}
	p.x, p.y = 2*uint24(payload), 2*uint24(payload[3:])
	width, height := uint24(payload[6:]), uint24(payload[9:]) // both minus one
	if p.x+width >= p.canvasWidth || p.y+height >= p.canvasHeight {
		return nil, nil, fmt.Errorf("%w: a frame beyond the canvas", ErrCorrupt)
	}
	still = stillWebP(payload[16:], width, height)
	if config, err := webp.DecodeConfig(bytes.NewReader(still)); err != nil {
		return nil, nil, classify(err)
	} else if config.Width != width+1 || config.Height != height+1 {
		return nil, nil, fmt.Errorf("%w: a frame of another size than it says", ErrCorrupt)
	}
	return still, &p, nil
}

// stillWebP wraps a frame's chunks into a file of its own; alpha needs the extended header.
func stillWebP(chunks []byte, widthMinusOne, heightMinusOne int) []byte {
	body := []byte("WEBP")
	if len(chunks) >= 4 && string(chunks[:4]) == "ALPH" {
		const alpha = 1 << 4
		body = append(body, "VP8X\x0a\x00\x00\x00"...)
		body = append(body, alpha, 0, 0, 0)
		body = appendUint24(appendUint24(body, widthMinusOne), heightMinusOne)
	}
	body = append(body, chunks...)
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)))
	return append(file, body...)
}

// webpChunk splits a chunk off: its name, its payload and what follows.
func webpChunk(data []byte) (kind string, payload, rest []byte, err error) {
	if len(data) < 8 {
		return "", nil, nil, fmt.Errorf("%w: no picture before the end", ErrTruncated)
	}
	size := uint64(binary.LittleEndian.Uint32(data[4:]))
	padded := size + size&1
	if size > uint64(len(data)-8) {
		return "", nil, nil, fmt.Errorf("%w: chunk %q of %d bytes, %d left", ErrTruncated, data[:4], size, len(data)-8)
	}
	return string(data[:4]), data[8 : 8+size], data[min(8+padded, uint64(len(data))):], nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func appendUint24(b []byte, v int) []byte { return append(b, byte(v), byte(v>>8), byte(v>>16)) }
