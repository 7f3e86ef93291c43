package sentencepiece

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Marshal returns the content of a .model file: the pieces; the specs, with every field of
// TrainerSpec and NormalizerSpec written; and all other fields that were read.
func (p *Proto) Marshal() []byte {
	var out, m []byte
	for i, piece := range p.Pieces {
		m = appendText(m[:0], 1, piece.Text)
		m = protowire.AppendTag(m, 2, protowire.Fixed32Type)
		m = protowire.AppendFixed32(m, math.Float32bits(piece.Score))
		if unknown, ok := p.pieceUnknown[i]; ok || piece.Kind != Normal {
			m = appendInt(m, 3, uint64(piece.Kind))
			m = append(m, unknown...) // after Kind, so that a kind of a later version still wins
		}
		out = appendMessage(out, 1, m)
	}
	out = appendMessage(out, 2, p.Trainer.append(nil))
	out = appendMessage(out, 3, p.Normalizer.append(nil))
	if p.Denormalizer != nil {
		out = appendMessage(out, 5, p.Denormalizer.append(nil))
	}
	return append(out, p.unknown...)
}

func (s TrainerSpec) append(m []byte) []byte {
	m = append(m, s.unknown...)
	m = appendInt(m, 3, uint64(s.Type))
	m = appendInt(m, 24, protowire.EncodeBool(s.TreatWhitespaceAsSuffix))
	m = appendInt(m, 35, protowire.EncodeBool(s.ByteFallback))
	return appendText(m, 44, s.UnkSurface)
}

func (s NormalizerSpec) append(m []byte) []byte {
	m = appendText(m, 1, s.Name)
	if len(s.PrecompiledCharsmap) > 0 {
		m = appendMessage(m, 2, s.PrecompiledCharsmap)
	}
	m = appendInt(m, 3, protowire.EncodeBool(s.AddDummyPrefix))
	m = appendInt(m, 4, protowire.EncodeBool(s.RemoveExtraWhitespaces))
	m = appendInt(m, 5, protowire.EncodeBool(s.EscapeWhitespaces))
	return append(m, s.unknown...)
}

func appendMessage(m []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(m, number, protowire.BytesType), v)
}

func appendText(m []byte, number protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(m, number, protowire.BytesType), v)
}

func appendInt(m []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(m, number, protowire.VarintType), v)
}
