package warc

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Magic numbers of RFC 8878, and that of the dictionary frame of Zstandard Compression of WARC
// Files 1.0.
const (
	frameMagic      = 0xFD2FB528
	skippableMagic  = 0x184D2A50 // to 0x184D2A5F
	dictionaryMagic = 0x184D2A5D
)

func isSkippable(magic []byte) bool {
	return binary.LittleEndian.Uint32(magic)&^0xF == skippableMagic
}

// readDictionary reads a dictionary frame, which contains a dictionary, possibly compressed.
func readDictionary(r io.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("dictionary frame: %w", err)
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if size > maxDictionary {
		return nil, fmt.Errorf("%w: a dictionary of %d bytes", ErrFormat, size)
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, fmt.Errorf("dictionary frame: %w", err)
	}
	if size < 4 || binary.LittleEndian.Uint32(content) != frameMagic {
		return content, nil
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDictionary))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	content, err = decoder.DecodeAll(content, nil)
	if err != nil {
		return nil, fmt.Errorf("dictionary frame: %w", err)
	}
	return content, nil
}

// dictionaryOf returns the dictionary at the beginning of a file, or nil.
func dictionaryOf(file io.ReaderAt) ([]byte, error) {
	var magic [4]byte
	if n, _ := file.ReadAt(magic[:], 0); n < 4 || binary.LittleEndian.Uint32(magic[:]) != dictionaryMagic {
		return nil, nil
	}
	return readDictionary(io.NewSectionReader(file, 0, maxDictionary+8))
}

// frame reads exactly the compressed bytes of one frame: it follows the frame's header and block
// sizes (RFC 8878, section 3.1).
type frame struct {
	raw     *counting
	left    int64  // of the block that is read
	pending []byte // header bytes that were read ahead
	begun   bool
	last    bool // the block is the frame's last
	sum     bool // a checksum follows
	done    bool
}

func (f *frame) Read(p []byte) (int, error) {
	for {
		switch {
		case len(f.pending) > 0:
			n := copy(p, f.pending)
			f.pending = f.pending[n:]
			return n, nil
		case f.left > 0:
			n, err := f.raw.Read(p[:min(int64(len(p)), f.left)])
			f.left -= int64(n)
			if n > 0 {
				err = nil
			}
			return n, unexpected(err)
		case f.done:
			return 0, io.EOF
		}
		if err := f.advance(); err != nil {
			return 0, err
		}
	}
}

// advance reads the next header: the frame's, or a block's.
func (f *frame) advance() error {
	switch {
	case !f.begun:
		f.begun = true
		return f.header()
	case f.last:
		f.done = true
		if f.sum {
			return f.take(4)
		}
		return nil
	}
	if err := f.take(3); err != nil {
		return err
	}
	block := int64(f.pending[0]) | int64(f.pending[1])<<8 | int64(f.pending[2])<<16
	f.last, f.left = block&1 == 1, block>>3
	switch block >> 1 & 3 {
	case 1: // one byte, repeated
		f.left = 1
	case 3:
		return fmt.Errorf("%w: a Zstandard block of reserved type", ErrFormat)
	}
	return nil
}

// take reads n bytes ahead.
func (f *frame) take(n int) error {
	at := len(f.pending)
	f.pending = append(f.pending, make([]byte, n)...)
	_, err := io.ReadFull(f.raw, f.pending[at:])
	return unexpected(err)
}

func (f *frame) header() error {
	if err := f.take(4); err != nil {
		return err
	}
	if isSkippable(f.pending) {
		if err := f.take(4); err != nil {
			return err
		}
		f.left, f.last = int64(binary.LittleEndian.Uint32(f.pending[4:])), true
		return nil
	}
	if err := f.take(1); err != nil {
		return err
	}
	descriptor := f.pending[4]
	single := descriptor>>5&1 == 1
	size := []int{0, 1, 2, 4}[descriptor&3] // of the dictionary's id
	if !single {
		size++ // the window's descriptor
	}
	switch content := descriptor >> 6; {
	case content == 0 && single:
		size++
	case content > 0:
		size += 1 << content
	}
	f.sum = descriptor>>2&1 == 1
	return f.take(size)
}
