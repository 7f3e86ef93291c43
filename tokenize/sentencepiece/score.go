package sentencepiece

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// Entropy returns the entropy, in nats, of the distribution over all segmentations of text that
// gives each a probability proportional to exp(alpha * score). It is an error for other than
// unigram models.
func (m *Model) Entropy(text string, alpha float64) (float64, error) {
	u, ok := m.segmenter.(*unigram)
	if !ok {
		return 0, fmt.Errorf("entropy of segmentations: a %s model gives them no probabilities", m.kind)
	}
	w := m.borrow(text, false)
	defer m.release(w)
	if len(w.normalized.text) == 0 {
		return 0, nil
	}
	l := u.newLattice(w.normalized.text)
	forward := l.forward(alpha)
	entropy := make([]float64, len(l.nodes)) // of the paths to the start of a node
	for pos := range l.starts {
		first, last := l.at(pos)
		sum := 0.0
		for _, left := range l.ends[pos] {
			logp := alpha*float64(l.nodes[left].score) + forward[left] - forward[first]
			if p := math.Exp(logp); p > 0 {
				sum += p * (entropy[left] - logp)
			}
		}
		for right := first; right < last; right++ {
			entropy[right] = sum
		}
	}
	return entropy[eosNode], nil
}

// Score returns the sum of the scores of tokens, a segmentation by a unigram model. That is the
// segmentation's log probability, not normalized over all segmentations of the text. Each character
// without a piece has the score of the unknown piece.
func (m *Model) Score(tokens []Token) (float32, error) {
	u, ok := m.segmenter.(*unigram)
	if !ok {
		return 0, fmt.Errorf("score of a segmentation: the scores of a %s model do not add up", m.kind)
	}
	sum := float32(0)
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if t.ID < 0 || int(t.ID) >= len(m.pieces) {
			return 0, fmt.Errorf("score of a segmentation: token %d has the id %d, of %d pieces", i+1, t.ID, len(m.pieces))
		}
		switch m.pieces[t.ID].Kind {
		case Byte: // the first byte of a character
			sum += u.unkScore
			i += charLen(byte(byteOf(m.pieces[t.ID].Text))) - 1
		case Unknown:
			for range t.Piece {
				sum += u.unkScore
			}
		case UserDefined:
			sum += userDefinedScore(utf8.RuneCountInString(t.Piece))
		default:
			sum += m.pieces[t.ID].Score
		}
	}
	return sum, nil
}
