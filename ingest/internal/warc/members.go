package warc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxDictionary is the largest Zstandard dictionary, and maxWindow the largest window of a frame,
// in bytes.
const (
	maxDictionary = 32 << 20
	maxWindow     = 128 << 20
)

// members reads an archive's members in sequence: gzip members, Zstandard frames, or a whole plain
// file.
type members struct {
	raw        *counting
	start      int64 // where the member begins
	gzip       *gzip.Reader
	zstd       *zstd.Decoder
	dictionary []byte
	current    io.Reader // nil before the first member and after each
	begun      bool
}

// counting counts the bytes read. It is an io.ByteReader, so that decompressors do not read ahead.
type counting struct {
	*bufio.Reader
	at int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.at += int64(n)
	return n, err
}

func (c *counting) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.at++
	}
	return b, err
}

func newMembers(r io.Reader) (*members, error) {
	m := &members{raw: &counting{Reader: bufio.NewReaderSize(r, 1<<16)}}
	magic, _ := m.raw.Peek(4)
	if len(magic) == 4 && binary.LittleEndian.Uint32(magic) == dictionaryMagic {
		dictionary, err := readDictionary(m.raw)
		if err != nil {
			return nil, err
		}
		m.dictionary = dictionary
	}
	return m, nil
}

// atEnd reports whether the current member has ended.
func (m *members) atEnd() bool { return m.current == nil }

// plain reports whether the file is not compressed.
func (m *members) plain() bool { return m.begun && m.gzip == nil && m.zstd == nil }

// next moves to the next member, and returns io.EOF after the last.
func (m *members) next() error {
	if m.plain() {
		return io.EOF // a plain file is one
	}
	magic, err := m.raw.Peek(4)
	if len(magic) == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			return io.EOF
		}
		return err
	}
	m.start = m.raw.at
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		err = m.nextGzip()
	case len(magic) == 4 && (binary.LittleEndian.Uint32(magic) == frameMagic || isSkippable(magic)):
		err = m.nextZstd()
	case !m.begun:
		m.current, err = m.raw, nil
	default:
		err = fmt.Errorf("%w: after the member before byte %d stands %q", ErrFormat, m.start, magic)
	}
	m.begun = true
	return err
}

func (m *members) nextGzip() (err error) {
	if m.gzip == nil {
		m.gzip, err = gzip.NewReader(m.raw)
	} else {
		err = m.gzip.Reset(m.raw)
	}
	if err != nil {
		return fmt.Errorf("gzip member at byte %d: %w", m.start, err)
	}
	m.gzip.Multistream(false)
	m.current = m.gzip
	return nil
}

func (m *members) nextZstd() (err error) {
	frame := &frame{raw: m.raw}
	if m.zstd == nil {
		options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow)}
		if m.dictionary != nil {
			options = append(options, zstd.WithDecoderDicts(m.dictionary))
		}
		m.zstd, err = zstd.NewReader(frame, options...)
	} else {
		err = m.zstd.Reset(frame)
	}
	if err != nil {
		return fmt.Errorf("a frame of Zstandard at byte %d: %w", m.start, err)
	}
	m.current = m.zstd
	return nil
}

// Read reads the current member, to its end.
func (m *members) Read(p []byte) (int, error) {
	if m.current == nil {
		return 0, io.EOF
	}
	n, err := m.current.Read(p)
	if errors.Is(err, io.EOF) {
		m.current = nil
	} else if err != nil {
		err = fmt.Errorf("member at byte %d: %w", m.start, err)
	}
	return n, err
}

// looksLikeARC reports whether the first bytes of the first member are those of ARC records. They
// stay unread.
func (m *members) looksLikeARC() bool {
	if err := m.next(); err != nil {
		return false
	}
	head := bufio.NewReaderSize(m.current, 64)
	first, _ := head.Peek(5)
	m.current = head
	return len(first) > 0 && string(first) != "WARC/"
}
