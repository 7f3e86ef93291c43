package decode

import (
	"cmp"
	"math"
	"slices"
)

// beamSearch keeps the K likeliest beginnings of each sample's answer, by one of the two rules.
type beamSearch struct {
	*rules
	samples []beams
	groups  []int   // the sample of each K rows of the batch on the backend
	ids     []int32 // chosen last in each row
	parents []int32 // the row that each row continues
	compact bool
}

// beams are the hypotheses of a sample.
type beams struct {
	live  []hypothesis // likeliest first
	ended []hypothesis // best first
	done  bool
}

// hypothesis is an answer or the beginning of one.
type hypothesis struct {
	ids   []int32 // without the end id
	logps []float64
	tops  [][]Alternative
	end   int32   // -1 for the beginning of an answer
	logp  float64 // by which beams compete: the sum of logps, but for a repetition penalty
	score float64 // by which ended ones compete
}

func newBeamSearch(r *rules, batch int, compact bool) *beamSearch {
	s := &beamSearch{
		rules: r, samples: make([]beams, batch), groups: make([]int, batch), compact: compact,
		ids: make([]int32, batch*r.Beams), parents: make([]int32, batch*r.Beams),
	}
	for i := range s.samples {
		s.samples[i].live = []hypothesis{{end: -1}} // one, since all beams would begin alike
		s.groups[i] = i
		for k := range r.Beams {
			s.parents[i*r.Beams+k] = int32(i * r.Beams)
		}
	}
	return s
}

