package sentencepiece

import "unicode/utf8"

// Stream decodes ids that come one at a time, as a model generates them. What Next and Close
// return, put together, is what Decode makes of all the ids; no character is ever cut in two.
type Stream struct {
	d decoding
}

// Stream returns the decoder of a new text. It is for one goroutine.
func (m *Model) Stream() *Stream { return &Stream{decoding{decoder: m.decoder}} }

// Next takes an id and returns the text that it completes. Bytes of a character are kept back until
// it is whole or cannot be any more. A model whose decoded text is rewritten by rules keeps back
// all of it.
func (s *Stream) Next(id int32) string {
	s.d.add(id)
	for len(s.d.bytes) > 0 && utf8.FullRune(s.d.bytes) {
		r, size := utf8.DecodeRune(s.d.bytes)
		s.d.text = utf8.AppendRune(s.d.text, r)
		s.d.bytes = append(s.d.bytes[:0], s.d.bytes[size:]...)
	}
	if s.d.denormalizer != nil {
		return ""
	}
	return s.take()
}

// Close ends the text and returns what was kept back.
func (s *Stream) Close() string {
	s.d.flush()
	return s.d.denormalized(s.take())
}

func (s *Stream) take() string {
	text := string(s.d.text)
	s.d.wrote = s.d.wrote || text != ""
	s.d.text = s.d.text[:0]
	return text
}
