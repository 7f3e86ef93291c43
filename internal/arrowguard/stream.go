package arrowguard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Stream returns a reader of the same Arrow IPC stream that fails at a message whose lengths are
// out of range, and at a schema that names more than its bytes can hold. Most bounds the bytes of a
// message's body. It reads no byte of in behind the stream's end.
func Stream(in io.Reader, most int64) io.Reader { return &stream{in: in, most: most, first: true} }

// stream passes a stream on, message by message.
type stream struct {
	in    io.Reader
	most  int64        // bytes of a body
	head  bytes.Reader // of the message: its length and metadata, already read
	body  int64        // bytes of its body that are left
	first bool         // no message was read
	err   error        // what ends the stream, once the head is passed on
}

// Read is io.Reader's.
func (s *stream) Read(p []byte) (int, error) {
	for {
		switch {
		case len(p) == 0:
			return 0, nil
		case s.head.Len() > 0:
			return s.head.Read(p)
		case s.body > 0:
			n, err := s.in.Read(p[:min(int64(len(p)), s.body)])
			s.body -= int64(n)
			return n, err
		case s.err != nil:
			return 0, s.err
		}
		s.message()
	}
}

// message reads the next message's length and metadata. Where the stream ends or is cut, what is
// there is passed on, and the Arrow library says what is missing.
func (s *stream) message() {
	head := make([]byte, 4, 8)
	n, err := io.ReadFull(s.in, head)
	if err != nil {
		s.head.Reset(head[:n])
		s.err = err
		return
	}
	size := int64(int32(binary.LittleEndian.Uint32(head)))
	if size == -1 { // since Arrow 0.15
		head = head[:8]
		if n, err = io.ReadFull(s.in, head[4:]); err != nil {
			s.head.Reset(head[:4+n])
			s.err = err
			return
		}
		size = int64(int32(binary.LittleEndian.Uint32(head[4:])))
	}
	if size < 0 || size > maxMetadata {
		s.err = fmt.Errorf("damaged: a message with %d bytes of metadata; legal are 0 to %d", size, maxMetadata)
		return
	}
	if size == 0 { // the end of the stream
		s.head.Reset(head)
		s.err = io.EOF
		return
	}
	whole := bytes.NewBuffer(head)
	if _, err := io.CopyN(whole, s.in, size); err != nil {
		s.head.Reset(whole.Bytes())
		s.err = err
		return
	}
	metadata := whole.Bytes()[len(head):]
	if s.body, err = s.check(metadata); err != nil {
		s.body, s.err = 0, err
		return
	}
	s.first = false
	s.head.Reset(whole.Bytes())
}

// check checks a message's metadata and returns the length of its body.
func (s *stream) check(metadata []byte) (body int64, err error) {
	defer func() {
		if p := recover(); p != nil { // offsets that lead out of the bytes
			err = fmt.Errorf("damaged: metadata of a message: %v", p)
		}
	}()
	if s.first {
		if err := checkSchema(metadata, messageHeader); err != nil {
			return 0, err
		}
	}
	root := flatbuffers.Table{Bytes: metadata, Pos: flatbuffers.GetUOffsetT(metadata)}
	if at := flatbuffers.UOffsetT(root.Offset(messageBody)); at != 0 {
		body = root.GetInt64(root.Pos + at)
	}
	if body < 0 || body > s.most {
		return 0, fmt.Errorf("damaged: a message with a body of %d bytes; legal are 0 to %d", body, s.most)
	}
	return body, nil
}

// File checks the footer of an Arrow IPC file: its schema, and that all record batches and
// dictionaries lie within the file. Most bounds the bytes of the body of each. It may move the
// file's offset.
func File(f interface {
	io.ReaderAt
	io.Seeker
}, most int64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: footer: %v", p)
		}
	}()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	tail := make([]byte, 10) // the footer's length and ARROW1
	if _, err := f.ReadAt(tail, size-10); err != nil {
		return fmt.Errorf("damaged: %d bytes hold no footer: %w", size, err)
	}
	if string(tail[4:]) != "ARROW1" {
		return fmt.Errorf("damaged: it is cut short, or still being written: it does not end with ARROW1")
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > maxMetadata || length > size-10 {
		return fmt.Errorf("damaged: a footer of %d bytes in a file of %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-10-length); err != nil {
		return fmt.Errorf("damaged: reading the footer: %w", err)
	}
	if err := checkSchema(footer, footerSchema); err != nil {
		return err
	}
	return errors.Join(checkBlocks(footer, footerDictionaries, size, most), checkBlocks(footer, footerRecords, size, most))
}

// blockBytes is the size of a Block of File.fbs: offset int64, length of the metadata int32 and 4
// bytes of padding, length of the body int64.
const blockBytes = 24

// checkBlocks checks the places of record batches or dictionaries, in a slot of the footer.
func checkBlocks(footer []byte, slot flatbuffers.VOffsetT, size, most int64) error {
	root := flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}
	at := flatbuffers.UOffsetT(root.Offset(slot))
	if at == 0 {
		return nil
	}
	n, first := root.VectorLen(at), root.Vector(at)
	if n < 0 || n > len(footer)/blockBytes {
		return fmt.Errorf("damaged: a footer of %d bytes with %d blocks", len(footer), n)
	}
	for i := range n {
		b := first + flatbuffers.UOffsetT(blockBytes*i)
		offset, metadata, body := root.GetInt64(b), int64(root.GetInt32(b+8)), root.GetInt64(b+16)
		if offset < 0 || metadata < 0 || metadata > maxMetadata || body < 0 || body > most || offset > size || metadata+body > size-offset {
			return fmt.Errorf("damaged: block %d has %d and %d bytes at %d, in a file of %d bytes", i, metadata, body, offset, size)
		}
	}
	return nil
}
