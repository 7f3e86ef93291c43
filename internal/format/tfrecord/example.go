package tfrecord

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Example is a decoded tf.Example: the values of each feature. Of a tf.SequenceExample these are
// the features of its context, and beside them its feature lists.
type Example map[string]Feature

// Feature has one of the three lists; or, if it is a feature list of a tf.SequenceExample, Steps.
type Feature struct {
	Bytes  [][]byte
	Floats []float32
	Ints   []int64
	Steps  []Feature
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

// Fields of the messages (tensorflow/core/example/example.proto and feature.proto). A tf.Example is
// a tf.SequenceExample that has a context alone.
const (
	contextField = 1
	listsField   = 2
	entryField   = 1 // of a map
	nameField    = 1 // of an entry
	valueField   = 2
	stepField    = 1 // of a FeatureList
)

// Decode decodes a tf.Example or a tf.SequenceExample. Byte values share memory with b.
func Decode(b []byte) (Example, error) {
	e := Example{}
	err := fields(b, func(field protowire.Number, kind protowire.Type, features []byte, _ uint64) error {
		if field != contextField && field != listsField || kind != protowire.BytesType {
			return nil
		}
		return fields(features, func(entry protowire.Number, kind protowire.Type, content []byte, _ uint64) error {
			if entry != entryField || kind != protowire.BytesType {
				return nil
			}
			return e.decodeEntry(content, field == listsField)
		})
	})
	return e, err
}

// decodeEntry decodes a name and its feature, or its feature list. Where a name comes twice the
// last counts, as in every map of protocol buffers; but a feature list is no other's value, and has
// "/list" after its name.
func (e Example) decodeEntry(b []byte, isList bool) error {
	var name string
	var f Feature
	values := 0
	err := fields(b, func(field protowire.Number, kind protowire.Type, content []byte, _ uint64) error {
		switch {
		case kind != protowire.BytesType:
		case field == nameField:
			name = string(content)
		case field == valueField && !isList:
			return f.decode(content, &values)
		case field == valueField:
			return fields(content, func(field protowire.Number, kind protowire.Type, step []byte, _ uint64) error {
				if field != stepField || kind != protowire.BytesType {
					return nil
				}
				if values++; values > maxValues {
					return fmt.Errorf("over %d values", maxValues)
				}
				var one Feature
				err := one.decode(step, &values)
				f.Steps = append(f.Steps, one)
				return err
			})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("feature %q: %w", name, err)
	}
	if _, there := e[name]; there && isList {
		name += "/list"
	}
	e[name] = f
	return nil
}

// decode decodes a Feature; values counts those of all steps of a list.
func (f *Feature) decode(b []byte, values *int) error {
	return fields(b, func(list protowire.Number, kind protowire.Type, content []byte, _ uint64) error {
		if kind != protowire.BytesType {
			return nil
		}
		return fields(content, func(field protowire.Number, kind protowire.Type, bytes []byte, number uint64) error {
			if field != 1 {
				return nil
			}
			before := f.len()
			err := f.add(list, kind, bytes, number)
			if *values += f.len() - before; err == nil && *values > maxValues {
				err = fmt.Errorf("over %d values", maxValues)
			}
			return err
		})
	})
}

func (f *Feature) len() int { return len(f.Bytes) + len(f.Floats) + len(f.Ints) }

// add adds the value, or the packed values, of a list: 1 of bytes, 2 of floats, 3 of integers.
func (f *Feature) add(list protowire.Number, kind protowire.Type, bytes []byte, number uint64) error {
	if f.len() > maxValues {
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
