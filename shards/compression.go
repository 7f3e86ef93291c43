package shards

import (
	"bytes"
	"compress/gzip"
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
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		panic(err) // of the options
	}
	return d
})

// decompress returns the size bytes that b holds, and never makes room for more.
func decompress(codec format.CompressionCodec, b []byte, size int) (out []byte, err error) {
	if codec == format.Uncompressed {
		return b, nil
	}
	if size < 0 || size > maxPage {
		return nil, fmt.Errorf("a page of %d bytes", size)
	}
	if size == 0 {
		return nil, nil
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
		var n int
		out = make([]byte, size)
		n, err = lz4.UncompressBlock(b, out)
		out = out[:max(n, 0)]
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
