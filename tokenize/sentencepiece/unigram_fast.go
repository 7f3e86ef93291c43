package sentencepiece

import "math"

// way is what is known of the ways to cut a word up to a byte: the best and the second best. Each
// is one number, so that the larger is the better: the order of the score, a float32, in the upper
// half; in the lower the size of the last piece in bytes (8 bits), the larger the better among
// equals, and its place in the trie plus 1, 0 for the unknown piece.
type way struct{ best, second uint64 }

// noWay is worse than any way.
var noWay = uint64(order(float32(math.Inf(-1)))) << 32

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

// walk is a piece that may go on: the node of the trie where its text leads up to now, where it
// starts, and the score of the best way to there.
type walk struct {
	node  trieNode
	start int32
	score float32
}

// word is segment for a word by itself, its scores summed from 0. It goes through the characters
// once, with all pieces that reach into them at the same time. So their looks at the trie wait for
// memory together, and what is done for each has no branch: where no piece ends, the score that is
// offered is that of no way at all, -Inf.
func (u *unigram) segmentFast(w *scratch, text []byte) (limit float32) {
	units, ends, ways, walks := u.pieces.units, u.ends, &w.ways, &w.walks
	ways[0].best = uint64(order(0)) << 32
	score, live := float32(0), 0
	for start := 0; start < len(text); {
		first, end := u.pieces.character(text, start)
		if first == trieNoNode && live == 0 { // an unknown character that nothing reaches into
			score += u.unkScore
			ways[end] = way{uint64(order(score))<<32 | uint64(end-start)<<24, noWay}
			start = end
			continue
		}
		next, last := byte(0), trieNoNode
		if end < len(text) {
			next, last = text[end], ^trieNoNode
		}
		best, second, going := noWay, noWay, 0
		for i := range walks[:live] {
			walk := walks[i]
			node := walk.node
			for _, c := range text[start:end] {
				node = units[node.base()^uint32(c)].only(c)
			}
			piece := node.piece()
			offered := uint64(order(walk.score+ends[piece].score))<<32 | uint64(end-int(walk.start))<<24 | uint64(piece)
			second = max(second, min(best, offered))
			best = max(best, offered)
			walk.node = node
			walks[going] = walk
			going += (node & last).leading(next)
		}
		piece := first.piece()
		offered := uint64(end-start)<<24 | uint64(piece)
		if piece > 0 {
			offered |= uint64(order(score+ends[piece].score)) << 32
		} else {
			offered |= uint64(order(score+u.unkScore)) << 32
		}
		second = max(second, min(best, offered))
		best = max(best, offered)
		walks[going] = walk{first, int32(start), score}
		live = going + (first & last).leading(next)
		ways[end] = way{best, second}
		score = scoreOf(best)
		start = end
	}
	return u.trace(w, len(text))
}

// trace sets w.found to the best way to byte end and returns up to which score of the text before
// it is the best.
//
// The sums of segment are rounded, by more the larger they are, and a word that comes late in a
// text may round to another result than it does alone. Let s be the score of the text before and d
// that of the best way, p the most that positive scores can add to any way, and e the relative
// error of as many additions as there are bytes. Then no partial sum of a way of score v is larger
// than |s|+|v|+2p, and its rounded sum is off by at most e(|s|+|v|+2p). On the best way, every step
// to a byte wins against the second best, whose score is less by gap at least, if
//
//	gap > e(2|s| + 2|d| + 4p),  that is  |s| < gap/2e - |d| - 2p.
//
// Here gap and d are rounded themselves, as for s = 0; so half of that and three times d and p is
// what is taken. Nor may s be near where segment starts to count anew.
func (u *unigram) trace(w *scratch, end int) (limit float32) {
	least := math.Float32bits(float32(math.Inf(1))) // of gaps, which as none is below 0 are in the order of their bits
	first := len(w.room)
	for at := end; at > 0; {
		way := &w.ways[at]
		least = min(least, math.Float32bits(scoreOf(way.best)-scoreOf(way.second)))
		piece := u.ends[way.best&(1<<trieIDBits-1)]
		if way.best&(1<<trieIDBits-1) == 0 {
			piece.score = u.unkScore
		}
		first--
		w.room[first] = found{piece.id, int32(at), piece.score}
		at -= int(way.best >> 24 & 0xff)
	}
	w.found = w.room[first:]
	size, positive := float64(end), u.positive*float64(end)
	return float32(min(
		float64(math.Float32frombits(least))*(1<<22)/(size+1)-3*(math.Abs(float64(scoreOf(w.ways[end].best)))+2*positive),
		resetScore-1-size*u.largest))
}
