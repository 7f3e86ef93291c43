package sentencepiece

import "math"

// way holds the best and the second best way to segment a word up to a byte. Each is packed into
// one number, and the larger number is better: the upper half is the order of the score, a float32;
// the lower half is the size of the last piece in bytes (8 bits), which decides between equal
// scores, and its place in the trie plus 1 (24 bits), 0 for the unknown piece.
type way struct{ best, second uint64 }

// noWay is worse than every way.
var noWay = uint64(order(float32(math.Inf(-1)))) << 32

// order maps scores to integers of the same order.
func order(score float32) uint32 {
	b := math.Float32bits(score)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// scoreOf returns the score of a way.
func scoreOf(way uint64) float32 {
	o := uint32(way >> 32)
	return math.Float32frombits(o ^ (uint32(int32(^o)>>31) | 1<<31))
}

// walk is a piece that may be longer than what was read of it: its node in the trie so far, where
// it starts, and the score of the best way to its start.
type walk struct {
	node  trieNode
	start int32
	score float32
}

// segmentFast finds the pieces of a word, with scores summed from 0. It reads each character once
// and advances all pieces that span it together, so that their loads from the trie overlap. The
// inner loop has no branches: where no piece ends, it offers the score -Inf.
func (u *unigram) segmentFast(w *scratch, text []byte) (limit float32) {
	units, ends, ways, walks := u.pieces.units, u.ends, &w.ways, &w.walks
	ways[0].best = uint64(order(0)) << 32
	score, live := float32(0), 0
	for start := 0; start < len(text); {
		first, end := u.pieces.character(text, start)
		if first == trieNoNode && live == 0 { // an unknown character that no piece spans
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

// trace sets w.found to the best way to byte end. It returns the absolute score of the text before
// the word up to which segment is certain to find the same way.
//
// segment rounds its sums, and the larger they are the coarser, so a word late in a text may have
// another best way than it has alone. Let s be the score of the text before the word, d the score
// of the best way, p the most that positive scores can add to any way, and e the relative error of
// as many additions as the word has bytes. Then no partial sum of a way of score v exceeds
// |s|+|v|+2p, and its rounded sum is off by at most e(|s|+|v|+2p). Let gap be the least difference
// between best and second best at any byte of the best way. The best way wins at every byte if
//
//	gap > e(2|s| + 2|d| + 4p),  that is  |s| < gap/2e - |d| - 2p.
//
// gap and d are themselves rounded sums, for s = 0. The limit therefore uses half of gap/2e, and
// three times d and p. It also keeps s away from resetScore, where segment resets its sums.
func (u *unigram) trace(w *scratch, end int) (limit float32) {
	least := math.Float32bits(float32(math.Inf(1))) // the least gap; gaps are not negative, so their bits have the same order
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
