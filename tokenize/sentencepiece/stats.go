package sentencepiece

import (
	"strings"
	"unicode/utf8"
)

// Stats counts how many ids a model needs for texts and how much of the text its pieces cover. The
// zero value is ready for use.
type Stats struct {
	Texts int `json:"texts"`
	Bytes int `json:"bytes"`
	Runes int `json:"runes"`
	Words int `json:"words"` // separated by white space
	IDs   int `json:"ids"`
	// Unknown counts the ids of the unknown piece, ByteIDs the ids of bytes of characters without a
	// piece.
	Unknown int `json:"unknown"`
	ByteIDs int `json:"byte_ids"`
	// Uncovered counts the characters of the normalized text that no piece covers.
	Uncovered  int `json:"uncovered"`
	Normalized int `json:"normalized_runes"` // all characters of the normalized text
}

// Count adds a text to the statistics.
func (s *Stats) Count(m *Model, text string) {
	w := m.borrow(text, false)
	m.segment(w)
	s.Texts++
	s.Bytes += len(text)
	s.Runes += utf8.RuneCountInString(text)
	s.Words += len(strings.Fields(text))
	s.Normalized += utf8.RuneCount(w.normalized.text)
	begin, afterUnknown := int32(0), false
	for _, found := range w.segments {
		piece := w.normalized.text[begin:found.end]
		unknown := found.id == m.unk
		if unknown {
			s.Uncovered += utf8.RuneCount(piece)
		}
		switch {
		case unknown && m.byteFallback:
			s.IDs += len(piece)
			s.ByteIDs += len(piece)
		case unknown && afterUnknown: // one id with those before
		case unknown:
			s.Unknown++
			s.IDs++
		default:
			s.IDs++
		}
		begin, afterUnknown = found.end, unknown
	}
	m.release(w)
}

// Add adds the counts of other texts.
func (s *Stats) Add(o Stats) {
	s.Texts += o.Texts
	s.Bytes += o.Bytes
	s.Runes += o.Runes
	s.Words += o.Words
	s.IDs += o.IDs
	s.Unknown += o.Unknown
	s.ByteIDs += o.ByteIDs
	s.Uncovered += o.Uncovered
	s.Normalized += o.Normalized
}

// IDsPerWord returns the fertility, which is 1 if every word is one piece.
func (s Stats) IDsPerWord() float64 { return over(s.IDs, s.Words) }

// IDsPerByte returns the number of ids per byte of text.
func (s Stats) IDsPerByte() float64 { return over(s.IDs, s.Bytes) }

// Coverage returns the fraction of the normalized characters that pieces cover.
func (s Stats) Coverage() float64 { return 1 - over(s.Uncovered, s.Normalized) }

// UnknownRate returns the fraction of the ids that are the unknown piece or bytes.
func (s Stats) UnknownRate() float64 { return over(s.Unknown+s.ByteIDs, s.IDs) }

func over(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