func (s *beamSearch) step(d *decoder, position int) (bool, error) {
	found, ended := make([][]continuation, len(s.samples)), make([][]continuation, len(s.samples))
	tops := make([][][]Alternative, len(s.samples))
	err := d.logits(s.ids, s.parents, position, func(row int, logits []float32, normalizer float64) error {
		i, k := s.groups[row/s.Beams], row%s.Beams
		b := &s.samples[i]
		if b.done || k >= len(b.live) {
			return nil
		}
		scores, err := s.scores(i, b.live[k].ids, logits, normalizer)
		if err != nil {
			return err
		}
		before := b.live[k].logp
		if s.Rule == BigVision {
			ended[i] = s.close(ended[i], k, before, scores, logits, normalizer)
		}
		found[i] = s.extend(found[i], k, before, scores, logits, normalizer)
		if position < len(s.prefix(i)) {
			found[i][0].logp = before
		}
		if s.Alternatives > 0 {
			tops[i] = append(tops[i], alternatives(s.Alternatives, logits, normalizer))
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	left := 0
	for group, i := range s.groups {
		if b := &s.samples[i]; !b.done {
			s.advance(b, group*s.Beams, append(ended[i], found[i]...), tops[i], position+1)
			if !b.done {
				left++
			}
		}
	}
	if left == 0 || !s.compact {
		return left == 0, nil
	}
	return false, s.shrink(d, left)
}

// continuation is a beam extended by an id.
type continuation struct {
	beam int
	id   int32
	logp float64 // of the whole
	own  float64 // log probability of the id
}

// extend merges the continuations of beam k into those found. Before is the log probability of the
// beam.
func (s *beamSearch) extend(found []continuation, k int, before float64, scores, logits []float32, normalizer float64) []continuation {
	n := s.Beams * (1 + len(s.end)) // so that K remain if all others end
	if s.Rule == BigVision {
		n, scores = s.Beams, s.masking(scores)
		for _, id := range s.end {
			scores[id] = impossible
		}
	}
	found = likeliest(found, n, k, scores, before-normalizer)
	for i := range found {
		if c := &found[i]; c.beam == k {
			c.own = float64(logits[c.id]) - normalizer
		}
	}
	return found
}

// close appends to ended what beam k is if it ends now.
func (s *beamSearch) close(ended []continuation, k int, before float64, scores, logits []float32, normalizer float64) []continuation {
	for _, id := range s.end {
		if scores[id] > impossible {
			ended = append(ended, continuation{k, id, float64(scores[id]) + before - normalizer, float64(logits[id]) - normalizer})
		}
	}
	return ended
}

// likeliest merges a beam's continuations into the n likeliest found so far, likeliest first.
// Adding before to a logit gives the continuation's log probability.
func likeliest(found []continuation, n, beam int, logits []float32, before float64) []continuation {
	for id, logit := range logits {
		logp := float64(logit) + before
		if len(found) == n && logp <= found[n-1].logp || logit == impossible {
			continue
		}
		at, _ := slices.BinarySearchFunc(found, logp, func(c continuation, logp float64) int {
			if c.logp >= logp { // the first of equals stays before the others
				return -1
			}
			return 1
		})
		if len(found) == n {
			found = found[:n-1]
		}
		found = slices.Insert(found, at, continuation{beam: beam, id: int32(id), logp: logp})
	}
	return found
}

// advance replaces a sample's beams by their continuations, which have the given length. Row is the
// first of the sample's rows.
//
// By T5X's rule the 2K likeliest continuations of all beams are found. Those that end compete for K
// places by log probability divided by the length penalty; the K likeliest of the others become the
// new beams. A sample is done when no beam could still get a place, even if it ended at the maximum
// length without losing any probability. By big_vision's rule every beam is also found as it would
// be if it ended now, and there is one place.
func (s *beamSearch) advance(b *beams, row int, found []continuation, tops [][]Alternative, length int) {
	var live []hypothesis
	for _, c := range found {
		h := b.live[c.beam].followed(c)
		if tops != nil {
			h.tops = append(slices.Clip(b.live[c.beam].tops), tops[c.beam])
		}
		if s.ends(c.id) {
			h.ids, h.end, h.score = b.live[c.beam].ids, c.id, c.logp/s.penalty(length)
			b.ended = append(b.ended, h)
		} else if k := len(live); k < s.Beams {
			s.ids[row+k], s.parents[row+k] = c.id, int32(row+c.beam)
			live = append(live, h)
		}
	}
	b.live = live
	slices.SortStableFunc(b.ended, func(a, b hypothesis) int { return cmp.Compare(b.score, a.score) })
	b.ended = b.ended[:min(len(b.ended), s.places())]
	b.done = len(live) == 0 || len(b.ended) == s.places() && b.ended[s.places()-1].score > live[0].logp/s.penalty(s.length)
}

// places is the number of ended answers that are kept.
func (s *beamSearch) places() int {
	if s.Rule == BigVision {
		return 1
	}
	return s.Beams
}

// penalty is T5X's brevity penalty for an answer of the given length, its end included.
func (s *beamSearch) penalty(length int) float64 { return math.Pow((5+float64(length))/6, s.Alpha) }

// followed returns the hypothesis extended by a continuation.
func (h hypothesis) followed(c continuation) hypothesis {
	return hypothesis{
		ids: append(slices.Clip(h.ids), c.id), logps: append(slices.Clip(h.logps), c.own), tops: h.tops, end: -1,
		logp: c.logp, score: c.logp,
	}
}

// shrink takes samples that are done out of the batch once half of them are.
func (s *beamSearch) shrink(d *decoder, left int) error {
	size := halved(len(s.groups), left)
	if size == len(s.groups) {
		return nil
	}
	var keep []int // groups
	for group, i := range s.groups {
		if done := s.samples[i].done; !done || size > left {
			keep = append(keep, group)
			if done {
				left++
			}
		}
	}
	var rows []int32
	for to, from := range keep {
		s.groups[to] = s.groups[from]
		for k := range s.Beams {
			rows = append(rows, int32(from*s.Beams+k))
			s.ids[to*s.Beams+k] = s.ids[from*s.Beams+k]
			s.parents[to*s.Beams+k] = s.parents[from*s.Beams+k] + int32((to-from)*s.Beams)
		}
	}
	s.groups, s.ids, s.parents = s.groups[:size], s.ids[:size*s.Beams], s.parents[:size*s.Beams]
	return d.take(rows)
}

// answers returns the best ended answers of each sample, and then its likeliest beams if fewer have
// ended than are wanted.
func (s *beamSearch) answers() [][]Answer {
	out := make([][]Answer, len(s.samples))
	for i, b := range s.samples {
		all := slices.Concat(b.ended, b.live)
		for _, h := range all[:min(len(all), max(s.NBest, 1))] {
			a := Answer{IDs: h.ids, LogProbabilities: h.logps, Alternatives: h.tops, End: h.end, Score: h.score}
			for _, logp := range h.logps {
				a.LogProbability += logp
			}
			out[i] = append(out[i], a)
		}
	}
	return out
}
