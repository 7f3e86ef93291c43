package arrow

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// What a file may ask for. The Arrow library believes the lengths it reads: a schema of a hundred bytes can name two
// billion fields, and it would make room for them.
const (
	maxMetadata = 64 << 20 // bytes of a schema or footer
	maxDepth    = 64       // of nested fields
	maxBuffers  = 2 << 30  // bytes of buffers that one record batch may make, with the dictionaries before it
)

// Slots of the tables of Schema.fbs, Message.fbs and File.fbs (github.com/apache/arrow/format).
const (
	messageHeader = 8
	footerSchema  = 6
	schemaFields  = 6
	fieldChildren = 14
)

// checkStream looks at the schema that begins a stream, and returns a reader that still has it.
func checkStream(r *bufio.Reader) (*bufio.Reader, error) {
	at := 4
	head, err := r.Peek(8)
	if err != nil {
		return r, nil // the library says what is missing
	}
	size := binary.LittleEndian.Uint32(head)
	if size == 0xffffffff { // since Arrow 0.15
		at, size = 8, binary.LittleEndian.Uint32(head[4:])
	}
	if size > maxMetadata {
		return nil, fmt.Errorf("damaged: a schema of %d bytes", size)
	}
	sized := bufio.NewReaderSize(r, at+int(size)) // Peek gives no more than the buffer holds
	content, err := sized.Peek(at + int(size))
	if err != nil {
		return nil, fmt.Errorf("damaged: the schema is cut: %w", err)
	}
	return sized, checkSchema(content[at:], messageHeader)
}

// checkFile looks at the schema in the footer of a file.
func checkFile(f File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	tail := make([]byte, 10) // the footer's length and ARROW1
	if _, err := f.ReadAt(tail, size-10); err != nil {
		return fmt.Errorf("damaged: %d bytes hold no footer: %w", size, err)
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length > maxMetadata || length > size-10 {
		return fmt.Errorf("damaged: a footer of %d bytes in a file of %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-10-length); err != nil {
		return fmt.Errorf("damaged: reading the footer: %w", err)
	}
	return checkSchema(footer, footerSchema)
}

// checkSchema follows the fields of a schema, which stands in a slot of the root table. Offsets that lead out of the
// bytes make package flatbuffers panic, which the caller takes for damage.
func checkSchema(content []byte, slot flatbuffers.VOffsetT) error {
	if len(content) < 8 {
		return fmt.Errorf("damaged: a schema of %d bytes", len(content))
	}
	root := flatbuffers.Table{Bytes: content, Pos: flatbuffers.GetUOffsetT(content)}
	at := flatbuffers.UOffsetT(root.Offset(slot))
	if at == 0 {
		return fmt.Errorf("damaged: no schema")
	}
	schema := flatbuffers.Table{Bytes: content, Pos: root.Indirect(at + root.Pos)}
	left := len(content) / 8 // fields that there is room for
	return checkFields(schema, schemaFields, 0, &left)
}

func checkFields(t flatbuffers.Table, slot flatbuffers.VOffsetT, depth int, left *int) error {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return nil
	}
	n := t.VectorLen(at)
	if *left -= n; n < 0 || *left < 0 || depth > maxDepth {
		return fmt.Errorf("damaged: a schema of %d bytes with %d fields at depth %d", len(t.Bytes), n, depth)
	}
	first := t.Vector(at)
	for i := range n {
		child := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(first + flatbuffers.UOffsetT(4*i))}
		if err := checkFields(child, fieldChildren, depth+1, left); err != nil {
			return err
		}
	}
	return nil
}

// bounded is an allocator that panics, which reading takes for damage, when more is asked for than a batch may have.
type bounded struct {
	memory.Allocator
	left int
}

func newBounded() *bounded { return &bounded{memory.NewGoAllocator(), maxBuffers} }

// nextBatch makes room for one more.
func (b *bounded) nextBatch() { b.left = maxBuffers }

func (b *bounded) take(n int) {
	if n > b.left {
		panic(fmt.Sprintf("buffers of over %d bytes", maxBuffers))
	}
	b.left -= n
}

// Allocate is memory.Allocator's.
func (b *bounded) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate is memory.Allocator's.
func (b *bounded) Reallocate(size int, old []byte) []byte {
	b.take(size - len(old))
	return b.Allocator.Reallocate(size, old)
}
