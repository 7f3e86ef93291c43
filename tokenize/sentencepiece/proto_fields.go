package sentencepiece

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a protobuf message, with its encoded value.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  []byte
	raw    []byte // tag and value
	at     int    // the offset of value
}

// eachField calls visit for every field of the message, in order. start is the offset of the
// message in the file.
func eachField(message []byte, start int, visit func(field) error) error {
	for at := 0; at < len(message); {
		number, kind, n := protowire.ConsumeTag(message[at:])
		if n < 0 {
			return broken(message[at:], "field", at)
		}
		size := protowire.ConsumeFieldValue(number, kind, message[at+n:])
		if size < 0 {
			return broken(message[at+n:], fmt.Sprintf("field %d", number), at)
		}
		end := at + n + size
		if err := visit(field{number, kind, message[at+n : end], message[at:end], start + at + n}); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// broken returns the error for a field that cannot be decoded.
func broken(rest []byte, what string, at int) error {
	if len(rest) < 1<<10 {
		return fmt.Errorf("%s at byte %d is cut off or damaged", what, at)
	}
	return fmt.Errorf("%s at byte %d is damaged", what, at)
}

var errWireType = errors.New("has a wire type other than in sentencepiece_model.proto")

func (f field) message() ([]byte, error) {
	if f.kind != protowire.BytesType {
		return nil, fmt.Errorf("field %d %w", f.number, errWireType)
	}
	v, _ := protowire.ConsumeBytes(f.value)
	return v, nil
}

// messageAt returns the offset of the content of a message.
func (f field) messageAt() int {
	v, _ := protowire.ConsumeBytes(f.value)
	return f.at + len(f.value) - len(v)
}

func (f field) text() (string, error) {
	v, err := f.message()
	if err == nil && !utf8.Valid(v) {
		err = fmt.Errorf("field %d is not UTF-8: %.40q", f.number, v)
	}
	return string(v), err
}

// textOf returns a string field as a slice of whole, the content of the file.
func (f field) textOf(whole string) (string, error) {
	v, err := f.message()
	if err != nil {
		return "", err
	}
	at := f.messageAt()
	return whole[at : at+len(v)], nil
}

func (f field) varint() (uint64, error) {
	if f.kind != protowire.VarintType {
		return 0, fmt.Errorf("field %d %w", f.number, errWireType)
	}
	v, _ := protowire.ConsumeVarint(f.value)
	return v, nil
}

func (f field) bool() (bool, error) {
	v, err := f.varint()
	return protowire.DecodeBool(v), err
}

func (f field) float() (float32, error) {
	if f.kind != protowire.Fixed32Type {
		return 0, fmt.Errorf("field %d %w", f.number, errWireType)
	}
	v, _ := protowire.ConsumeFixed32(f.value)
	return math.Float32frombits(v), nil
}
