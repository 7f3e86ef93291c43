package sentencepiece

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// decoder turns ids into text, as DecodeOptimized of sentencepiece_processor.cc does.
type decoder struct {
	surfaces     []surface
	texts        []byte // the text of all surfaces, and shortSurface more bytes
	unkSurface   string
	stripFirst   bool // drop the leading space of the first piece
	stripLeading bool // drop the leading space of every piece until something is written
	denormalizer *normalizer
	scratch      sync.Pool // of *decoding
}

// surface is what an id decodes to: texts[start:start+size], the piece with U+2581 replaced by
// spaces.
type surface struct {
	start uint32
	size  uint16
	kind  surfaceKind
	value byte // the byte of a byte piece
}

type surfaceKind uint8

const (
	plainSurface   surfaceKind = iota
	spaceSurface               // starts with a space
	byteSurface                // is one byte of a character
	unknownSurface             // decodes to decoder.unkSurface
)

// shortSurface is the size up to which surfaces are copied with a fixed-size copy, which is faster.
const shortSurface = 16

func newDecoder(proto *Proto) (*decoder, error) {
	d := &decoder{
		surfaces:     make([]surface, len(proto.Pieces)),
		unkSurface:   proto.Trainer.UnkSurface,
		stripFirst:   proto.Normalizer.AddDummyPrefix || proto.Normalizer.RemoveExtraWhitespaces,
		stripLeading: proto.Normalizer.RemoveExtraWhitespaces,
	}
	d.scratch.New = func() any { return &decoding{decoder: d} }
	size := shortSurface
	for i := range proto.Pieces {
		size += len(proto.Pieces[i].Text)
	}
	d.texts = make([]byte, 0, size)
	for id := range proto.Pieces {
		d.surfaces[id] = d.newSurface(&proto.Pieces[id])
	}
	d.texts = append(d.texts, make([]byte, shortSurface)...)
	if proto.Denormalizer != nil && len(proto.Denormalizer.PrecompiledCharsmap) > 0 {
		var err error
		if d.denormalizer, err = newNormalizer(*proto.Denormalizer, nil, false); err != nil {
			return nil, fmt.Errorf("denormalizer_spec: %w", err)
		}
	}
	return d, nil
}

func (d *decoder) newSurface(p *Piece) surface {
	s := surface{start: uint32(len(d.texts))}
	switch p.Kind {
	case Byte:
		s.kind, s.value = byteSurface, byte(byteOf(p.Text))
		return s
	case Unknown:
		s.kind = unknownSurface
		return s
	case Control:
		return s
	}
	rest, found := strings.CutPrefix(p.Text, spaceSymbol)
	if found {
		s.kind = spaceSurface
		d.texts = append(d.texts, ' ')
	}
	for strings.IndexByte(rest, spaceSymbol[0]) >= 0 {
		before, after, found := strings.Cut(rest, spaceSymbol)
		if !found {
			break
		}
		d.texts = append(append(d.texts, before...), ' ')
		rest = after
	}
	d.texts = append(d.texts, rest...)
	s.size = uint16(len(d.texts) - int(s.start))
	return s
}

// Decode returns the text of ids. Control pieces decode to nothing, runs of byte pieces to the
// characters they encode, with U+FFFD for each byte that is not part of a character, and the
// unknown piece to the model's surface for it, by default " ⁇ ". Ids outside [0, Len) decode like
// the unknown piece.
func (m *Model) Decode(ids []int32) string {
	d := m.decoder.scratch.Get().(*decoding)
	d.text, d.started = d.text[:0], false
	for n := 0; n < len(ids); n++ {
		if n += d.addPlain(ids[n:]); n < len(ids) {
			d.add(ids[n])
		}
	}
	d.flush()
	text := d.denormalized(string(d.text))
	if cap(d.text) <= maxScratch {
		m.decoder.scratch.Put(d)
	}
	return text
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

// decoding is the state of decoding one text.
type decoding struct {
	*decoder
	text    []byte
	bytes   []byte // the bytes of byte pieces, not yet written
	wrote   bool   // a Stream has returned text already
	started bool   // leading spaces are no longer dropped
}

// addPlain adds ids up to the first that is not plain text, and returns their number.
func (d *decoding) addPlain(ids []int32) (n int) {
	if len(d.bytes) > 0 || len(d.text) == 0 {
		return 0
	}
	text := d.text
	for n < len(ids) {
		id := ids[n]
		if uint(id) >= uint(len(d.surfaces)) || d.surfaces[id].kind > spaceSurface {
			break
		}
		s := &d.surfaces[id]
		at, size := len(text), int(s.size)
		if from := d.texts[s.start:]; size <= shortSurface && at+shortSurface <= cap(text) {
			copy(text[at:at+shortSurface], from[:shortSurface])
			text = text[:at+size]
		} else {
			text = append(text, from[:size]...)
		}
		n++
	}
	d.text = text
	return n
}

// add adds any id.
func (d *decoding) add(id int32) {
	s := surface{kind: unknownSurface}
	if id >= 0 && int(id) < len(d.surfaces) {
		s = d.surfaces[id]
	}
	if s.kind == byteSurface {
		d.bytes = append(d.bytes, s.value)
		return
	}
	d.flush()
	d.started = d.started || d.wrote || len(d.text) > 0
	if s.kind == unknownSurface {
		d.text = append(d.text, d.unkSurface...)
		return
	}
	if s.kind == spaceSurface && d.stripFirst && !d.started {
		s.start++
		s.size--
		d.started = !d.stripLeading
	}
	d.text = append(d.text, d.texts[s.start:s.start+uint32(s.size)]...)
}

// flush writes d.bytes, with U+FFFD for each byte that is not part of a character.
func (d *decoding) flush() {
	for bytes := d.bytes; len(bytes) > 0; {
		r, size := utf8.DecodeRune(bytes)
		d.text = utf8.AppendRune(d.text, r)
		bytes = bytes[size:]
	}
	d.bytes = d.bytes[:0]
}
