package sentencepiece

import (
	"testing"
	"unicode/utf8"

	"github.com/pali3/pali3/random"
)

// TestStream: what a stream returns, together, is what Decode returns, and every part of it is
// UTF-8.
func TestStream(t *testing.T) {
	for _, name := range goldenModels {
		m := openGolden(t, name)
		stream := random.New(5)
		for i, text := range goldenTexts(t) {
			ids := m.Encode(text)
			for range i % 4 { // broken characters, too
				if len(ids) > 0 {
					ids[stream.IntN(len(ids))] = int32(stream.IntN(m.Len()))
				}
			}
			s, got := m.Stream(), ""
			for _, id := range ids {
				part := s.Next(id)
				if !utf8.ValidString(part) {
					t.Fatalf("%s: part %q of %v", name, part, ids)
				}
				got += part
			}
			if got += s.Close(); got != m.Decode(ids) {
				t.Fatalf("%s: stream of %v gives %q, Decode %q", name, ids, got, m.Decode(ids))
			}
		}
	}
}

func TestStreamKeepsBytesBack(t *testing.T) {
	m := openGolden(t, "nmt_nfkc")
	s := m.Stream()
	for i, want := range []string{"", "", "\u2615"} { // the bytes of a cup
		id := m.PieceID([]string{"<0xE2>", "<0x98>", "<0x95>"}[i])
		if got := s.Next(id); got != want {
			t.Errorf("after %d bytes: %q", i+1, got)
		}
	}
	s.Next(m.PieceID("<0xE2>"))
	if got := s.Close(); got != "\uFFFD" {
		t.Errorf("half a character ends as %q", got)
	}
}

// TestAppendIDsDoesNotAllocate: nothing but the ids, and those only if they do not fit.
func TestAppendIDsDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("NOT TESTED under the race detector: allocations")
	}
	texts := goldenTexts(t)[:200]
	for _, name := range goldenModels {
		if name == "bpe_unused" {
			continue // keeps a map of what unused pieces fall into
		}
		m, ids := openGolden(t, name), make([]int32, 0, 1<<16)
		encode := func() {
			for _, text := range texts {
				ids = m.AppendIDs(ids[:0], text)
			}
		}
		encode()
		encode()
		if n := testing.AllocsPerRun(3, encode); n > 20 { // the pool may lose its scratch space
			t.Errorf("%s: %v allocations for %d texts", name, n, len(texts))
		}
	}
}
