// Package decompress reads files that may be compressed. It detects the format from the first
// bytes, not from the name, and limits the memory that a file can request.
package decompress

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Format is a compression format.
type Format string

// Formats. None means that a file is not compressed. Xz is detected but not supported.
const (
	None  Format = ""
	Gzip  Format = "gzip"
	Zstd  Format = "zstd"
	Bzip2 Format = "bzip2"
	Xz    Format = "xz"
)

const (
	// HeadSize is the number of bytes that [Of] examines.
	HeadSize = 10
	// MaxWindow is the largest supported window of zstd, in bytes: zstd --long=28.
	MaxWindow = 256 << 20
)

// ErrTrailing is returned if bytes other than zeros follow the compressed data.
var ErrTrailing = errors.New("other bytes follow the compressed data")

// errXz is the error for an xz file.
var errXz = errors.New("this is an xz file, which is not read: unpack it with xz -d first")

// Of returns the format of a file, given its first [HeadSize] bytes, or all bytes of a shorter
// file.
func Of(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return Gzip
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")),
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2a\x4d\x18")): // a skippable frame, which pzstd writes first
		return Zstd
	case bytes.HasPrefix(head, []byte("BZh")) && isBlock(head[3:]):
		return Bzip2
	case bytes.HasPrefix(head, []byte("\xfd7zXZ")):
		return Xz
	}
	return None
}

// isBlock reports whether the bytes behind BZh, as far as they are given, are the block size of
// bzip2 and the beginning of a block or of the end marker.
func isBlock(b []byte) bool {
	if len(b) == 0 || b[0] < '1' || b[0] > '9' {
		return false
	}
	b = b[1:min(len(b), 7)]
	return bytes.HasPrefix([]byte("1AY&SY"), b) || bytes.HasPrefix([]byte("\x17\x72\x45\x38\x50\x90"), b)
}

// New returns the decompressed content of a file, and a function that frees its memory. If bytes
// other than zeros follow gzip data, the content ends with [ErrTrailing]; gzip itself ignores them.
func New(packed *bufio.Reader, format Format) (content io.Reader, free func(), err error) {
	free = func() {}
	switch format {
	case Gzip:
		content, err = newGzipMembers(packed)
	case Zstd:
		decoder, failed := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(MaxWindow))
		if failed != nil {
			err = failed
			break
		}
		return decoder, decoder.Close, nil
	case Bzip2:
		content = bzip2.NewReader(packed)
	case Xz:
		return nil, nil, errXz
	default:
		content = packed
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s data: %w", format, err)
	}
	return content, free, nil
}

// Open detects the format of a file and returns its content with a buffer of the given size in
// bytes.
func Open(file io.Reader, buffer int) (*bufio.Reader, error) {
	packed := bufio.NewReaderSize(file, buffer)
	head, err := packed.Peek(HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	format := Of(head)
	if format == None {
		return packed, nil
	}
	content, _, err := New(packed, format) // zstd decodes in this goroutine, so there is nothing to stop
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(content, buffer), nil
}

var endings = []string{".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"}

// TrimEnding returns a file name without the extension of a compression format.
func TrimEnding(name string) string {
	if ending := filepath.Ext(name); slices.Contains(endings, strings.ToLower(ending)) {
		return strings.TrimSuffix(name, ending)
	}
	return name
}

// gzipMembers reads gzip data with one or more members. Like gzip, it stops if no further member
// follows.
type gzipMembers struct {
	packed *bufio.Reader
	member *gzip.Reader
}

func newGzipMembers(packed *bufio.Reader) (*gzipMembers, error) {
	member, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipMembers{packed, member}, nil
}

// Read implements [io.Reader].
func (g *gzipMembers) Read(b []byte) (int, error) {
	for {
		n, err := g.member.Read(b)
		if n > 0 && errors.Is(err, io.EOF) {
			err = nil // returned by the next call
		}
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		next, err := g.packed.Peek(2)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if string(next) != "\x1f\x8b" {
			return 0, g.end()
		}
		if err := g.member.Reset(g.packed); err != nil {
			return 0, err
		}
		g.member.Multistream(false)
	}
}

// end skips zeros behind the last member, with which tapes and some programs pad blocks.
func (g *gzipMembers) end() error {
	for {
		next, err := g.packed.Peek(1)
		if len(next) == 0 {
			return err
		}
		next, _ = g.packed.Peek(g.packed.Buffered())
		if len(bytes.Trim(next, "\x00")) > 0 {
			return ErrTrailing
		}
		g.packed.Discard(len(next))
	}
}
