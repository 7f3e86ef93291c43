package sentencepiece

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestWordsAsInTheWholeText: cut into words, remembered and with sums of their own, a text has the
// ids that it has as a whole. The models have many ways that score the same or nearly so, and the
// texts sums so large that rounding decides; some have scores above 0, unknown characters, pieces
// with spaces, or spaces kept as they are.
func TestWordsAsInTheWholeText(t *testing.T) {
	for seed := range uint64(300) {
		m, text := randomModel(t, seed)
		whole, _ := randomModel(t, seed)
		whole.splitter = nil
		for range 2 { // the second time from memory
			got, want := m.Encode(text), whole.Encode(text)
			if !slices.Equal(got, want) {
				at := 0
				for at < min(len(got), len(want)) && got[at] == want[at] {
					at++
				}
				t.Fatalf("seed %d, %s: ids differ from %d on, of %d: %v, want %v", seed, m.kind, at, len(want), got[at:min(at+8, len(got))], want[at:min(at+8, len(want))])
			}
			if tokens := m.Tokens(text[:min(len(text), 400)]); len(tokens) > 0 && tokens[0].ID != want[0] {
				t.Fatalf("seed %d: token %v, want id %d", seed, tokens[0], want[0])
			}
		}
	}
}

// randomModel returns a model of random pieces of the letters a to d and é, and a text.
func randomModel(t *testing.T, seed uint64) (*Model, string) {
	r := random.New(seed)
	letters := []string{"a", "b", "c", "d", "é"}
	word := func(most int) string {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	// Scores are multiples of a step, so that ways are equal, and some of them a little off.
	step, off := []float64{1, 0.37, 0.001}[r.IntN(3)], []float64{0, 1e-7, 1e-4}[r.IntN(3)]
	pieces, known := []Piece{{"<unk>", 0, Unknown}}, map[string]bool{}
	for range 40 {
		text := word(4)
		if r.IntN(6) == 0 {
			text += []string{",", ".", "é,"}[r.IntN(3)]
		}
		switch r.IntN(4) {
		case 0:
			text = spaceSymbol + text
		case 1:
			if seed%7 == 0 {
				text += spaceSymbol + word(2)
			}
		}
		if known[text] {
			continue
		}
		known[text] = true
		score := -step*float64(1+r.IntN(20)) - off*r.Float64()
		if seed%5 == 0 {
			score += 5 * step
		}
		kind := Normal
		if seed%6 == 0 && r.IntN(8) == 0 {
			kind = UserDefined
		}
		pieces = append(pieces, Piece{text, float32(score), kind})
	}
	kind := []ModelType{Unigram, Unigram, Unigram, BPE, Char}[r.IntN(5)]
	var normalizer []byte
	if seed%4 == 0 {
		normalizer = varintField(4, 0) // spaces stay
	}
	m, err := Parse(build(pieces, varintField(3, uint64(kind)), normalizer))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for range 60 {
		words = append(words, word(12))
	}
	words = append(words, "x", "axb", "é☕", strings.Repeat("ab", 60), "\xff", "\u2581a")
	var b strings.Builder
	for range int(math.Pow(10, 1+3*r.Float64())) {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteString([]string{"", "", "", ",", ".", ",,"}[r.IntN(6)])
		b.WriteString([]string{" ", " ", " ", "  ", "\u3000 "}[r.IntN(5)])
	}
	return m, b.String()
}
