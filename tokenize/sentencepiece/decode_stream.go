package sentencepiece

import "unicode/utf8"

// Stream decodes ids one at a time, as a model generates them. The concatenation of what Next and
// Close return is what Decode returns for all ids. No character is split.
type Stream struct {
	d decoding
}

// Stream returns a decoder for a new text. Only one goroutine may use it.
func (m *Model) Stream() *Stream { return &Stream{decoding{decoder: m.decoder}} }

// Next takes the next id and returns the text that it completes. It holds back the bytes of an
// incomplete character. If the model has rules for decoded text, Next holds back everything.
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

// Close ends the text and returns what Next has held back.
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
