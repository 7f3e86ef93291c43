package sentencepiece

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

// Random is a source of random numbers that is a function of its key; see [NewRandom].
type Random = random.Stream

// NewRandom returns the random numbers of a key: the same parts, the same numbers, on any machine.
// Key it by what is sampled, such as seed, epoch and example.
func NewRandom(key ...uint64) *Random { return random.New(key...) }

// Sampling says how Sample draws.
type Sampling struct {
	// Alpha, of a unigram model: segmentations have a probability proportional to exp(Alpha *
	// score); 0 makes all alike, 1 is the model's own, and the larger, the more often the best is
	// drawn. Of a BPE model: the probability with which each merge is left out (BPE-dropout,
	// Provilkov and others 2020).
	Alpha float64
	// NBest draws from so many best segmentations, 512 at most; 0 draws from all. Unigram models
	// only.
	NBest int
}

// Sample returns the ids of a segmentation of text that is drawn at random, for training with
// subword regularization. From all segmentations of a unigram model it draws by forward filtering
// and backward sampling (Kudo 2018). Word and character models have but one.
func (m *Model) Sample(text string, s Sampling, random *Random) ([]int32, error) {
	switch {
	case s.Alpha < 0 || math.IsNaN(s.Alpha) || math.IsInf(s.Alpha, 0):
		return nil, fmt.Errorf("sampling a segmentation: alpha is %v, want a number from 0 on", s.Alpha)
	case s.NBest < 0 || s.NBest > maxNBest:
		return nil, fmt.Errorf("sampling a segmentation: %d best, want 0 to %d", s.NBest, maxNBest)
	}
	w := m.borrow(text, false)
	defer m.release(w)
	w.segments = w.segments[:0]
	text0 := w.normalized.text
	if len(text0) == 0 {
		return nil, nil
	}
	switch segmenter := m.segmenter.(type) {
	case *unigram:
		l := segmenter.newLattice(text0)
		w.segments = l.appendSegments(w.segments, l.sample(s, random))
	case *bpe:
		w.dropout, w.random = s.Alpha, random
		segmenter.segment(w, 0, len(text0))
		w.dropout, w.random = 0, nil
	default:
		return nil, fmt.Errorf("sampling a segmentation: a %s model has only one", m.kind)
	}
	return m.appendIDs(nil, w), nil
}

// sample draws a path.
func (l *lattice) sample(s Sampling, random *Random) []int32 {
	if s.NBest > 0 {
		paths := l.nbest(s.NBest)
		logs := make([]float64, len(paths))
		for i, p := range paths {
			logs[i] = s.Alpha * float64(p.score)
		}
		return paths[draw(logs, random)].nodes
	}
	forward := l.forward(s.Alpha)
	var path []int32
	var logs []float64
	for node := int32(eosNode); ; {
		ends := l.ends[l.nodes[node].pos]
		logs = logs[:0]
		for _, left := range ends {
			logs = append(logs, forward[left]+s.Alpha*float64(l.nodes[left].score))
		}
		if node = ends[draw(logs, random)]; node == bosNode {
			break
		}
		path = append(path, node)
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// draw returns an index with a probability proportional to the exponential of what stands there.
func draw(logs []float64, random *Random) int {
	highest := math.Inf(-1)
	for _, v := range logs {
		highest = max(highest, v)
	}
	sum := 0.0
	for _, v := range logs {
		sum += math.Exp(v - highest)
	}
	at := random.Float64() * sum
	for i, v := range logs {
		if at -= math.Exp(v - highest); at < 0 {
			return i
		}
	}
	return len(logs) - 1
}
