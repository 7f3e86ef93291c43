package sentencepiece

import "math"

// way is what is known of the ways to cut a word up to a byte: the best and the second best. Each is one number,
// so that the larger is the better: the order of the score, a float32, in the upper half; in the lower the size
// of the last piece in bytes (8 bits), the larger the better among equals, and its id plus 1, 0 for the unknown piece.
type way struct{ best, second uint64 }

// offer is a way to come here over a last piece of size bytes.
func (w *way) offer(score float32, size int, piece uint32) {
	offered := uint64(order(score))<<32 | uint64(size)<<24 | uint64(piece)
	best := w.best
	w.best = max(best, offered)
	w.second = max(w.second, min(best, offered))
}

// order is a number that is larger the larger the score.
func order(score float32) uint32 {
	b := math.Float32bits(score)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// scoreOf returns the score of a way.
func scoreOf(way uint64) float32 {
	o := uint32(way >> 32)
	return math.Float32frombits(o ^ (uint32(int32(^o)>>31) | 1<<31))
}

// prepareWords makes what word needs.
func (u *unigram) prepareWords(pieces []Piece) {
	u.ending = make([]float32, len(u.scores)+1)
	u.ending[0] = float32(math.Inf(-1))
	copy(u.ending[1:], u.scores)
	u.largest = math.Abs(float64(u.unkScore))
	for id, score := range u.scores {
		u.largest = max(u.largest, math.Abs(float64(score)))
		if score > 0 {
			u.positive = max(u.positive, float64(score)/float64(len(pieces[id].Text)))
		}
	}
}

// word is segment for a word by itself, its scores summed from 0. Its inner loop has but one branch that depends on the
// text: whether a piece goes on. Where none ends, the score that is offered is that of no way at all, -Inf.
func (u *unigram) word(w *scratch, text []byte) (limit float32) {
	units, ending, ways := u.pieces.units, u.ending, &w.ways
	clear(ways[:len(text)+1])
	ways[0].best = uint64(order(0)) << 32
	for start := 0; start < len(text); {
		sofar := scoreOf(ways[start].best)
		node, end := u.character(text, start)
		if id := node.piece(); id > 0 {
			ways[end].offer(sofar+ending[id], end-start, id)
		} else {
			ways[end].offer(sofar+u.unkScore, end-start, 0)
		}
		if node != trieNoNode {
			for at := end; at < len(text); {
				c := text[at]
				if !node.leads(c) {
					break
				}
				if node = units[node.base()^uint32(c)]; !node.follows(c) {
					break
				}
				at++
				id := node.piece()
				ways[at].offer(sofar+ending[id], at-start, id)
			}
		}
		start = end
	}
	return u.trace(w, len(text))
}

// character returns the node of the trie after the character that starts at a byte, trieNoNode if no piece starts with
// it, and the byte where it ends.
func (u *unigram) character(text []byte, start int) (node trieNode, end int) {
	units := u.pieces.units
	c := text[start]
	end = start + 1
	if c >= 0x80 {
		end = min(start+charLen(c), len(text))
	}
	node = units[0]
	for _, c := range text[start:end] {
		if node = units[node.base()^uint32(c)]; !node.follows(c) {
			return trieNoNode, end
		}
	}
	return node, end
}

// trace sets w.found to the best way to byte end and returns up to which score of the text before it is the best.
//
// The sums of segment are rounded, by more the larger they are, and a word that comes late in a text may round to another
// result than it does alone. Let s be the score of the text before and d that of the best way, p the most that positive
// scores can add to any way, and e the relative error of as many additions as there are bytes. Then no
// partial sum of a way of score v is larger than |s|+|v|+2p, and its rounded sum is off by at most e(|s|+|v|+2p). On
// the best way, every step to a byte wins against the second best, whose score is less by gap at least, if
//
//	gap > e(2|s| + 2|d| + 4p),  that is  |s| < gap/2e - |d| - 2p.
//
// Here gap and d are rounded themselves, as for s = 0; so half of that and three times d and p is what is taken. Nor may s be near
// where segment starts to count anew.
func (u *unigram) trace(w *scratch, end int) (limit float32) {
	gap := float32(math.Inf(1))
	first := len(w.room)
	for at := end; at > 0; {
		way := &w.ways[at]
		if g := scoreOf(way.best) - scoreOf(way.second); g < gap { // where there is no second, g is no number, or infinite
			gap = g
		}
		piece := found{id: int32(way.best&(1<<24-1)) - 1, end: int32(at)}
		if piece.id < 0 {
			piece.id, piece.score = u.unk, u.unkScore
		} else {
			piece.score = u.scores[piece.id]
		}
		first--
		w.room[first] = piece
		at -= int(way.best >> 24 & 0xff)
	}
	w.found = w.room[first:]
	size, positive := float64(end), u.positive*float64(end)
	e := (size + 1) / (1 << 24)
	return float32(min(
		float64(gap)/(4*e)-3*(math.Abs(float64(scoreOf(w.ways[end].best)))+2*positive),
		resetScore-1-size*u.largest))
}
