package sentencepiece

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// decoder turns ids into text, as Decode of sentencepiece_processor.cc does.
type decoder struct {
	surfaces     []surface
	unkSurface   string
	stripFirst   bool // drop a leading space of the first piece
	stripLeading bool // of every piece, until something was written
	denormalizer *normalizer
}

// surface is how an id decodes.
type surface struct {
	text    string // the piece with its spaces made spaces
	kind    Kind
	isSpace bool // the piece starts with a space
	value   byte // of a byte piece
}

func newDecoder(m *Model, proto *modelProto) (*decoder, error) {
	d := &decoder{
		surfaces:     make([]surface, len(m.pieces)),
		unkSurface:   proto.trainer.unkSurface,
		stripFirst:   proto.normalizer.addDummyPrefix || proto.normalizer.removeExtraWhitespaces,
		stripLeading: proto.normalizer.removeExtraWhitespaces,
	}
	for id, p := range m.pieces {
		// Decoding goes by the piece's text: where a normal piece is spelled like a control piece, it
		// decodes as that.
		kind := m.pieces[m.PieceID(p.Text)].Kind
		s := surface{kind: kind, isSpace: strings.HasPrefix(p.Text, spaceSymbol)}
		switch kind {
		case Byte:
			s.value = byte(byteOf(p.Text))
		case Unknown:
			s.text = d.unkSurface
		case Control:
		default:
			s.text = strings.ReplaceAll(p.Text, spaceSymbol, " ")
		}
		d.surfaces[id] = s
	}
	if proto.denormalizer != nil && len(proto.denormalizer.precompiledCharsmap) > 0 {
		var err error
		if d.denormalizer, err = newNormalizer(*proto.denormalizer, nil, false); err != nil {
			return nil, fmt.Errorf("denormalizer_spec: %w", err)
		}
	}
	return d, nil
}

// Decode returns the text of ids. Control pieces decode to nothing, runs of byte pieces to the
// characters they spell, each byte that spells none to U+FFFD, and the unknown piece to the model's
// surface for it, " ⁇ " unless it says otherwise. Ids outside of [0, Len) decode like the unknown piece.
func (m *Model) Decode(ids []int32) string {
	d := m.decoder
	var text, bytes []byte
	atStart, strippedFirst := true, false
	for _, id := range ids {
		s := surface{text: d.unkSurface, kind: Unknown}
		if id >= 0 && int(id) < len(d.surfaces) {
			s = d.surfaces[id]
		}
		if s.kind == Byte {
			bytes = append(bytes, s.value)
			continue
		}
		text, bytes = appendValid(text, bytes), bytes[:0]
		if strippedFirst || len(text) > 0 {
			atStart = false
		}
		strippedFirst = false
		if atStart && d.stripFirst && s.isSpace && s.kind != Control && s.kind != Unknown {
			s.text = s.text[1:]
			strippedFirst = !d.stripLeading
		}
		text = append(text, s.text...)
	}
	text = appendValid(text, bytes)
	if d.denormalizer != nil {
		var n normalized
		d.denormalizer.normalize(&n, string(text))
		text = n.text
	}
	return string(text)
}

// appendValid appends bytes with U+FFFD in place of each that is not part of a character.
func appendValid(text, bytes []byte) []byte {
	for len(bytes) > 0 {
		r, size := utf8.DecodeRune(bytes)
		text = utf8.AppendRune(text, r)
		bytes = bytes[size:]
	}
	return text
}
