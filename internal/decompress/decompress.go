// Package decompress reads files that may be compressed: what their first bytes show counts, not
// their names. Memory is bounded whatever the file says of itself.
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

// Format is how a file is compressed.
type Format string

// Formats. None is that of a file that is not compressed; xz is known and not read.
const (
	None  Format = ""
	Gzip  Format = "gzip"
	Zstd  Format = "zstd"
	Bzip2 Format = "bzip2"
	Xz    Format = "xz"
)

const (
	// HeadSize is how many bytes [Of] looks at.
	HeadSize = 10
	// MaxWindow is the largest window of zstd that is read, in bytes: zstd --long=28.
	MaxWindow = 256 << 20
)

// ErrTrailing is the error where other bytes than zeros follow the compressed data.
var ErrTrailing = errors.New("other bytes follow the compressed data")

// errXz is the error of an xz file.
var errXz = errors.New("this is an xz file, which is not read: unpack it with xz -d first")

// Of tells by the first [HeadSize] bytes of a file, or all of a shorter one, how it is compressed.
func Of(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return Gzip
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")),
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte("\x2a\x4d\x18")): // a frame to skip, as pzstd writes first
		return Zstd
	case bytes.HasPrefix(head, []byte("BZh")) && isBlock(head[3:]):
		return Bzip2
	case bytes.HasPrefix(head, []byte("\xfd7zXZ")):
		return Xz
	}
	return None
}

// isBlock reports whether bytes behind BZh, as many as there are, are the size of bzip2's blocks
// and the beginning of one, or of the data's end.
func isBlock(b []byte) bool {
	if len(b) == 0 || b[0] < '1' || b[0] > '9' {
		return false
	}
	b = b[1:min(len(b), 7)]
	return bytes.HasPrefix([]byte("1AY&SY"), b) || bytes.HasPrefix([]byte("\x17\x72\x45\x38\x50\x90"), b)
}

// New returns the content of a file of the format, and what frees its memory. Where other bytes
// than zeros follow the data of gzip, the content ends with [ErrTrailing], for gzip itself takes no
// notice of them.
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

// Open returns how a file is compressed, and its content with a buffer of the given size in bytes.
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
	content, _, err := New(packed, format) // one thread alone decodes zstd: nothing is to be stopped
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(content, buffer), nil
}

var endings = []string{".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"}

// TrimEnding returns a file's name without the ending of a format.
func TrimEnding(name string) string {
	if ending := filepath.Ext(name); slices.Contains(endings, strings.ToLower(ending)) {
		return strings.TrimSuffix(name, ending)
	}
	return name
}

// gzipMembers reads gzip data of one or several members, and ends where no further one follows, as
// gzip itself does.
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
			err = nil // it comes again
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

// end passes over zeros behind the last member, with which tapes and some programs fill blocks.
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
