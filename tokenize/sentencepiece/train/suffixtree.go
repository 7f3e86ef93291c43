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

// Bytes that end a unit in the text of the tree. Neither occurs in UTF-8.
const (
	unitEnd   = 0xff
	corpusEnd = 0xfe // after the last sentence
)

// suffixTree finds the strings that occur in the text with different bytes after them, which are
// the inner nodes of its suffix tree. It explores the tree from the root down, only along strings
// that can still become a piece, and keeps only the current path. The length of the longest piece
// bounds the depth, so the work is at most that length times the length of the text (Giegerich,
// Kurtz and Stoye, Efficient implementation of lazy suffix trees, 2003).
//
// The text has every unit once, with its count as a weight. A suffix array would need each
// occurrence.
type suffixTree struct {
	shapes  shapes
	text    []byte
	weights []int64 // of the units
}

// suffix is the start of a character in the text, and the unit it is in.
type suffix struct{ at, unit int32 }

// candidates returns the strings of at least two characters that may be pieces and occur at least
// twice. Their score is count times length. It returns at most limit, those with the highest scores
// first.
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

// fill writes the units into the text of the tree, each with the first byte of what follows it. The
// last unit of a sentence is followed by a NUL and the first byte of the next sentence.
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
		if e.count > 1 { // as if the sentence were repeated
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
		return nil, errors.New("the text has more than 2 GiB of distinct words; limit it with InputSentenceSize")
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

// explore hands the subtrees of the first two bytes to workers and collects what they find.
func (t *suffixTree) explore(ctx context.Context, suffixes []suffix, threads int) ([]piece, error) {
	var jobs []explorer
	for _, g := range t.partition(suffixes, 0) {
		for _, group := range t.partition(g, 1) {
			at := group[0].at
			if r, size := utf8.DecodeRune(t.text[at:]); r == utf8.RuneError && size == 1 || len(group) < 2 {
				continue // the incomplete character that follows a unit
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

// explorer walks one subtree.
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

// step returns the size of the character whose first byte a group shares. For a character of one
// byte it also returns the shape with it.
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

// visit counts a string: all occurrences, if different bytes follow it; and again those at ends of
// sentences, if different sentences follow. spm_train counts these twice because of how it reads
// its suffix array.
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
