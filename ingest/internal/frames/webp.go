package frames

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"

	"golang.org/x/image/webp"
)

// readWebP splits an animated WebP: each ANMF chunk holds a frame's area and the chunks of a still
// WebP. A WebP without an ANIM chunk is not an animation.
func readWebP(encoded []byte) (*animation, error) {
	var a *animation
	animated := false
	for kind, data := range webpChunks(encoded[12:]) {
		switch kind {
		case "VP8X":
			if len(data) < 10 {
				return nil, fmt.Errorf("%w: VP8X of %d bytes", ErrFormat, len(data))
			}
			a = &animation{width: uint24(data[4:]) + 1, height: uint24(data[7:]) + 1}
		case "ANIM":
			animated = a != nil
		case "ANMF":
			if !animated || len(data) < 16 || len(a.frames) >= maxFrames {
				return nil, fmt.Errorf("%w: ANMF of %d bytes, number %d", ErrFormat, len(data), len(a.framesOrNone()))
			}
			a.frames = append(a.frames, webpFrame(data))
		}
	}
	if !animated {
		return nil, nil
	}
	return a, nil
}

func (a *animation) framesOrNone() []frame {
	if a == nil {
		return nil
	}
	return a.frames
}

func webpFrame(data []byte) frame {
	x, y, width, height := 2*uint24(data), 2*uint24(data[3:]), uint24(data[6:])+1, uint24(data[9:])+1
	f := frame{place: image.Rect(x, y, x+width, y+height), over: data[15]&2 == 0}
	if data[15]&1 == 1 {
		f.dispose = clear
	}
	f.decode = func() (image.Image, error) { return decodeStill(data[16:], width, height) }
	return f
}

// decodeStill decodes a frame. Its chunks form a complete file, after a VP8X header if there is an
// alpha plane.
func decodeStill(chunks []byte, width, height int) (image.Image, error) {
	var body bytes.Buffer
	var alpha []byte
	for kind, data := range webpChunks(chunks) {
		switch kind {
		case "ALPH":
			alpha = data
		case "VP8L":
			alpha = nil // it has its own
			appendWebP(&body, kind, data)
		case "VP8 ":
			if alpha != nil {
				appendWebP(&body, "ALPH", alpha)
			}
			appendWebP(&body, kind, data)
		}
	}
	var file bytes.Buffer
	file.WriteString("WEBP")
	if alpha != nil {
		head := make([]byte, 10)
		head[0] = 0x10
		putUint24(head[4:], width-1)
		putUint24(head[7:], height-1)
		appendWebP(&file, "VP8X", head)
	}
	file.Write(body.Bytes())
	var whole bytes.Buffer
	appendWebP(&whole, "RIFF", file.Bytes())
	m, err := webp.Decode(&whole)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if m.Bounds().Dx() != width || m.Bounds().Dy() != height {
		return nil, fmt.Errorf("%w: a frame of %v in a place of %d x %d", ErrFormat, m.Bounds(), width, height)
	}
	return fullRange(m), nil
}

// fullRange converts lossy WebP, whose luma is 16 to 235 (RFC 6386, section 9.2) and which the
// decoder passes on as it is.
func fullRange(m image.Image) image.Image {
	alpha, planes := (*image.NYCbCrA)(nil), (*image.YCbCr)(nil)
	switch m := m.(type) {
	case *image.NYCbCrA:
		alpha, planes = m, &m.YCbCr
	case *image.YCbCr:
		planes = m
	default:
		return m
	}
	b := m.Bounds()
	out := image.NewNRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			at, c := planes.YOffset(x, y), planes.COffset(x, y)
			luma, cb, cr := 76309*(int32(planes.Y[at])-16), int32(planes.Cb[c])-128, int32(planes.Cr[c])-128
			pix := out.Pix[out.PixOffset(x, y):]
			pix[0], pix[1], pix[2], pix[3] = clamp8(luma+104597*cr), clamp8(luma-25675*cb-53279*cr), clamp8(luma+132201*cb), 255
			if alpha != nil {
				pix[3] = alpha.A[alpha.AOffset(x, y)]
			}
		}
	}
	return out
}

// clamp8 rounds a fixed-point number with 16 fraction bits.
func clamp8(v int32) uint8 { return uint8(min(max((v+1<<15)>>16, 0), 255)) }

// webpChunks yields the complete chunks of a RIFF file's body.
func webpChunks(b []byte) func(yield func(kind string, data []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(b) >= 8 {
			size := int64(binary.LittleEndian.Uint32(b[4:]))
			if size > int64(len(b)-8) || !yield(string(b[:4]), b[8:8+size]) {
				return
			}
			b = b[min(int64(len(b)), 8+size+size&1):]
		}
	}
}

func appendWebP(b *bytes.Buffer, kind string, data []byte) {
	b.WriteString(kind)
	var size [4]byte
	binary.LittleEndian.PutUint32(size[:], uint32(len(data)))
	b.Write(size[:])
	b.Write(data)
	if len(data)%2 == 1 {
		b.WriteByte(0)
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func putUint24(b []byte, v int) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }
