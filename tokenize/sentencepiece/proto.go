package sentencepiece

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ModelType is the type of a model. The numbers are those of the .model file.
type ModelType int32

// The types of models.
const (
	Unigram ModelType = 1 // the pieces with the highest sum of log probabilities
	BPE     ModelType = 2 // pieces merged from characters, best score first
	Word    ModelType = 3 // whole words
	Char    ModelType = 4 // single characters
)

var modelTypes = map[ModelType]string{Unigram: "unigram", BPE: "BPE", Word: "word", Char: "character"}

// String returns the type's name.
func (t ModelType) String() string {
	if name, ok := modelTypes[t]; ok {
		return name
	}
	return fmt.Sprintf("model_type %d", int32(t))
}

// Proto is the content of a .model file: the message ModelProto of sentencepiece_model.proto. Its
// fields are those that affect encoding and decoding. All others, including those of later
// versions, are kept and written back unchanged.
type Proto struct {
	Pieces       []Piece
	Trainer      TrainerSpec
	Normalizer   NormalizerSpec
	Denormalizer *NormalizerSpec // nil without one

	pieceUnknown map[int][]byte // by piece: the fields that Piece does not have
	unknown      []byte
}

// TrainerSpec describes how a model was trained.
type TrainerSpec struct {
	Type                    ModelType
	TreatWhitespaceAsSuffix bool   // a space belongs to the word before it
	ByteFallback            bool   // characters that no piece covers become bytes
	UnkSurface              string // what the unknown piece decodes to

	unknown []byte
}

// NormalizerSpec describes how text is rewritten before it is segmented.
type NormalizerSpec struct {
	Name                   string // the name of the rules for characters, such as nmt_nfkc or identity
	PrecompiledCharsmap    []byte // those rules
	AddDummyPrefix         bool   // add a space before the text
	RemoveExtraWhitespaces bool   // remove spaces at the ends, and all but one of several in a row
	EscapeWhitespaces      bool   // replace spaces by U+2581

	unknown []byte
}

// DefaultNormalizerSpec returns the message's defaults: no rules for characters, and all three
// options for spaces set.
func DefaultNormalizerSpec() NormalizerSpec {
	return NormalizerSpec{AddDummyPrefix: true, RemoveExtraWhitespaces: true, EscapeWhitespaces: true}
}

// DefaultUnkSurface is what the unknown piece decodes to: U+2047 between spaces.
const DefaultUnkSurface = " \u2047 "

// ParseProto reads the content of a .model file. It allocates at most a small multiple of
// len(data).
func ParseProto(data []byte) (*Proto, error) {
	p := &Proto{
		Trainer:    TrainerSpec{Type: Unigram, UnkSurface: DefaultUnkSurface},
		Normalizer: DefaultNormalizerSpec(),
	}
	text := string(data) // all pieces are slices of it
	p.Pieces = make([]Piece, 0, len(data)/16)
	err := eachField(data, 0, func(f field) error {
		switch f.number {
		case 1:
			piece, unknown, err := parsePiece(f, text)
			if err != nil {
				return fmt.Errorf("piece %d: %w", len(p.Pieces), err)
			}
			if len(unknown) > 0 {
				if p.pieceUnknown == nil {
					p.pieceUnknown = map[int][]byte{}
				}
				p.pieceUnknown[len(p.Pieces)] = unknown
			}
			p.Pieces = append(p.Pieces, piece)
			return nil
		case 2:
			return wrap("trainer_spec", parseTrainerSpec(f, &p.Trainer))
		case 3:
			return wrap("normalizer_spec", parseNormalizerSpec(f, &p.Normalizer))
		case 5:
			if p.Denormalizer == nil {
				spec := DefaultNormalizerSpec()
				p.Denormalizer = &spec
			}
			return wrap("denormalizer_spec", parseNormalizerSpec(f, p.Denormalizer))
		}
		p.unknown = append(p.unknown, f.raw...)
		return nil
	})
	return p, err
}

// AddSymbols appends user-defined pieces of score 0, with spaces written as U+2581, as big_vision's
// _add_pieces (ops_text.py) does. [New] returns an error if a piece exists already.
func (p *Proto) AddSymbols(texts ...string) {
	for _, text := range texts {
		p.Pieces = append(p.Pieces, Piece{Text: strings.ReplaceAll(text, " ", spaceSymbol), Kind: UserDefined})
	}
}

