package warc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/html/charset"
)

// ErrEncoding is wrapped by the error of a body with an unknown encoding.
var ErrEncoding = errors.New("unknown Content-Encoding")

// decoded decodes a body, the last applied encoding first.
func (h *Response) decoded(r *bufio.Reader) io.Reader {
	var body io.Reader = r
	for _, coding := range slices.Backward(codings(h.Header["transfer-encoding"])) {
		switch b := buffered(body); {
		case coding == "chunked" && looksChunked(b):
			body = &chunked{r: b}
		case coding == "gzip", coding == "x-gzip", coding == "deflate":
			body = decode(coding, b)
		}
	}
	for _, coding := range slices.Backward(codings(h.Header["content-encoding"])) {
		body = decode(coding, buffered(body))
	}
	return body
}

// maxCodings bounds the encodings of one body.
const maxCodings = 8

// codings returns the names in a header's list of encodings.
func codings(list string) (all []string) {
	for name := range strings.SplitSeq(strings.ToLower(list), ",") {
		name, _, _ = strings.Cut(name, ";")
		if name = strings.Trim(name, " \t\"'"); name != "" && len(all) < maxCodings {
			all = append(all, name)
		}
	}
	return all
}

func buffered(r io.Reader) *bufio.Reader {
	if b, ok := r.(*bufio.Reader); ok {
		return b
	}
	return bufio.NewReaderSize(r, 4096)
}

// decode decodes one encoding, if the body appears to have it.
func decode(coding string, r *bufio.Reader) io.Reader {
	magic, _ := r.Peek(4)
	switch coding {
	case "identity", "none", "binary", "7bit", "8bit", "aws-chunked":
		return r
	case "gzip", "x-gzip":
		if len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b {
			return &gzipBody{raw: r}
		}
		return r
	case "deflate": // RFC 9110 means zlib, and some servers send the bare stream
		if len(magic) >= 2 && magic[0]&0xf == 8 && (int(magic[0])<<8|int(magic[1]))%31 == 0 {
			if z, err := zlib.NewReader(r); err == nil {
				return z
			}
		}
		return tried(r, flate.NewReader(nil), func(d io.ReadCloser, r io.Reader) { d.(flate.Resetter).Reset(r, nil) })
	case "br":
		return tried(r, brotli.NewReader(nil), func(d *brotli.Reader, r io.Reader) { d.Reset(r) })
	case "zstd":
		if len(magic) == 4 && (binary.LittleEndian.Uint32(magic) == frameMagic || isSkippable(magic)) {
			return newZstdBody(r)
		}
		return r
	}
	if e, _ := charset.Lookup(coding); e != nil {
		return r // some servers put the charset there
	}
	return failing{fmt.Errorf("%w: %.60q", ErrEncoding, coding)}
}

// failing is a body with an unknown encoding.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// tried returns the decoder of a format without magic bytes if it can decode the first bytes of the
// body, and otherwise the body unchanged.
func tried[D io.Reader](r *bufio.Reader, decoder D, reset func(D, io.Reader)) io.Reader {
	head, _ := r.Peek(r.Size())
	reset(decoder, bytes.NewReader(head))
	var text [64]byte
	n, err := io.ReadFull(decoder, text[:])
	switch {
	case err == nil:
	case errors.Is(err, io.EOF) && len(head) > 0: // an empty text
	case errors.Is(err, io.ErrUnexpectedEOF) && n > 0: // a short one, or the end of head
	default:
		return r
	}
	reset(decoder, r)
	return decoder
}

// gzipBody reads the gzip members of a body. It ignores other trailing data, as browsers do.
type gzipBody struct {
	raw *bufio.Reader
	z   *gzip.Reader
	end bool
}

func (g *gzipBody) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		if g.end {
			return 0, io.EOF
		}
		if g.z == nil {
			if g.z, err = gzip.NewReader(g.raw); err != nil {
				return 0, unexpected(err)
			}
			g.z.Multistream(false)
		}
		if n, err = g.z.Read(p); errors.Is(err, io.EOF) {
			err = g.next()
		}
	}
	return n, err
}

// next begins the next member, if there is one.
func (g *gzipBody) next() error {
	magic, _ := g.raw.Peek(2)
	if string(magic) != "\x1f\x8b" {
		g.end = true
		return nil
	}
	if err := g.z.Reset(g.raw); err != nil {
		g.end = true
		return nil
	}
	g.z.Multistream(false)
	return nil
}

// zstdBody reads the frames of a body.
type zstdBody struct {
	d     *zstd.Decoder
	begun bool
}

func newZstdBody(r io.Reader) io.Reader {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return failing{err}
	}
	return &zstdBody{d: d}
}

func (z *zstdBody) Read(p []byte) (int, error) {
	n, err := z.d.Read(p)
	z.begun = z.begun || n > 0
	if errors.Is(err, zstd.ErrMagicMismatch) && z.begun {
		err = io.EOF // something else follows the frames
	}
	return n, err
}

// looksChunked reports whether a chunk's size stands at the beginning.
func looksChunked(r *bufio.Reader) bool {
	head, _ := r.Peek(18)
	digits := 0
	for digits < len(head) && strings.IndexByte("0123456789abcdefABCDEF", head[digits]) >= 0 {
		digits++
	}
	return digits > 0 && digits < len(head) && digits <= 16 && strings.IndexByte("\r\n; ", head[digits]) >= 0
}
