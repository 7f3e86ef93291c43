package imagefile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/pali3/pali3/augment/jpeg"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// PNGFile holds the chunks of a PNG (Portable Network Graphics, third edition, section 11).
type PNGFile struct {
	Width, Height int
	Depth, Color  byte // bits per sample; colour type
	Interlaced    bool
	Orientation   int // from an eXIf chunk, before or after the data

	Header, Palette, Transparency []byte // data of IHDR, PLTE and tRNS
	Ended                         bool   // the file has an IEND chunk

	data    []pngChunk // IDAT
	palette pngChunk
}

// ReadPNG reads the chunks up to IEND and ignores what follows. A file that ends before IEND is not
// an error here, because its data may be complete: see CheckData.
func ReadPNG(encoded []byte) (*PNGFile, error) {
	p := &PNGFile{}
	for rest := encoded[len(pngMagic):]; ; {
		c, after := nextChunk(rest)
		rest = after
		if c.kind == "IEND" {
			p.Ended = !c.cut
			break
		}
		if c.cut && (c.kind != "IDAT" || len(c.data) == 0) {
			break
		}
		if err := p.read(c); err != nil {
			return nil, err
		}
		if c.cut {
			break
		}
	}
	if p.Header == nil {
		return nil, fmt.Errorf("%w: no header chunk", ErrTruncated)
	}
	if CheckSize(len(encoded), p.Width, p.Height) != nil {
		return p, nil // only its size is reported
	}
	if len(p.data) == 0 {
		if p.Ended {
			return nil, fmt.Errorf("%w: no pixel data", ErrCorrupt)
		}
		return nil, fmt.Errorf("%w: no pixel data", ErrTruncated)
	}
	// A deflated byte inflates to at most 1032 bytes, so a header that promises more is wrong.
	total := 0
	for _, d := range p.data {
		total += len(d.data)
	}
	if p.RawBytes() > 1032*int64(total) {
		return nil, fmt.Errorf("%w: %d bytes of pixel data for %dx%d pixels", ErrTruncated, total, p.Width, p.Height)
	}
	return p, nil
}

// pngChunk is a chunk.
type pngChunk struct {
	kind string
	data []byte
	sum  []byte // kind and data, then the CRC
	cut  bool   // the file ends within the chunk
}

func nextChunk(b []byte) (c pngChunk, rest []byte) {
	if len(b) < 8 {
		return pngChunk{cut: true}, nil
	}
	size := int64(binary.BigEndian.Uint32(b))
	c.kind = string(b[4:8])
	if size+12 > int64(len(b)) {
		return pngChunk{kind: c.kind, data: b[8:min(8+size, int64(len(b)))], cut: true}, nil
	}
	c.data, c.sum = b[8:8+size], b[4:12+size]
	return c, b[12+size:]
}

func (c pngChunk) sound() bool {
	n := len(c.sum) - 4
	return n > 0 && crc32.ChecksumIEEE(c.sum[:n]) == binary.BigEndian.Uint32(c.sum[n:])
}

func (p *PNGFile) read(c pngChunk) error {
	if p.Header == nil && c.kind != "IHDR" {
		return fmt.Errorf("%w: chunk %q before the header", ErrCorrupt, c.kind)
	}
	switch c.kind {
	case "IHDR":
		if p.Header != nil {
			return fmt.Errorf("%w: two headers", ErrCorrupt)
		}
		return p.readHeader(c)
	case "PLTE":
		if p.Color != 3 || len(p.data) > 0 { // in a true-colour image it is a hint for old screens, behind the pixels it has no effect
			break
		}
		if p.Palette != nil {
			return fmt.Errorf("%w: two palettes", ErrCorrupt)
		}
		p.Palette, p.palette = c.data[:min(len(c.data)/3, 1<<p.Depth)*3], c
	case "tRNS":
		if len(p.data) == 0 && p.Color&4 == 0 && c.sound() {
			p.Transparency = c.data
		}
	case "IDAT":
		if len(c.data) > 0 {
			p.data = append(p.data, c)
		}
	case "eXIf":
		p.Orientation = jpeg.Orientation(c.data)
	}
	return nil
}

