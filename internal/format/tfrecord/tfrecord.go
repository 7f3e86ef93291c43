// Package tfrecord reads TFRecord files of tf.Example and tf.SequenceExample messages, plain or
// compressed (gzip, zlib), as samples.
//
// A TFRecord file is a sequence of records: the length (8 bytes, little endian), its masked
// CRC-32C, the data, and the data's masked CRC-32C. Both checksums are checked. Data of another
// checksum cost their record alone, for the length that leads to the next one is good; a length of
// another checksum ends the file.
package tfrecord

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
)

// MaxRecord is the longest record that is read, in bytes.
const MaxRecord = 512 << 20

// ErrChecksum is wrapped by the error of a record whose CRC-32C is another.
var ErrChecksum = errors.New("CRC-32C differs")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// mask is TensorFlow's masking of a CRC (tensorflow/core/lib/hash/crc32c.h).
func mask(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }

// errData is the error of a record after which others can be read.
var errData = fmt.Errorf("its data: %w", ErrChecksum)

// Records yields the data of each record, valid until the next. It ends after an error, unless that
// is of a record's data alone.
func Records(r io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		plain, err := unzipped(r)
		if err != nil {
			yield(nil, err)
			return
		}
		var buffer []byte
		for n := 0; ; n++ {
			buffer, err = next(plain, buffer)
			if err == io.EOF {
				return
			}
			if err == nil || errors.Is(err, errData) {
				if err != nil {
					err = fmt.Errorf("record %d: %w", n, err)
				}
				if !yield(buffer, err) {
					return
				}
				continue
			}
			yield(nil, fmt.Errorf("record %d, after which nothing is read: %w", n, err))
			return
		}
	}
}

func unzipped(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<20)
	head, err := buffered.Peek(12)
	if err == nil && mask(crc32.Checksum(head[:8], castagnoli)) == binary.LittleEndian.Uint32(head[8:]) {
		return buffered, nil // though its length may look like a magic number
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return gzip.NewReader(buffered)
	case len(head) > 1 && head[0] == 0x78 && (int(head[0])<<8+int(head[1]))%31 == 0: // TFRecordOptions("ZLIB"); RFC 1950, section 2.2
		return zlib.NewReader(buffered)
	}
	return buffered, nil
}

// next reads a record into buffer, or a larger one; io.EOF is the end between two records.
func next(r io.Reader, buffer []byte) ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("its head is cut short: %w", err)
		}
		return nil, err
	}
	if mask(crc32.Checksum(head[:8], castagnoli)) != binary.LittleEndian.Uint32(head[8:]) {
		return nil, fmt.Errorf("its length: %w", ErrChecksum)
	}
	size := binary.LittleEndian.Uint64(head[:])
	if size > MaxRecord {
		return nil, fmt.Errorf("%d bytes, the limit is %d", size, MaxRecord)
	}
	buffer, err := readGrowing(r, buffer[:0], int(size)+4)
	if err != nil {
		return nil, fmt.Errorf("%d of its %d bytes are there: %w", len(buffer), size, err)
	}
	data := buffer[:size]
	if mask(crc32.Checksum(data, castagnoli)) != binary.LittleEndian.Uint32(buffer[size:]) {
		return nil, errData
	}
	return data, nil
}

// readGrowing reads n bytes, and takes memory only as they come: a length alone costs nothing.
func readGrowing(r io.Reader, b []byte, n int) ([]byte, error) {
	const step = 4 << 20
	for len(b) < n {
		want := min(n-len(b), max(step, len(b)))
		if cap(b)-len(b) < want {
			b = append(make([]byte, 0, len(b)+want), b...)
		}
		got, err := io.ReadFull(r, b[len(b):len(b)+want])
		b = b[:len(b)+got]
		if err != nil {
			return b, io.ErrUnexpectedEOF
		}
	}
	return b, nil
}

// Append adds a record to b, as TensorFlow writes it.
func Append(b, data []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, mask(crc32.Checksum(b[at:at+8], castagnoli)))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, mask(crc32.Checksum(data, castagnoli)))
}
