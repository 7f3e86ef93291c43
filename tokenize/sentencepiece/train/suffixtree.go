package train

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

// piece is a candidate for the vocabulary, with its score.
type piece struct {
	text  string
	score float32
}

// Bytes that end a unit in the text of the tree. UTF-8 has neither.
const (
	unitEnd   = 0xff
	corpusEnd = 0xfe // after the last sentence
)

// suffixTree finds the strings that the text repeats with different bytes after them: the inner
// nodes of its suffix tree. It is built from the root down and only along strings that may still
// become a piece, whose length bounds its depth; so the work is at most the length of the text
// times that of the longest piece (Giegerich, Kurtz and Stoye, Efficient implementation of lazy
// suffix trees, 2003). Nothing of the tree is kept but its present path.
//
// It holds every unit once and counts with weights, for which suffix arrays would need the text as
// often as it occurs.
type suffixTree struct {
	shapes  shapes
	text    []byte
	weights []int64 // of the units
}

// suffix is a position in the text, at the start of a character, and the unit it is in.
type suffix struct{ at, unit int32 }

// candidates returns the strings of at least two characters that may be pieces and occur at least
// twice, with their counts times their lengths, the highest first; at most limit.
func (c *corpus) candidates(ctx context.Context, o *Options, limit int) ([]piece, error) {
	t := suffixTree{shapes: newShapes(o)}
	suffixes, err := t.fill(c)
	if err != nil {
		return nil, err
	}
	found, err := t.explore(ctx, suffixes, o.threads())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b piece) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(b.text), len(a.text)), strings.Compare(a.text, b.text))
	})
	return found[:min(len(found), limit)], nil
}

// fill writes the units into the tree's text: each with the first byte of what follows it, and the
// last of a sentence with a NUL and the first byte of the next sentence.
func (t *suffixTree) fill(c *corpus) ([]suffix, error) {
	for id, unit := range c.units {
		if c.counts[id] > 0 {
			text, next := cutUnit(unit)
			t.add(text, c.counts[id], firstByte(next))
		}
	}
	type end struct {
		unit int32
		next byte
	}
	ends := map[end]int64{}
	for i, e := range c.sentences {
		if e.count > 1 { // as if it stood there so often
			ends[end{e.last, firstByte(e.first)}] += e.count - 1
		}
		next := byte(corpusEnd)
		if i+1 < len(c.sentences) {
			next = firstByte(c.sentences[i+1].first)
		}
		ends[end{e.last, next}]++
	}
	for e, weight := range ends {
		text, _ := cutUnit(c.units[e.unit])
		t.add(text, weight, 0, e.next)
	}
	if len(t.text) > math.MaxInt32 {
		return nil, errors.New("the text has more than 2 GiB of different words; limit it with InputSentenceSize")
	}
	return t.suffixes(), nil
}

func firstByte(r rune) byte { return string(r)[0] }

func (t *suffixTree) add(text string, weight int64, next ...byte) {
	t.text = append(append(append(t.text, text...), next...), unitEnd)
	t.weights = append(t.weights, weight)
}

// suffixes lists the positions at which a piece may begin.
func (t *suffixTree) suffixes() []suffix {
	all := make([]suffix, 0, len(t.text))
	unit := int32(0)
	for at, c := range t.text {
		if c == unitEnd {
			unit++
		} else if utf8.RuneStart(c) && c != 0 && t.text[at+1] != unitEnd {
			all = append(all, suffix{int32(at), unit})
		}
	}
	return all
}

// explore gives the subtrees of the first byte to workers.
func (t *suffixTree) explore(ctx context.Context, suffixes []suffix, threads int) ([]piece, error) {
	var jobs []explorer
	for _, g := range t.partition(suffixes, 0) {
		for _, group := range t.partition(g, 1) {
			at := group[0].at
			if r, size := utf8.DecodeRune(t.text[at:]); r == utf8.RuneError && size == 1 || len(group) < 2 {
				continue // what follows a unit and is cut
			}
			jobs = append(jobs, explorer{suffixTree: t, group: group})
		}
	}
	slices.SortStableFunc(jobs, func(a, b explorer) int { return cmp.Compare(len(b.group), len(a.group)) })
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(threads)
	for i := range jobs {
		workers.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			jobs[i].subtree(jobs[i].group, 0, shape{})
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	var found []piece
	for _, job := range jobs {
		found = append(found, job.found...)
	}
	return found, nil
}

// explorer walks one part of the tree.
type explorer struct {
	*suffixTree
	group []suffix
	found []piece
}

// subtree visits the node whose suffixes share their first depth bytes, which are whole characters
// of shape s.
func (e *explorer) subtree(group []suffix, depth int, s shape) {
	for len(group) > 1 {
		children := e.partition(group, depth)
		if s.chars > 1 && e.shapes.whole(s) {
			e.visit(group, children, depth, s)
		}
		if len(children) == 1 {
			next, size, ok := e.step(group, depth, s)
			if !ok {
				return
			}
			if depth += size; size == 1 {
				s = next
				continue
			}
			e.character(group, depth-size+1, depth, s)
			return
		}
		for _, child := range children {
			next, size, ok := e.step(child, depth, s)
			switch {
			case !ok || len(child) < 2:
			case size == 1:
				e.subtree(child, depth+1, next)
			default:
				e.character(child, depth+1, depth+size, s)
			}
		}
		return
	}
}

// character splits a group by the rest of a character of several bytes: those from depth to end.
func (e *explorer) character(group []suffix, depth, end int, s shape) {
	if depth == end {
		at := int(group[0].at) + end
		r, size := utf8.DecodeLastRune(e.text[max(0, at-utf8.UTFMax):at])
		if r == utf8.RuneError && size <= 1 {
			return
		}
		if next, ok := e.shapes.next(s, r); ok {
			e.subtree(group, end, next)
		}
		return
	}
	for _, child := range e.partition(group, depth) {
		if len(child) > 1 && e.text[int(child[0].at)+depth] != unitEnd {
			e.character(child, depth+1, end, s)
		}
	}
}

// step looks at the character that a group shares the first byte of. For one of a single byte, it
// returns the shape with it.
func (e *explorer) step(group []suffix, depth int, s shape) (next shape, size int, ok bool) {
	c := e.text[int(group[0].at)+depth]
	switch {
	case c == 0 || c >= corpusEnd:
		return s, 0, false
	case c < utf8.RuneSelf:
		next, ok = e.shapes.next(s, rune(c))
		return next, 1, ok
	}
	return s, runeSize(c), true
}

// visit counts a string: wherever it occurs, if different bytes follow; and at ends of sentences,
// once more, if different sentences follow. That these count twice is how spm_train reads its
// suffix array.
func (e *explorer) visit(group []suffix, children [][]suffix, depth int, s shape) {
	count := int64(0)
	if len(children) > 1 {
		count = e.weight(group)
	}
	for _, child := range children {
		if e.text[int(child[0].at)+depth] == 0 && len(child) > 1 && len(e.partition(child, depth+1)) > 1 {
			count += e.weight(child)
		}
	}
	if count > 1 {
		at := int(group[0].at)
		e.found = append(e.found, piece{string(e.text[at : at+depth]), float32(count) * float32(s.chars)})
	}
}

func (e *explorer) weight(group []suffix) int64 {
	sum := int64(0)
	for _, s := range group {
		sum += e.weights[s.unit]
	}
	return sum
}
