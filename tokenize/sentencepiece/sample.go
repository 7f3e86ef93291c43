package sentencepiece

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

// Sampling says how Sample draws a segmentation.
type Sampling struct {
	// Alpha, for a unigram model, gives each segmentation a probability proportional to exp(Alpha *
	// score): 0 makes all equally likely, 1 is the model's own distribution, and large values
	// favour the best segmentation. For a BPE model it is the probability of skipping a merge
	// (BPE-dropout, Provilkov et al. 2020).
	Alpha float64
	// NBest draws from that many best segmentations of a unigram model, 512 at most. 0 draws from
	// all.
	NBest int
}

// Sample draws a random segmentation of text and returns its ids, for training with subword
// regularization. It draws from all segmentations of a unigram model by forward filtering and
// backward sampling (Kudo 2018). It is an error for word and character models, which have only one
// segmentation.
//
// The result is a function of the random stream: key that by what is sampled, such as seed, epoch
// and example.
func (m *Model) Sample(text string, s Sampling, r *random.Stream) ([]int32, error) {
	switch {
	case s.Alpha < 0 || math.IsNaN(s.Alpha) || math.IsInf(s.Alpha, 0):
		return nil, fmt.Errorf("sampling a segmentation: alpha is %v, want a finite number of at least 0", s.Alpha)
	case s.NBest < 0 || s.NBest > maxNBest:
		return nil, fmt.Errorf("sampling a segmentation: NBest is %d, want 0 to %d", s.NBest, maxNBest)
	}
	w := m.borrow(text, false)
	defer m.release(w)
	w.segments = w.segments[:0]
	normal := w.normalized.text
	if len(normal) == 0 {
		return nil, nil
	}
	switch segmenter := m.segmenter.(type) {
	case *unigram:
		l := segmenter.newLattice(normal)
		w.segments = l.appendSegments(w.segments, l.sample(s, r))
	case *bpe:
		w.dropout, w.random = s.Alpha, r
		segmenter.segment(w, 0, len(normal))
		w.dropout, w.random = 0, nil
	default:
		return nil, fmt.Errorf("sampling a segmentation: a %s model has only one", m.kind)
	}
	return m.appendIDs(nil, w), nil
}

// sample draws a path.
func (l *lattice) sample(s Sampling, r *random.Stream) []int32 {
	if s.NBest > 0 {
		paths := l.nbest(s.NBest)
		logs := make([]float64, len(paths))
		for i, p := range paths {
			logs[i] = s.Alpha * float64(p.score)
		}
		return paths[draw(logs, r)].nodes
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
		if node = ends[draw(logs, r)]; node == bosNode {
			break
		}
		path = append(path, node)
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// draw returns an index with a probability proportional to the exponential of the number there.
func draw(logs []float64, r *random.Stream) int {
	highest := math.Inf(-1)
	for _, v := range logs {
		highest = max(highest, v)
	}
	sum := 0.0
	for _, v := range logs {
		sum += math.Exp(v - highest)
	}
	at := r.Float64() * sum
	for i, v := range logs {
		if at -= math.Exp(v - highest); at < 0 {
			return i
		}
	}
	return len(logs) - 1
}
