package pages

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// unzstd decodes no more than its destination holds.
var unzstd = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxSize))
	if err != nil {
		panic(err) // of the options
	}
	return d
})

// expands is the highest ratio of decompressed to compressed bytes of a codec that has such a
// bound.
var expands = map[format.CompressionCodec]int{format.Snappy: 64, format.Gzip: 1032, format.Lz4Raw: 255, lz4Hadoop: 255}

// lz4Hadoop is the codec LZ4 of old files.
const lz4Hadoop format.CompressionCodec = 5

// decompress returns the size bytes that b holds, and never makes room for more.
func (p *Page) decompress(codec format.CompressionCodec, b []byte, size int) (out []byte, err error) {
	if codec == format.Uncompressed {
		return b, nil
	}
	if most := expands[codec]; size < 0 || size > maxSize || most > 0 && size/most > len(b) {
		return nil, fmt.Errorf("a page of %d bytes in %d", size, len(b))
	}
	if size == 0 {
		return nil, nil
	}
	if err := p.take(size, 1); err != nil {
		return nil, err
	}
	switch codec {
	case format.Zstd:
		out, err = unzstd().DecodeAll(b, make([]byte, 0, size))
	case format.Snappy:
		if n, _ := snappy.DecodedLen(b); n != size {
			return nil, fmt.Errorf("a page of %d bytes, its header says %d", n, size)
		}
		out, err = snappy.Decode(make([]byte, size), b)
	case format.Lz4Raw:
		out, err = unlz4(b, make([]byte, size))
	case lz4Hadoop:
		out, err = unlz4Hadoop(b, make([]byte, size))
	case format.Gzip:
		var unzipped *gzip.Reader
		if unzipped, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			out, err = readAtMost(unzipped, size)
		}
	case format.Brotli:
		out, err = readAtMost(brotli.NewReader(bytes.NewReader(b)), size)
	default:
		return nil, fmt.Errorf("compression %s is not read", codec)
	}
	if err == nil && len(out) != size {
		err = fmt.Errorf("a page of %d bytes, its header says %d", len(out), size)
	}
	return out, err
}

func readAtMost(r io.Reader, size int) ([]byte, error) {
	out := make([]byte, size)
	n, err := io.ReadFull(r, out)
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		err = nil
	}
	return out[:n], err
}

func unlz4(b, out []byte) ([]byte, error) {
	n, err := lz4.UncompressBlock(b, out)
	return out[:max(n, 0)], err
}

// unlz4Hadoop decodes LZ4 as Hadoop frames it: the size of the content, and blocks of it behind
// their sizes, in 4 bytes each, big endian. Some writers left the frame away, so one that does not
// add up is decoded as a block.
func unlz4Hadoop(b, out []byte) ([]byte, error) {
	rest, n := b, 0
	for n < len(out) {
		if len(rest) < 8 {
			return unlz4(b, out)
		}
		end := n + int(binary.BigEndian.Uint32(rest))
		if rest = rest[4:]; end <= n || end > len(out) {
			return unlz4(b, out)
		}
		for n < end {
			if len(rest) < 4 || int64(binary.BigEndian.Uint32(rest)) > int64(len(rest)-4) {
				return unlz4(b, out)
			}
			block := rest[4:][:binary.BigEndian.Uint32(rest)]
			got, err := lz4.UncompressBlock(block, out[n:end])
			if err != nil || got <= 0 {
				return unlz4(b, out)
			}
			rest, n = rest[4+len(block):], n+got
		}
	}
	return out, nil
}
