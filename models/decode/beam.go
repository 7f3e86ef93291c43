package decode

import (
	"cmp"
	"math"
	"slices"
)

// beamSearch is T5X's beam search (t5x/decoding.py, beam_search) with K beams per sample. Each step
// takes the 2K likeliest continuations of a sample's beams. Those that end compete for K places by
// log probability divided by the length penalty; the K likeliest of the others become the new
// beams. A sample is done when no beam could still get a place, even if it ended at the maximum
// length without losing any probability.
type beamSearch struct {
	beams   int
	alpha   float64
	length  int // maximum, EOS included
	samples []beams
	ids     []int32 // chosen last in each beam [B·K]
	parents []int32 // rows of the beams that each beam continues [B·K]
}

// beams are the hypotheses of a sample.
type beams struct {
	live  []hypothesis // likeliest first
	ended []hypothesis // best first
	done  bool
}

// hypothesis is an answer or the beginning of one.
type hypothesis struct {
	ids   []int32 // without the EOS
	logp  float64
	score float64 // of an ended one: logp divided by the penalty
}

func newBeamSearch(m Method, batch, length int) *beamSearch {
	s := &beamSearch{
		beams: m.Beams, alpha: m.Alpha, length: length, samples: make([]beams, batch),
		ids: make([]int32, batch*m.Beams), parents: make([]int32, batch*m.Beams),
	}
	for i := range s.samples {
		s.samples[i].live = []hypothesis{{}} // one, since all beams would begin alike
		for k := range m.Beams {
			s.parents[i*m.Beams+k] = int32(i * m.Beams)
		}
	}
	return s
}

// penalty is T5X's brevity penalty for an answer of the given length, EOS included.
func (s *beamSearch) penalty(length int) float64 { return math.Pow((5+float64(length))/6, s.alpha) }

func (s *beamSearch) step(d *decoder, position int) (bool, error) {
	found := make([][]continuation, len(s.samples))
	err := d.logits(s.ids, s.parents, position, func(row int, logits []float32, normalizer float64) {
		i, k := row/s.beams, row%s.beams
		if b := &s.samples[i]; !b.done && k < len(b.live) {
			found[i] = likeliest(found[i], 2*s.beams, k, logits, b.live[k].logp-normalizer)
		}
	})
	if err != nil {
		return false, err
	}
	all := true
	for i := range s.samples {
		if !s.samples[i].done {
			s.extend(i, found[i], position+1)
		}
		all = all && s.samples[i].done
	}
	return all, nil
}

// continuation is a beam extended by an id.
type continuation struct {
	beam int
	id   int32
	logp float64
}

// likeliest merges a beam's continuations into the n likeliest found so far, likeliest first.
// Adding before to a logit gives the continuation's log probability.
func likeliest(found []continuation, n, beam int, logits []float32, before float64) []continuation {
	for id, logit := range logits {
		logp := float64(logit) + before
		if len(found) == n && logp <= found[n-1].logp {
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
		found = slices.Insert(found, at, continuation{beam, int32(id), logp})
	}
	return found
}

// extend replaces a sample's beams by their continuations, which have the given length.
func (s *beamSearch) extend(sample int, found []continuation, length int) {
	b := &s.samples[sample]
	var live []hypothesis
	for _, c := range found {
		ids := b.live[c.beam].ids
		if c.id == EOS {
			b.ended = append(b.ended, hypothesis{ids, c.logp, c.logp / s.penalty(length)})
			continue
		}
		if k := len(live); k < s.beams {
			row := sample*s.beams + k
			s.ids[row], s.parents[row] = c.id, int32(sample*s.beams+c.beam)
			live = append(live, hypothesis{ids: append(slices.Clip(ids), c.id), logp: c.logp})
		}
	}
	b.live = live
	slices.SortStableFunc(b.ended, func(a, b hypothesis) int { return cmp.Compare(b.score, a.score) })
	b.ended = b.ended[:min(len(b.ended), s.beams)]
	b.done = len(live) == 0 || len(b.ended) == s.beams && b.ended[s.beams-1].score > live[0].logp/s.penalty(s.length)
}

// answers returns the best ended answer of each sample, or its likeliest beam if none has ended.
func (s *beamSearch) answers() []Answer {
	answers := make([]Answer, len(s.samples))
	for i, b := range s.samples {
		best := append(b.ended, b.live...)[0]
		answers[i] = Answer{IDs: best.ids, LogProbability: best.logp}
	}
	return answers
}
