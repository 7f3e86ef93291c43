package sentencepiece

import "math"

// walkNode is a unit of the pieces' trie as the inner loop of word wants it, with all that a step needs:
//
//	bits 0-7    label; a unit that is not in use has one that no walk looks for
//	bits 8-31   base
//	bits 32-63  score of the piece that ends here, a float32; -Inf if none does
type walkNode uint64

const maxWalkUnits = 1 << 24

func (n walkNode) base() uint32        { return uint32(n) >> 8 }
func (n walkNode) follows(c byte) bool { return byte(n) == c }
func (n walkNode) score() float32      { return math.Float32frombits(uint32(n >> 32)) }

// scored reports whether a piece ends here.
func (n walkNode) scored() bool { return uint32(n>>32) != noScore }

const noScore = 0xff800000 // -Inf

// way is what is known of the ways to cut a word up to a byte: the best and the second best. Each is one number,
// so that the larger is the better: the order of the score, a float32, in the upper half; in the lower the
// size of the last piece (8 bits), the larger the better among equals, and the unit of the trie where it ends.
type way struct{ best, second uint64 }

// order is a number that orders floats as their values do.
func order(score float32) uint32 {
	b := math.Float32bits(score)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

func (w way) score() float32 { return scoreOf(w.best) }

func scoreOf(way uint64) float32 {
	o := uint32(way >> 32)
	return math.Float32frombits(o ^ (uint32(int32(^o)>>31) | 1<<31))
}

// prepareWords makes what word needs.
func (u *unigram) prepareWords(pieces []Piece) {
	u.largest = math.Abs(float64(u.unkScore))
	for id, score := range u.scores {
		u.largest = max(u.largest, math.Abs(float64(score)))
		if score > 0 {
			u.positive = max(u.positive, float64(score)/float64(len(pieces[id].Text)))
		}
	}
	if len(u.pieces.units) < maxWalkUnits-256 {
		u.walks = newWalks(u.pieces.units, u.scores)
		u.space, _ = u.character([]byte(spaceSymbol), 0)
	}
}

// newWalks makes a walkNode of every unit. One more block comes behind them, where nodes without children lead.
func newWalks(units []trieNode, scores []float32) []walkNode {
	walks := make([]walkNode, len(units)+256)
	const none = walkNode(noScore) << 32
	taken := make([]bool, len(units)) // of all numbers, those that are a node's base
	for _, n := range units {
		taken[n.base()] = n.base() != 0
	}
	for i, n := range units {
		node := none
		if id := n.id(); id >= 0 {
			node = walkNode(math.Float32bits(scores[id])) << 32
		}
		base := n.base()
		if base == 0 {
			base = uint32(len(units))
		}
		label := byte(n)
		if i == 0 || n&trieUsed == 0 {
			for label = 0; taken[i^int(label)]; label++ { // ends: the bases of a block are no more than its units in use
			}
		}
		walks[i] = node | walkNode(base)<<8 | walkNode(label)
	}
	for c := range 256 {
		walks[len(units)+c] = none | walkNode(byte(c+1))
	}
	return walks
}

// word is segment for a word by itself, its scores summed from 0. Its inner loop has but one branch that depends on the
// text: whether a piece goes on.
func (u *unigram) word(w *scratch, text []byte) (limit float32) {
	if u.walks == nil {
		return -1
	}
	walks, ways := u.walks, &w.ways
	clear(ways[:len(text)+1])
	ways[0].best = uint64(order(0)) << 32
	for start := 0; start < len(text); {
		sofar := ways[start].score()
		unit, end := u.space, len(spaceSymbol)
		if start > 0 || unit == 0 || len(text) < end || string(text[:end]) != spaceSymbol {
			unit, end = u.character(text, start)
		}
		if walks[unit].scored() {
			ways[end].offer(sofar+walks[unit].score(), end-start, unit)
		} else {
			ways[end].offer(sofar+u.unkScore, end-start, 0)
		}
		if unit != 0 {
			base := walks[unit].base()
			for at := end; at < len(text); {
				unit := base ^ uint32(text[at])
				node := walks[unit]
				if !node.follows(text[at]) {
					break
				}
				base = node.base()
				at++
				ways[at].offer(sofar+node.score(), at-start, unit)
			}
		}
		start = end
	}
	return u.trace(w, len(text))
}

// offer is a way to come here over a last piece of size bytes.
func (w *way) offer(score float32, size int, unit uint32) {
	found := uint64(order(score))<<32 | uint64(size)<<24 | uint64(unit)
	best := w.best
	w.best = max(best, found)
	w.second = max(w.second, min(best, found))
}

// character returns the unit of the trie after the character that starts at a byte, 0 if no piece starts with it, and
// the byte where it ends.
func (u *unigram) character(text []byte, start int) (unit uint32, end int) {
	if c := text[start]; c < 0x80 {
		unit = u.walks[0].base() ^ uint32(c)
		if !u.walks[unit].follows(c) {
			unit = 0
		}
		return unit, start + 1
	}
	end = min(start+charLen(text[start]), len(text))
	for _, c := range text[start:end] {
		unit = u.walks[unit].base() ^ uint32(c)
		if !u.walks[unit].follows(c) {
			return 0, end
		}
	}
	return unit, end
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
		best, score := w.ways[at].best, w.ways[at].score()
		if g := score - scoreOf(w.ways[at].second); g < gap { // where there is no second, g is no number, or infinite
			gap = g
		}
		size := int(best >> 24 & 0xff)
		piece := found{id: u.unk, end: int32(at), score: u.unkScore}
		if unit := best & (1<<24 - 1); unit != 0 {
			piece.id = u.pieces.units[unit].id()
			piece.score = u.walks[unit].score()
		}
		first--
		w.room[first] = piece
		at -= size
	}
	w.found = w.room[first:]
	size, positive := float64(end), u.positive*float64(end)
	e := (size + 1) / (1 << 24)
	return float32(min(
		float64(gap)/(4*e)-3*(math.Abs(float64(w.ways[end].score()))+2*positive),
		resetScore-1-size*u.largest))
}
