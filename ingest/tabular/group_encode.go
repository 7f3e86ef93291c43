package tabular

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/pali3/pali3/shards/format/mapping"
)

// A row in the temporary file is encoded as its columns in name order, each as a kind followed by
// the value. A text is its length (uvarint) and its bytes, a list its length and its elements, a
// struct its length and its names with their values.
const (
	codeNull   = '0'
	codeTrue   = 't'
	codeFalse  = 'f'
	codeText   = 's'
	codeBytes  = 'b'
	codeNumber = 'n' // as JSON writes it
	codeFloat  = 'd'
	codeSingle = 'e'
	codeJSON   = 'j'
	codeUnread = 'u'
	codeList   = 'l'
	codeStruct = 'm'
)

// maxCodeDepth bounds the nesting when decoding; JSON is parsed to a depth of [maxJSONDepth].
const maxCodeDepth = maxJSONDepth + 8

func appendCoded[S ~string | ~[]byte](b []byte, kind byte, s S) []byte {
	return append(binary.AppendUvarint(append(b, kind), uint64(len(s))), s...)
}

// appendValue encodes a value of a row. Values of other types are encoded as the text that
// [mapping.Scalar] returns.
func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, codeNull)
	case bool:
		if v {
			return append(b, codeTrue)
		}
		return append(b, codeFalse)
	case string:
		return appendCoded(b, codeText, v)
	case []byte:
		return appendCoded(b, codeBytes, v)
	case json.Number:
		return appendCoded(b, codeNumber, string(v))
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, codeFloat), math.Float64bits(v))
	case float32:
		return binary.LittleEndian.AppendUint32(append(b, codeSingle), math.Float32bits(v))
	case mapping.JSON:
		return appendCoded(b, codeJSON, string(v))
	case mapping.Unread:
		return appendCoded(b, codeUnread, string(v))
	case time.Time:
		return appendCoded(b, codeText, v.Format(time.RFC3339Nano))
	case []any:
		b = binary.AppendUvarint(append(b, codeList), uint64(len(v)))
		for _, element := range v {
			b = appendValue(b, element)
		}
		return b
	case row:
		return appendStruct(b, v)
	case map[string]any:
		return appendStruct(b, v)
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return appendCoded(b, codeNumber, fmt.Sprint(v))
	}
	text, _ := mapping.Scalar(value, true)
	return appendCoded(b, codeText, text)
}

func appendStruct(b []byte, fields map[string]any) []byte {
	b = binary.AppendUvarint(append(b, codeStruct), uint64(len(fields)))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		b = appendValue(b, fields[name])
	}
	return b
}

var errCoded = errors.New("the temporary file of rows is damaged")

// rowDecoder decodes rows encoded by appendValue.
type rowDecoder struct {
	b     []byte
	depth int
}

// decodeRow decodes a row.
func decodeRow(content []byte) (row, error) {
	d := rowDecoder{b: content}
	value, err := d.value()
	fields, isStruct := value.(map[string]any)
	if err != nil || !isStruct || len(d.b) > 0 {
		return nil, errCoded
	}
	return fields, nil
}

func (d *rowDecoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.b)) {
		return nil, errCoded
	}
	taken := d.b[:n:n]
	d.b = d.b[n:]
	return taken, nil
}

func (d *rowDecoder) length() (uint64, error) {
	n, size := binary.Uvarint(d.b)
	if size <= 0 || n > uint64(len(d.b)) {
		return 0, errCoded
	}
	d.b = d.b[size:]
	return n, nil
}

func (d *rowDecoder) text() ([]byte, error) {
	n, err := d.length()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

func (d *rowDecoder) value() (any, error) {
	kind, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch kind[0] {
	case codeNull:
		return nil, nil
	case codeTrue, codeFalse:
		return kind[0] == codeTrue, nil
	case codeFloat:
		bits, err := d.take(8)
		if err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(bits)), nil
	case codeSingle:
		bits, err := d.take(4)
		if err != nil {
			return nil, err
		}
		return math.Float32frombits(binary.LittleEndian.Uint32(bits)), nil
	case codeList, codeStruct:
		return d.several(kind[0] == codeStruct)
	}
	text, err := d.text()
	if err != nil {
		return nil, err
	}
	switch kind[0] {
	case codeText:
		return string(text), nil
	case codeBytes:
		return text, nil
	case codeNumber:
		return json.Number(text), nil
	case codeJSON:
		return mapping.JSON(text), nil
	case codeUnread:
		return mapping.Unread(text), nil
	}
	return nil, errCoded
}

// several decodes the elements of a list or the fields of a struct.
func (d *rowDecoder) several(named bool) (any, error) {
	if d.depth++; d.depth > maxCodeDepth {
		return nil, errCoded
	}
	defer func() { d.depth-- }()
	n, err := d.length() // each element takes at least one byte
	if err != nil {
		return nil, err
	}
	list, fields := []any{}, map[string]any{}
	for range n {
		name, err := []byte(nil), error(nil)
		if named {
			name, err = d.text()
		}
		if err != nil {
			return nil, err
		}
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		if named {
			fields[string(name)] = value
		} else {
			list = append(list, value)
		}
	}
	if named {
		return fields, nil
	}
	return list, nil
}
