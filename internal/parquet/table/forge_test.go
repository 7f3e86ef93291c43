package table

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// Files that no writer makes are forged from their parts: a footer and pages that say of themselves
// what the test wants.

// thrift writes the compact protocol.
type thrift struct {
	b    []byte
	last []int // field of each struct that is open
}

// Types of the compact protocol.
const (
	aFalse  = 2
	anI32   = 5
	anI64   = 6
	aBinary = 8
	aList   = 9
	aStruct = 12
)

func (w *thrift) field(id int, kind byte) *thrift {
	last := &w.last[len(w.last)-1]
	w.b = append(w.b, byte(id-*last)<<4|kind)
	*last = id
	return w
}

func (w *thrift) int(id int, v int64) *thrift { return w.number(id, v, anI32) }

func (w *thrift) long(id int, v int64) *thrift { return w.number(id, v, anI64) }

func (w *thrift) number(id int, v int64, kind byte) *thrift {
	w.field(id, kind)
	w.b = binary.AppendVarint(w.b, v)
	return w
}

func (w *thrift) text(id int, v string) *thrift {
	w.field(id, aBinary)
	w.b = append(binary.AppendUvarint(w.b, uint64(len(v))), v...)
	return w
}

func (w *thrift) open() *thrift {
	w.last = append(w.last, 0)
	return w
}

func (w *thrift) close() *thrift {
	w.b, w.last = append(w.b, 0), w.last[:len(w.last)-1]
	return w
}

func (w *thrift) list(id, n int, kind byte) *thrift {
	w.field(id, aList)
	w.b = binary.AppendUvarint(append(w.b, 0xf0|kind), uint64(n))
	return w
}

// forged is a column of one row group.
type forged struct {
	name       string
	kind       format.Type
	size       int
	repetition int // 0 required, 1 optional, 2 repeated
	codec      format.CompressionCodec
	values     int64 // of the chunk; 0 is the file's rows
	pages      []byte
}

// file forges a file of columns that lie one after another.
func forge(rows int64, columns ...forged) []byte {
	b := []byte("PAR1")
	w := (&thrift{}).open().int(1, 2).list(2, 1+len(columns), aStruct)
	w.open().text(4, "schema").int(5, int64(len(columns))).close()
	for _, c := range columns {
		w.open().int(1, int64(c.kind)).int(2, int64(c.size)).int(3, int64(c.repetition)).text(4, c.name).close()
	}
	w.long(3, rows).list(4, 1, aStruct).open().list(1, len(columns), aStruct)
	for _, c := range columns {
		values := c.values
		if values == 0 {
			values = rows
		}
		w.open().long(2, 0)
		w.field(3, aStruct)
		w.open().int(1, int64(c.kind)).list(2, 1, anI32)
		w.b = append(w.b, 0)
		w.list(3, 1, aBinary)
		w.b = append(binary.AppendUvarint(w.b, uint64(len(c.name))), c.name...)
		w.int(4, int64(c.codec)).long(5, values).long(6, int64(len(c.pages))).long(7, int64(len(c.pages))).long(9, int64(len(b))).close()
		w.close()
		b = append(b, c.pages...)
	}
	w.long(2, 0).long(3, rows).close().close()
	b = append(b, w.b...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(w.b))), "PAR1"...)
}

// pageV1 forges a page of version 1.
func pageV1(values int64, encoding, levels format.Encoding, uncompressed int, body []byte) []byte {
	w := (&thrift{}).open().int(1, int64(format.DataPage)).int(2, int64(uncompressed)).int(3, int64(len(body)))
	w.field(5, aStruct)
	w.open().int(1, values).int(2, int64(encoding)).int(3, int64(levels)).int(4, int64(levels)).close()
	return append(w.close().b, body...)
}

// pageV2 forges a page of version 2, not compressed.
func pageV2(values, rows int64, encoding format.Encoding, rep, def, body []byte) []byte {
	size := int64(len(rep) + len(def) + len(body))
	w := (&thrift{}).open().int(1, int64(format.DataPageV2)).int(2, size).int(3, size)
	w.field(8, aStruct)
	w.open().int(1, values).int(2, 0).int(3, rows).int(4, int64(encoding)).int(5, int64(len(def))).int(6, int64(len(rep)))
	w.field(7, aFalse)
	w.close()
	b := append(w.close().b, rep...)
	return append(append(b, def...), body...)
}

// dictionaryPage forges a dictionary.
func dictionaryPage(values int64, uncompressed int, body []byte) []byte {
	w := (&thrift{}).open().int(1, int64(format.DictionaryPage)).int(2, int64(uncompressed)).int(3, int64(len(body)))
	w.field(7, aStruct)
	w.open().int(1, values).int(2, 0).close()
	return append(w.close().b, body...)
}

// run is one run of the RLE hybrid.
func run(n uint64, value ...byte) []byte { return append(binary.AppendUvarint(nil, n<<1), value...) }

// uvarints writes numbers.
func uvarints(all ...uint64) (b []byte) {
	for _, v := range all {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// behind puts the length of b, in 4 bytes, in front of it.
func behind(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}
