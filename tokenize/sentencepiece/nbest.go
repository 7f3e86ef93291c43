package sentencepiece

import "fmt"

// Segmentation is one way to segment a text.
type Segmentation struct {
	Tokens []Token
	Score  float32 // the sum of the pieces' scores; NBest leaves it 0 for n <= 1
}

// IDs returns the ids of the tokens.
func (s Segmentation) IDs() []int32 {
	ids := make([]int32, len(s.Tokens))
	for i, t := range s.Tokens {
		ids[i] = t.ID
	}
	return ids
}

// maxNBest is the library's limit (sentencepiece_processor.cc, kMaxNBestSize).
const maxNBest = 512

// NBest returns the n best segmentations of text, best first. It returns fewer if there are fewer,
// and only the best if its bounded search does not finish. n must be at most 512. It is an error
// for other than unigram models, which have only one segmentation.
func (m *Model) NBest(text string, n int) ([]Segmentation, error) {
	u, ok := m.segmenter.(*unigram)
	switch {
	case !ok:
		return nil, fmt.Errorf("n best segmentations: a %s model has only one", m.kind)
	case n > maxNBest:
		return nil, fmt.Errorf("%d best segmentations: want at most %d", n, maxNBest)
	}
	w := m.borrow(text, true)
	defer m.release(w)
	if n <= 1 || len(w.normalized.text) == 0 {
		m.segment(w)
		return []Segmentation{{Tokens: m.tokens(w)}}, nil
	}
	l := u.newLattice(w.normalized.text)
	var found []Segmentation
	for _, p := range l.nbest(n) {
		w.segments = l.appendSegments(w.segments[:0], p.nodes)
		found = append(found, Segmentation{m.tokens(w), p.score})
	}
	return found, nil
}

// appendSegments turns nodes into segments.
func (l *lattice) appendSegments(dst []segment, nodes []int32) []segment {
	for _, node := range nodes {
		n := l.nodes[node]
		dst = append(dst, segment{n.id, l.starts[n.pos+n.length]})
	}
	return dst
}

// latticePath is a path through the lattice.
type latticePath struct {
	nodes []int32
	score float32
}

// hypothesis is the right part of a path: its leftmost node, and the hypothesis that it extends.
type hypothesis struct {
	node, next int32
	fx         float32 // the score of the best path that ends like this
	gx         float32 // the score of the nodes right of node
}

// The bounds of the search (unigram_model.cc, Lattice::NBest).
const (
	maxOpen       = 10_000
	minOpen       = 512
	maxGrowth     = 100_000 // new hypotheses between two calls of shrink
	maxHypotheses = 500_000
	maxShrinks    = 10
)

// nbest is Lattice::NBest: an A* search from right to left. What remains to the left of a
// hypothesis is known exactly, so paths are found in the order of their scores. If hypotheses
// become too many, only the best are kept.
func (l *lattice) nbest(n int) []latticePath {
	l.viterbi()
	s := search{hypotheses: []hypothesis{{node: eosNode, next: -1, fx: l.nodes[eosNode].best}}}
	s.push(0)
	keep := min(minOpen, n*10)
	limit, total, shrinks := maxGrowth, 1, 0
	var found []latticePath
	for len(s.open) > 0 {
		top := s.pop()
		h := s.hypotheses[top]
		if h.node == bosNode {
			if found = append(found, latticePath{s.path(h.next), h.fx}); len(found) == n {
				break
			}
			continue
		}
		ends := l.ends[l.nodes[h.node].pos]
		for _, left := range ends {
			node := &l.nodes[left]
			s.hypotheses = append(s.hypotheses, hypothesis{left, top, node.best + h.gx, node.score + h.gx})
			s.push(int32(len(s.hypotheses) - 1))
		}
		if total += len(ends); total >= maxHypotheses || len(s.hypotheses) >= maxHypotheses {
			return l.onlyBest()
		}
		if len(s.open) >= maxOpen || len(s.open) > keep && len(s.hypotheses) >= limit {
			if shrinks++; shrinks > maxShrinks {
				return l.onlyBest()
			}
			s = s.shrink(keep)
			limit = len(s.hypotheses) + maxGrowth
		}
	}
	return found
}

func (l *lattice) onlyBest() []latticePath {
	return []latticePath{{l.bestPath(), l.nodes[eosNode].best}}
}

// search is the state of nbest: all hypotheses, and a heap of the open ones with the highest fx
// first. push and pop are those of libstdc++'s stl_heap.h, so that equal hypotheses come in the
// same order as from std::priority_queue.
type search struct {
	hypotheses []hypothesis
	open       []int32
}

// path returns the nodes of a hypothesis from left to right, without the end node.
func (s *search) path(at int32) (nodes []int32) {
	for ; at >= 0 && s.hypotheses[at].next >= 0; at = s.hypotheses[at].next {
		nodes = append(nodes, s.hypotheses[at].node)
	}
	return nodes
}

// shrink keeps the best open hypotheses and those they extend.
func (s *search) shrink(keep int) search {
	var kept search
	moved := map[int32]int32{}
	for range min(keep, len(s.open)) {
		at := s.pop()
		before := int32(-1) // the hypothesis kept last, whose next is still to be set
		first := int32(len(kept.hypotheses))
		for old := at; old >= 0; old = s.hypotheses[old].next {
			to, known := moved[old]
			if !known {
				to = int32(len(kept.hypotheses))
				moved[old] = to
				kept.hypotheses = append(kept.hypotheses, s.hypotheses[old])
			}
			if old == at {
				first = to
			}
			if before >= 0 {
				kept.hypotheses[before].next = to
			}
			if known {
				break
			}
			before = to
		}
		kept.push(first)
	}
	return kept
}

func (s *search) less(a, b int32) bool { return s.hypotheses[a].fx < s.hypotheses[b].fx }

func (s *search) push(value int32) {
	s.open = append(s.open, value)
	s.rise(len(s.open)-1, value)
}

// rise is __push_heap.
func (s *search) rise(hole int, value int32) {
	for hole > 0 && s.less(s.open[(hole-1)/2], value) {
		s.open[hole] = s.open[(hole-1)/2]
		hole = (hole - 1) / 2
	}
	s.open[hole] = value
}

// pop is __pop_heap with __adjust_heap: the hole sinks to the bottom, and the last value rises from
// there.
func (s *search) pop() (top int32) {
	size := len(s.open) - 1
	top, value := s.open[0], s.open[size]
	s.open = s.open[:size]
	if size == 0 {
		return top
	}
	hole, child := 0, 0
	for child < (size-1)/2 {
		child = 2 * (child + 1)
		if s.less(s.open[child], s.open[child-1]) {
			child--
		}
		s.open[hole] = s.open[child]
		hole = child
	}
	if size%2 == 0 && child == (size-2)/2 {
		child = 2*child + 1
		s.open[hole] = s.open[child]
		hole = child
	}
	s.rise(hole, value)
	return top
}
