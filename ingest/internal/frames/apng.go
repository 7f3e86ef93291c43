package frames

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// readAPNG splits an animated PNG into chunks: each frame's data, with the header and palette of
// the file, forms a separate PNG. A PNG without an acTL chunk is not an animation.
func readAPNG(encoded []byte) (*animation, error) {
	if !bytes.Contains(encoded[:min(len(encoded), 64<<10)], []byte("acTL")) {
		return nil, nil
	}
	r := &apngReader{}
	rest := encoded[len(pngMagic):]
	for len(rest) > 0 {
		if len(rest) < 12 || uint32(len(rest)-12) < binary.BigEndian.Uint32(rest) {
			return nil, fmt.Errorf("%w: a PNG chunk is cut short", ErrFormat)
		}
		size := binary.BigEndian.Uint32(rest)
		if string(rest[4:8]) == "IEND" {
			break // the rest is irrelevant
		}
		if err := r.chunk(string(rest[4:8]), rest[8:8+size]); err != nil {
			return nil, err
		}
		rest = rest[12+size:]
	}
	if r.a == nil {
		return nil, nil
	}
	return r.a, nil
}

// apngReader collects the chunks of the frames.
type apngReader struct {
	a      *animation
	header []byte  // IHDR
	common []chunk // chunks between header and data: palette, transparency, gamma
	datas  [][][]byte
	begun  bool // data has begun
}

func (r *apngReader) chunk(kind string, data []byte) error {
	switch kind {
	case "IHDR":
		if len(data) != 13 {
			return fmt.Errorf("%w: IHDR of %d bytes", ErrFormat, len(data))
		}
		r.header = data
	case "acTL":
		if r.header == nil {
			return fmt.Errorf("%w: acTL before IHDR", ErrFormat)
		}
		r.a = &animation{width: int(binary.BigEndian.Uint32(r.header)), height: int(binary.BigEndian.Uint32(r.header[4:]))}
	case "fcTL":
		return r.control(data)
	case "IDAT":
		r.begun = true
		r.data(data) // belongs to no frame unless an fcTL came first
	case "fdAT":
		if len(data) < 4 {
			return fmt.Errorf("%w: fdAT of %d bytes", ErrFormat, len(data))
		}
		r.data(data[4:])
	case "PLTE", "tRNS", "gAMA", "sRGB", "cHRM", "iCCP", "sBIT":
		if !r.begun {
			r.common = append(r.common, chunk{kind, data})
		}
	}
	return nil
}

func (r *apngReader) control(data []byte) error {
	if len(data) != 26 || r.a == nil || len(r.datas) >= maxFrames {
		return fmt.Errorf("%w: fcTL of %d bytes, number %d", ErrFormat, len(data), len(r.datas))
	}
	number := func(at int) int { return int(binary.BigEndian.Uint32(data[at:])) }
	x, y, at := number(12), number(16), len(r.datas)
	size := data[4:12]
	f := frame{place: image.Rect(x, y, x+number(4), y+number(8)), over: data[25] == 1, dispose: disposal(min(data[24], 2))}
	f.decode = func() (image.Image, error) { return r.decode(size, at) }
	if at == 0 && f.dispose == restore {
		f.dispose = clear // as the standard says for the first frame
	}
	r.a.frames = append(r.a.frames, f)
	r.datas = append(r.datas, nil)
	return nil
}

func (r *apngReader) data(data []byte) {
	if last := len(r.datas) - 1; last >= 0 {
		r.datas[last] = append(r.datas[last], data)
	}
}

// decode decodes a frame.
func (r *apngReader) decode(size []byte, at int) (image.Image, error) {
	var b bytes.Buffer
	b.WriteString(pngMagic)
	writeChunk(&b, "IHDR", append(bytes.Clone(size), r.header[8:]...))
	for _, c := range r.common {
		writeChunk(&b, c.kind, c.data)
	}
	for _, data := range r.datas[at] {
		writeChunk(&b, "IDAT", data)
	}
	writeChunk(&b, "IEND", nil)
	m, err := png.Decode(&b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return m, nil
}

func writeChunk(b *bytes.Buffer, kind string, data []byte) {
	sum := crc32.NewIEEE()
	sum.Write([]byte(kind))
	sum.Write(data)
	var number [4]byte
	binary.BigEndian.PutUint32(number[:], uint32(len(data)))
	b.Write(number[:])
	b.WriteString(kind)
	b.Write(data)
	binary.BigEndian.PutUint32(number[:], sum.Sum32())
	b.Write(number[:])
}

// chunk is a PNG chunk.
type chunk struct {
	kind string
	data []byte
}
