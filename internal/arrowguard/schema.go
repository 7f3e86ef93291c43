// Package arrowguard checks the lengths in Arrow IPC files and streams before the Arrow library,
// which believes them, makes room for what they ask for.
//
// It knows the framing of messages and the tables of schemas and footers, and no columns.
package arrowguard

import (
	"errors"
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
)

// What a file may ask for. The Arrow library believes the lengths it reads: a schema of a hundred
// bytes can name two billion fields, and it would make room for them.
const (
	maxMetadata = 64 << 20 // bytes of a schema, of another message's metadata or of a footer
	maxDepth    = 64       // of nested fields
)

// Bytes of buffers that one record batch may make, with the dictionaries before it.
const (
	Rows    = 2 << 30  // of a dataset's rows
	Batches = 16 << 30 // of training batches
)

// Slots of the tables of Schema.fbs, Message.fbs and File.fbs (github.com/apache/arrow/format).
const (
	messageHeader      = 8
	messageBody        = 10
	footerSchema       = 6
	footerDictionaries = 8
	footerRecords      = 10
	schemaFields       = 6
	schemaMetadata     = 8
	schemaFeatures     = 10
	fieldKind          = 8
	fieldType          = 10
	fieldChildren      = 14
	fieldMetadata      = 16
	unionKinds         = 6
	kindUnion          = 14 // of the enum Type
)

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
