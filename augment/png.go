package augment

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"image/png"
	"io"

	"github.com/pali3/pali3/internal/imagefile"
)

// decodePNG decodes with image/png. A file that it refuses is decoded once more with all repaired
// that other readers pass over.
func decodePNG(encoded []byte) (*raster, error) {
	decoded, err := png.Decode(bytes.NewReader(encoded))
	if err == nil {
		return rasterOf(decoded), nil
	}
	p, readErr := imagefile.ReadPNG(encoded)
	if readErr != nil {
		return nil, readErr
	}
	repaired, repairErr := repairPNG(p)
	if repairErr != nil {
		return nil, repairErr
	}
	decoded, err = png.Decode(repaired)
	if repaired.err != nil {
		err = repaired.err
	}
	if err != nil {
		return nil, classify(err)
	}
	return rasterOf(decoded), nil
}

// pngRepair writes a PNG that has the chunks of pixels alone, each byte of them and none more, and
// right checksums.
type pngRepair struct {
	raw     io.Reader // the inflated data
	ready   []byte    // to be read next
	begun   bool
	ended   bool
	adler   uint32
	err     error // of raw
	scratch []byte
}

// repairPNG refuses a file whose palette is damaged, or whose pixels may be: one of its two
// checksums must be right.
func repairPNG(p *imagefile.PNGFile) (*pngRepair, error) {
	if err := p.CheckSums(); err != nil {
		return nil, err
	}
	raw, err := p.Inflate()
	if err != nil {
		return nil, err
	}
	r := &pngRepair{raw: raw, adler: 1, scratch: make([]byte, 1<<15)}
	r.ready = append(r.ready, "\x89PNG\r\n\x1a\n"...)
	r.ready = appendPNGChunk(r.ready, "IHDR", p.Header)
	if p.Palette != nil {
		r.ready = appendPNGChunk(r.ready, "PLTE", p.Palette)
	}
	if p.Transparency != nil {
		r.ready = appendPNGChunk(r.ready, "tRNS", p.Transparency)
	}
	return r, nil
}

func (r *pngRepair) Read(to []byte) (int, error) {
	if len(r.ready) == 0 {
		if r.ended {
			return 0, io.EOF
		}
		if r.err = r.next(); r.err != nil {
			return 0, r.err
		}
	}
	n := copy(to, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// next makes the next chunk: a stored block of raw data, which the first chunk has a zlib header
// before and the last one the checksum after.
func (r *pngRepair) next() error {
	n, err := io.ReadFull(r.raw, r.scratch)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		r.ended = true
	} else if err != nil {
		return err
	}
	var data []byte
	if !r.begun {
		data, r.begun = append(data, 0x78, 0x01), true
	}
	last := byte(0)
	if r.ended {
		last = 1
	}
	data = append(data, last)
	data = binary.LittleEndian.AppendUint16(data, uint16(n))
	data = binary.LittleEndian.AppendUint16(data, ^uint16(n))
	data = append(data, r.scratch[:n]...)
	r.adler = updateAdler(r.adler, r.scratch[:n])
	if r.ended {
		data = binary.BigEndian.AppendUint32(data, r.adler)
	}
	r.ready = appendPNGChunk(r.ready[:0], "IDAT", data)
	if r.ended {
		r.ready = appendPNGChunk(r.ready, "IEND", nil)
	}
	return nil
}

// updateAdler extends an Adler-32 checksum by more bytes (RFC 1950).
func updateAdler(sum uint32, b []byte) uint32 {
	const prime = 65521
	low, high := sum&0xffff, sum>>16
	n, part := uint32(len(b)%prime), adler32.Checksum(b)
	partLow, partHigh := part&0xffff, part>>16 // of b after a sum of 1
	newLow := (low + partLow + prime - 1) % prime
	newHigh := uint32((uint64(high) + uint64(n)*uint64(low+prime-1) + uint64(partHigh)) % prime)
	return newHigh<<16 | newLow
}

func appendPNGChunk(file []byte, kind string, data []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(data)))
	start := len(file)
	file = append(append(file, kind...), data...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[start:]))
}
