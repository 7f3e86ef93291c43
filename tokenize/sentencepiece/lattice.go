package sentencepiece

import (
	"math"
)

// lattice holds every way to segment a text: a node is a piece at a place, and a path from the
// first node to the last is a segmentation. It is the Lattice of unigram_model.cc; places are
// counted in characters.
type lattice struct {
	starts []int32 // the byte offset of each character, and of the end
	nodes  []latticeNode
	begins []int32   // nodes[begins[pos]:begins[pos+1]] begin at character pos, shortest first
	ends   [][]int32 // ends[pos] are the nodes that end before character pos, in the order found
}

// The first and the last node, which have no piece.
const (
	bosNode = 0
	eosNode = 1
)

type latticeNode struct {
	pos, length int32 // in characters
	id          int32
	score       float32
	best        float32 // the score of the best path up to the node's end
	prev        int32   // the node before it on that path
}

// newLattice returns the lattice of normalized text, which must not be empty.
func (u *unigram) newLattice(text []byte) *lattice {
	l := &lattice{}
	for at := 0; at < len(text); at += min(charLen(text[at]), len(text)-at) {
		l.starts = append(l.starts, int32(at))
	}
	size := len(l.starts)
	l.starts = append(l.starts, int32(len(text)))
	l.nodes = append(l.nodes, latticeNode{id: -1}, latticeNode{id: -1, pos: int32(size)})
	l.ends = make([][]int32, size+1)
	l.ends[0] = []int32{bosNode}
	for pos := range size {
		l.begins = append(l.begins, int32(len(l.nodes)))
		u.addPieces(l, text, pos)
	}
	l.begins = append(l.begins, int32(len(l.nodes)))
	return l
}

// addPieces adds a node for every piece that begins at a character, and one for the unknown piece
// if that character alone is not a piece.
func (u *unigram) addPieces(l *lattice, text []byte, pos int) {
	single, end := false, pos
	node, ok := u.pieces.root(), true
	for at := int(l.starts[pos]); at < len(text); {
		if node, ok = u.pieces.step(node, text[at]); !ok {
			break
		}
		at++
		for int(l.starts[end]) < at {
			end++
		}
		piece := node.piece()
		if piece == 0 {
			continue
		}
		length := int32(end - pos)
		id, score := u.ends[piece].id, u.ends[piece].score
		if u.defined[id] {
			score = userDefinedScore(int(length)) // counts characters here but bytes in segment, as the C++ library does
		}
		l.add(latticeNode{pos: int32(pos), length: length, id: id, score: score})
		single = single || length == 1
	}
	if !single {
		l.add(latticeNode{pos: int32(pos), length: 1, id: u.unk, score: u.unkScore})
	}
}

func (l *lattice) add(n latticeNode) {
	end := n.pos + n.length
	l.ends[end] = append(l.ends[end], int32(len(l.nodes)))
	l.nodes = append(l.nodes, n)
}

// at returns the range [first, last) of the nodes that begin at a character.
func (l *lattice) at(pos int) (first, last int32) {
	if pos == len(l.starts)-1 {
		return eosNode, eosNode + 1
	}
	return l.begins[pos], l.begins[pos+1]
}

// viterbi finds the best path up to the end of every node. It returns the score of the best
// segmentation.
func (l *lattice) viterbi() float32 {
	for pos := range l.starts {
		first, last := l.at(pos)
		for right := first; right < last; right++ {
			r := &l.nodes[right]
			r.prev = -1
			for _, left := range l.ends[pos] {
				if score := l.nodes[left].best + r.score; r.prev < 0 || score > r.best {
					r.best, r.prev = score, left
				}
			}
		}
	}
	return l.nodes[eosNode].best
}

// bestPath returns the nodes of the best path, after viterbi.
func (l *lattice) bestPath() []int32 {
	var path []int32
	for node := l.nodes[eosNode].prev; node != bosNode; node = l.nodes[node].prev {
		path = append(path, node)
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}

// forward returns for each node the logarithm of the sum of exp(theta*score) over all paths to its
// start.
func (l *lattice) forward(theta float64) []float64 {
	alpha := make([]float64, len(l.nodes))
	for pos := range l.starts {
		sum := math.Inf(-1)
		for _, left := range l.ends[pos] {
			sum = logAdd(sum, theta*float64(l.nodes[left].score)+alpha[left])
		}
		first, last := l.at(pos)
		for right := first; right < last; right++ {
			alpha[right] = sum
		}
	}
	return alpha
}

// logAdd returns log(exp(a) + exp(b)).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