// PutFirst moves the pieces with the given ids to the front, in that order. The others keep theirs.
func (p *Proto) PutFirst(ids ...int) {
	order := slices.Clone(ids)
	for id := range p.Pieces {
		if !slices.Contains(ids, id) {
			order = append(order, id)
		}
	}
	pieces := make([]Piece, len(order))
	var unknown map[int][]byte
	for to, from := range order {
		pieces[to] = p.Pieces[from]
		if fields, ok := p.pieceUnknown[from]; ok {
			if unknown == nil {
				unknown = map[int][]byte{}
			}
			unknown[to] = fields
		}
	}
	p.Pieces, p.pieceUnknown = pieces, unknown
}

func parsePiece(f field, text string) (piece Piece, unknown []byte, err error) {
	piece.Kind = Normal
	message, err := f.message()
	if err != nil {
		return piece, nil, err
	}
	if piece, ok := usualPiece(message, text[f.messageAt():]); ok {
		return piece, nil, nil
	}
	err = eachField(message, f.messageAt(), func(f field) (err error) {
		switch f.number {
		case 1:
			piece.Text, err = f.textOf(text)
			return err
		case 2:
			piece.Score, err = f.float()
			return err
		case 3:
			var v uint64
			if v, err = f.varint(); err != nil || v >= uint64(Normal) && v <= uint64(Byte) {
				piece.Kind = Kind(v)
				return err
			}
		}
		unknown = append(unknown, f.raw...) // also an enum value of a later version, which reads as the default
		return nil
	})
	return piece, unknown, err
}

// usualPiece is a fast parser of pieces in the form that all known programs write: a text shorter
// than 128 bytes, a score, and an optional kind. It returns false for any other form. The message
// starts where text does.
func usualPiece(message []byte, text string) (piece Piece, ok bool) {
	const textTag, scoreTag, kindTag = 1<<3 | 2, 2<<3 | 5, 3 << 3
	if len(message) < 2 || message[0] != textTag || message[1] >= 0x80 {
		return piece, false
	}
	end := 2 + int(message[1])
	if len(message) < end+5 || message[end] != scoreTag {
		return piece, false
	}
	piece.Text, piece.Kind = text[2:end], Normal
	piece.Score = math.Float32frombits(binary.LittleEndian.Uint32(message[end+1:]))
	switch rest := message[end+5:]; {
	case len(rest) == 0:
	case len(rest) == 2 && rest[0] == kindTag && rest[1] >= byte(Normal) && rest[1] <= byte(Byte):
		piece.Kind = Kind(rest[1])
	default:
		return piece, false
	}
	return piece, true
}

func parseTrainerSpec(f field, spec *TrainerSpec) error {
	message, err := f.message()
	if err != nil {
		return err
	}
	return eachField(message, 0, func(f field) (err error) {
		switch f.number {
		case 3:
			var v uint64
			v, err = f.varint()
			spec.Type = ModelType(min(v, math.MaxInt32))
		case 24:
			spec.TreatWhitespaceAsSuffix, err = f.bool()
		case 35:
			spec.ByteFallback, err = f.bool()
		case 44:
			spec.UnkSurface, err = f.text()
		default:
			spec.unknown = append(spec.unknown, f.raw...)
		}
		return err
	})
}

func parseNormalizerSpec(f field, spec *NormalizerSpec) error {
	message, err := f.message()
	if err != nil {
		return err
	}
	return eachField(message, 0, func(f field) (err error) {
		switch f.number {
		case 1:
			spec.Name, err = f.text()
		case 2:
			spec.PrecompiledCharsmap, err = f.message()
		case 3:
			spec.AddDummyPrefix, err = f.bool()
		case 4:
			spec.RemoveExtraWhitespaces, err = f.bool()
		case 5:
			spec.EscapeWhitespaces, err = f.bool()
		default:
			spec.unknown = append(spec.unknown, f.raw...)
		}
		return err
	})
}

// wrap adds the name of the message to an error.
func wrap(message string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", message, err)
}
