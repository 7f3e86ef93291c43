package tfrecord

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Example is a decoded tf.Example: the values of each feature.
type Example map[string]Feature

// Feature has one of the three lists.
type Feature struct {
	Bytes  [][]byte
	Floats []float32
	Ints   []int64
}

// maxValues bounds the values of one feature.
const maxValues = 1 << 24

var errWire = errors.New("not a tf.Example")

// fields calls each for the fields of a message. A varint field has number, the others bytes.
func fields(b []byte, each func(field protowire.Number, kind protowire.Type, bytes []byte, number uint64) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", errWire, protowire.ParseError(n))
		}
		b = b[n:]
		var bytes []byte
		var number uint64
		switch kind {
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			number = uint64(v)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return fmt.Errorf("%w: %w", errWire, protowire.ParseError(n))
		}
		b = b[n:]
		if err := each(field, kind, bytes, number); err != nil {
			return err
		}
	}
	return nil
}

// Decode decodes a tf.Example (tensorflow/core/example/example.proto). Byte values share memory with b.
func Decode(b []byte) (Example, error) {
	e := Example{}
	err := fields(b, func(field protowire.Number, kind protowire.Type, features []byte, _ uint64) error {
		if field != 1 || kind != protowire.BytesType {
			return nil
		}
		return fields(features, func(field protowire.Number, kind protowire.Type, entry []byte, _ uint64) error {
			if field != 1 || kind != protowire.BytesType {
				return nil
			}
			return e.decodeEntry(entry)
		})
	})
	return e, err
}

// decodeEntry decodes a name and its feature.
func (e Example) decodeEntry(b []byte) error {
	var name string
	var f Feature
	err := fields(b, func(field protowire.Number, kind protowire.Type, bytes []byte, _ uint64) error {
		if kind != protowire.BytesType {
			return nil
		}
		if field == 1 {
			name = string(bytes)
			return nil
		}
		if field != 2 {
			return nil
		}
		return fields(bytes, func(list protowire.Number, kind protowire.Type, values []byte, _ uint64) error {
			if kind != protowire.BytesType {
				return nil
			}
			return fields(values, func(field protowire.Number, kind protowire.Type, bytes []byte, number uint64) error {
				if field != 1 {
					return nil
				}
				return f.add(list, kind, bytes, number)
			})
		})
	})
	if err != nil {
		return fmt.Errorf("feature %q: %w", name, err)
	}
	e[name] = f
	return nil
}

// add adds the value, or the packed values, of a list: 1 of bytes, 2 of floats, 3 of integers.
func (f *Feature) add(list protowire.Number, kind protowire.Type, bytes []byte, number uint64) error {
	if len(f.Bytes)+len(f.Floats)+len(f.Ints) > maxValues {
		return fmt.Errorf("over %d values", maxValues)
	}
	packed := kind == protowire.BytesType
	switch {
	case list == 1 && packed:
		f.Bytes = append(f.Bytes, bytes)
	case list == 2 && kind == protowire.Fixed32Type:
		f.Floats = append(f.Floats, math.Float32frombits(uint32(number)))
	case list == 2 && packed:
		for len(bytes) > 0 {
			v, n := protowire.ConsumeFixed32(bytes)
			if n < 0 {
				return fmt.Errorf("%w: %w", errWire, protowire.ParseError(n))
			}
			f.Floats, bytes = append(f.Floats, math.Float32frombits(v)), bytes[n:]
		}
	case list == 3 && kind == protowire.VarintType:
		f.Ints = append(f.Ints, int64(number))
	case list == 3 && packed:
		for len(bytes) > 0 {
			v, n := protowire.ConsumeVarint(bytes)
			if n < 0 {
				return fmt.Errorf("%w: %w", errWire, protowire.ParseError(n))
			}
			f.Ints, bytes = append(f.Ints, int64(v)), bytes[n:]
		}
	}
	return nil
}