func (p *PNGFile) readHeader(c pngChunk) error {
	if len(c.data) != 13 || !c.sound() {
		return fmt.Errorf("%w: a damaged header", ErrCorrupt)
	}
	h := c.data
	width, height := binary.BigEndian.Uint32(h), binary.BigEndian.Uint32(h[4:])
	if width == 0 || height == 0 || width > 1<<31-1 || height > 1<<31-1 {
		return fmt.Errorf("%w: size %dx%d", ErrCorrupt, width, height)
	}
	p.Header, p.Width, p.Height = h, int(width), int(height)
	p.Depth, p.Color, p.Interlaced = h[8], h[9], h[12] == 1
	depths := map[byte]string{0: "\x01\x02\x04\x08\x10", 2: "\x08\x10", 3: "\x01\x02\x04\x08", 4: "\x08\x10", 6: "\x08\x10"}
	if !bytes.Contains([]byte(depths[p.Color]), []byte{p.Depth}) || h[10] != 0 || h[11] != 0 || h[12] > 1 {
		return fmt.Errorf("%w: depth %d, colour type %d, methods %v", ErrUnsupported, p.Depth, p.Color, h[10:])
	}
	return nil
}

// RawBytes returns the size of the inflated data: each row of each pass has a filter byte before
// it.
func (p *PNGFile) RawBytes() (n int64) {
	channels := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[p.Color]
	pass := func(width, height int) {
		if width > 0 && height > 0 {
			n += int64(height) * (1 + (int64(width)*channels*int64(p.Depth)+7)/8)
		}
	}
	if !p.Interlaced {
		pass(p.Width, p.Height)
		return n
	}
	for _, a := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		pass((p.Width-a[0]+a[2]-1)/a[2], (p.Height-a[1]+a[3]-1)/a[3])
	}
	return n
}

// Inflate returns a reader of the inflated data, RawBytes long. Its error wraps ErrTruncated if
// there are fewer bytes.
func (p *PNGFile) Inflate() (io.Reader, error) {
	parts := make([]io.Reader, len(p.data))
	for i, d := range p.data {
		parts[i] = bytes.NewReader(d.data)
	}
	z, err := zlib.NewReader(io.MultiReader(parts...))
	if err != nil {
		return nil, fmt.Errorf("%w: pixel data: %v", inflateFault(err), err)
	}
	return &rawReader{z, p.RawBytes()}, nil
}

func inflateFault(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	return ErrCorrupt
}

// rawReader reads at most left bytes.
type rawReader struct {
	from io.Reader
	left int64
}

func (r *rawReader) Read(b []byte) (n int, err error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err = r.from.Read(b[:min(int64(len(b)), r.left)])
	r.left -= int64(n)
	if err != nil && r.left > 0 {
		return n, fmt.Errorf("%w: pixel data: %v", inflateFault(err), err)
	}
	return n, nil
}

// CheckSums returns an error unless the palette and the pixels are sound by the checksums of their
// chunks, or the pixels by that of the deflated data.
func (p *PNGFile) CheckSums() error {
	if p.Palette != nil && !p.palette.sound() {
		return fmt.Errorf("%w: a palette with a wrong checksum", ErrCorrupt)
	}
	if !slices.ContainsFunc(p.data, func(c pngChunk) bool { return !c.cut && !c.sound() }) {
		return nil
	}
	r, err := p.Inflate()
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	const most = 1 << 20 // bytes after the last row
	if _, err := io.Copy(io.Discard, io.LimitReader(r.(*rawReader).from, most)); err != nil {
		return fmt.Errorf("%w: pixel data with wrong checksums: %v", ErrCorrupt, err)
	}
	return nil
}

// CheckData inflates the data and returns an error if pixels are missing.
func (p *PNGFile) CheckData() error {
	r, err := p.Inflate()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return err
}
