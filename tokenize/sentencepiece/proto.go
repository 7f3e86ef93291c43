package sentencepiece

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages below are those of sentencepiece_model.proto, cut to the fields that change what
// encoding and decoding do. Unknown fields are skipped, as protobuf asks.

// modelProto is ModelProto.
type modelProto struct {
	pieces       []Piece
	trainer      trainerSpec
	normalizer   normalizerSpec
	denormalizer *normalizerSpec
}

// Model types of TrainerSpec.
const (
	typeUnigram = 1
	typeBPE     = 2
	typeWord    = 3
	typeChar    = 4
)

// trainerSpec is TrainerSpec, with proto2's defaults.
type trainerSpec struct {
	modelType               int
	treatWhitespaceAsSuffix bool
	byteFallback            bool
	unkSurface              string
}

// normalizerSpec is NormalizerSpec, with proto2's defaults.
type normalizerSpec struct {
	name                   string
	precompiledCharsmap    []byte
	addDummyPrefix         bool
	removeExtraWhitespaces bool
	escapeWhitespaces      bool
}

func defaultNormalizerSpec() normalizerSpec {
	return normalizerSpec{addDummyPrefix: true, removeExtraWhitespaces: true, escapeWhitespaces: true}
}

// defaultUnkSurface is what the unknown piece decodes to: U+2047 between spaces.
const defaultUnkSurface = " \u2047 "

// parseModelProto reads a serialized ModelProto. Memory stays within a small multiple of len(data).
func parseModelProto(data []byte) (*modelProto, error) {
	p := &modelProto{
		trainer:    trainerSpec{modelType: typeUnigram, unkSurface: defaultUnkSurface},
		normalizer: defaultNormalizerSpec(),
	}
	err := eachField(data, func(f field) error {
		switch f.number {
		case 1:
			piece, err := parsePiece(f)
			if err != nil {
				return fmt.Errorf("piece %d: %w", len(p.pieces), err)
			}
			p.pieces = append(p.pieces, piece)
			return nil
		case 2:
			return wrap("trainer_spec", parseTrainerSpec(f, &p.trainer))
		case 3:
			return wrap("normalizer_spec", parseNormalizerSpec(f, &p.normalizer))
		case 5:
			if p.denormalizer == nil {
				spec := defaultNormalizerSpec()
				p.denormalizer = &spec
			}
			return wrap("denormalizer_spec", parseNormalizerSpec(f, p.denormalizer))
		}
		return nil
	})
	return p, err
}

func parsePiece(f field) (Piece, error) {
	piece := Piece{Kind: Normal}
	message, err := f.message()
	if err != nil {
		return piece, err
	}
	err = eachField(message, func(f field) (err error) {
		switch f.number {
		case 1:
			piece.Text, err = f.text()
		case 2:
			piece.Score, err = f.float()
		case 3:
			var v uint64
			if v, err = f.varint(); err == nil && v >= uint64(Normal) && v <= uint64(Byte) {
				piece.Kind = Kind(v) // an enum value of a later version reads as the default
			}
		}
		return err
	})
	return piece, err
}

func parseTrainerSpec(f field, spec *trainerSpec) error {
	message, err := f.message()
	if err != nil {
		return err
	}
	return eachField(message, func(f field) (err error) {
		var v uint64
		switch f.number {
		case 3:
			v, err = f.varint()
			spec.modelType = int(min(v, math.MaxInt32))
		case 24:
			spec.treatWhitespaceAsSuffix, err = f.bool()
		case 35:
			spec.byteFallback, err = f.bool()
		case 44:
			spec.unkSurface, err = f.text()
		}
		return err
	})
}

func parseNormalizerSpec(f field, spec *normalizerSpec) error {
	message, err := f.message()
	if err != nil {
		return err
	}
	return eachField(message, func(f field) (err error) {
		switch f.number {
		case 1:
			spec.name, err = f.text()
		case 2:
			spec.precompiledCharsmap, err = f.message()
		case 3:
			spec.addDummyPrefix, err = f.bool()
		case 4:
			spec.removeExtraWhitespaces, err = f.bool()
		case 5:
			spec.escapeWhitespaces, err = f.bool()
		}
		return err
	})
}

// field is one field of a protobuf message: its number, and its value as it stands on the wire.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  []byte
}

// eachField calls visit for every field of the message, in order.
func eachField(message []byte, visit func(field) error) error {
	for at := 0; at < len(message); {
		number, kind, n := protowire.ConsumeTag(message[at:])
		if n < 0 {
			return fmt.Errorf("field at byte %d: %w", at, protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(number, kind, message[at+n:])
		if size < 0 {
			return fmt.Errorf("field %d at byte %d: %w", number, at, protowire.ParseError(size))
		}
		if err := visit(field{number, kind, message[at+n : at+n+size]}); err != nil {
			return err
		}
		at += n + size
	}
	return nil
}

var errWireType = errors.New("has another wire type than sentencepiece_model.proto gives it")

func (f field) message() ([]byte, error) {
	if f.kind != protowire.BytesType {
		return nil, fmt.Errorf("field %d %w", f.number, errWireType)
	}
	v, _ := protowire.ConsumeBytes(f.value)
	return v, nil
}

func (f field) text() (string, error) {
	v, err := f.message()
	if err == nil && !utf8.Valid(v) {
		err = fmt.Errorf("field %d is not UTF-8: %.40q", f.number, v)
	}
	return string(v), err
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

// wrap says in which message an error arose.
func wrap(message string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", message, err)
}
