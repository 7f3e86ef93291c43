package arrow

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// What a file may ask for. The Arrow library believes the lengths it reads: a schema of a hundred
// bytes can name two billion fields, and it would make room for them.
const (
	maxMetadata = 64 << 20 // bytes of a schema or footer
	maxDepth    = 64       // of nested fields
	maxBuffers  = 2 << 30  // bytes of buffers that one record batch may make, with the dictionaries before it
)

// Slots of the tables of Schema.fbs, Message.fbs and File.fbs (github.com/apache/arrow/format).
const (
	messageHeader  = 8
	footerSchema   = 6
	schemaFields   = 6
	schemaMetadata = 8
	schemaFeatures = 10
	fieldKind      = 8
	fieldType      = 10
	fieldChildren  = 14
	fieldMetadata  = 16
	unionKinds     = 6
	kindUnion      = 14 // of the enum Type
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
	return checkSchema(footer, footerSchema)
}

// checkSchema follows the fields of a schema, which is in a slot of the root table. Offsets
// that lead out of the bytes make package flatbuffers panic, which the caller takes for damage.
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
	g := guard{len(content) / 2} // the shortest elements, union kinds apart, have 4 bytes and something they point to
	if err := errors.Join(g.vector(schema, schemaMetadata), g.vector(schema, schemaFeatures)); err != nil {
		return err
	}
	return g.fields(schema, schemaFields, 0)
}

// guard counts the elements of vectors that there is still room for.
type guard struct{ left int }

// vector takes the elements of a vector, if it is there, from those that there is room for.
func (g *guard) vector(t flatbuffers.Table, slot flatbuffers.VOffsetT) error {
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return nil
	}
	n := t.VectorLen(at)
	if g.left -= n; n < 0 || g.left < 0 {
		return fmt.Errorf("damaged: a schema of %d bytes with a vector of %d elements", len(t.Bytes), n)
	}
	return nil
}

// fields follows the fields in a slot of a table, and theirs.
func (g *guard) fields(t flatbuffers.Table, slot flatbuffers.VOffsetT, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("damaged: fields nested over %d deep", maxDepth)
	}
	if err := g.vector(t, slot); err != nil {
		return err
	}
	at := flatbuffers.UOffsetT(t.Offset(slot))
	if at == 0 {
		return nil
	}
	first := t.Vector(at)
	for i := range t.VectorLen(at) {
		field := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(first + flatbuffers.UOffsetT(4*i))}
		if err := errors.Join(g.vector(field, fieldMetadata), g.union(field)); err != nil {
			return err
		}
		if err := g.fields(field, fieldChildren, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// union looks at the kinds that a union lists.
func (g *guard) union(field flatbuffers.Table) error {
	kind, at := flatbuffers.UOffsetT(field.Offset(fieldKind)), flatbuffers.UOffsetT(field.Offset(fieldType))
	if kind == 0 || at == 0 || field.GetByte(field.Pos+kind) != kindUnion {
		return nil
	}
	return g.vector(flatbuffers.Table{Bytes: field.Bytes, Pos: field.Indirect(at + field.Pos)}, unionKinds)
}

// bounded is an allocator that panics, which reading takes for damage, when more is asked for than
// a batch may have.
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
