package sentencepiece

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// decoder turns ids into text, as DecodeOptimized of sentencepiece_processor.cc does.
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

func newDecoder(proto *Proto) (*decoder, error) {
	d := &decoder{
		surfaces:     make([]surface, len(proto.Pieces)),
		unkSurface:   proto.Trainer.UnkSurface,
		stripFirst:   proto.Normalizer.AddDummyPrefix || proto.Normalizer.RemoveExtraWhitespaces,
		stripLeading: proto.Normalizer.RemoveExtraWhitespaces,
	}
	for id, p := range proto.Pieces {
		s := surface{kind: p.Kind}
		switch p.Kind {
		case Byte:
			s.value = byte(byteOf(p.Text))
		case Unknown:
			s.text = d.unkSurface
		case Control:
		default:
			s.isSpace = strings.HasPrefix(p.Text, spaceSymbol)
			s.text = strings.ReplaceAll(p.Text, spaceSymbol, " ")
		}
		d.surfaces[id] = s
	}
	if proto.Denormalizer != nil && len(proto.Denormalizer.PrecompiledCharsmap) > 0 {
		var err error
		if d.denormalizer, err = newNormalizer(*proto.Denormalizer, nil, false); err != nil {
			return nil, fmt.Errorf("denormalizer_spec: %w", err)
		}
	}
	return d, nil
}

// Decode returns the text of ids. Control pieces decode to nothing, runs of byte pieces to the
// characters they spell, each byte that spells none to U+FFFD, and the unknown piece to the model's
// surface for it, " ⁇ " unless it says otherwise. Ids outside of [0, Len) decode like the unknown piece.
func (m *Model) Decode(ids []int32) string {
	d := decoding{decoder: m.decoder}
	for _, id := range ids {
		d.add(id)
	}
	d.flush()
	return d.denormalized(string(d.text))
}

// denormalized applies the model's rules for decoded text.
func (d *decoder) denormalized(text string) string {
	if d.denormalizer == nil {
		return text
	}
	var n normalized
	d.denormalizer.normalize(&n, text)
	return string(n.text)
}

// decoding is text in the making.
type decoding struct {
	*decoder
	text    []byte
	bytes   []byte // of byte pieces, not yet written
	wrote   bool   // something was written before text
	started bool   // a leading space is kept from now on
}

func (d *decoding) add(id int32) {
	s := surface{text: d.unkSurface, kind: Unknown}
	if id >= 0 && int(id) < len(d.surfaces) {
		s = d.surfaces[id]
	}
	if s.kind == Byte {
		d.bytes = append(d.bytes, s.value)
		return
	}
	d.flush()
	d.started = d.started || d.wrote || len(d.text) > 0
	if s.isSpace && d.stripFirst && !d.started {
		s.text = s.text[1:]
		d.started = !d.stripLeading
	}
	d.text = append(d.text, s.text...)
}

// flush writes the bytes, with U+FFFD in place of each that is not part of a character.
func (d *decoding) flush() {
	for bytes := d.bytes; len(bytes) > 0; {
		r, size := utf8.DecodeRune(bytes)
		d.text = utf8.AppendRune(d.text, r)
		bytes = bytes[size:]
	}
	d.bytes = d.bytes[:0]
}
