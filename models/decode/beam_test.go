package decode

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/pali3/pali3/random"
)

// language gives the logits of what follows a beginning.
type language func(ids []int32) []float32

// arbitrary is a language of five ids in which all depends on all that was said.
func arbitrary(seed uint64) language {
	return func(ids []int32) []float32 {
		parts := []uint64{seed}
		for _, id := range ids {
			parts = append(parts, uint64(id))
		}
		draw := random.New(parts...)
		logits := make([]float32, 5)
		for i := range logits {
			logits[i] = float32(2 * draw.Normal())
		}
		return logits
	}
}

func normalizerOf(logits []float32) float64 {
	z := 0.0
	for _, v := range logits {
		z += math.Exp(float64(v))
	}
	return math.Log(z)
}

// search runs beam search for one sample.
func (l language) search(m Method, length int) (best hypothesis, steps int) {
	s := newBeamSearch(&rules{Method: m, end: m.ends(), length: length}, 1, false)
	for position := range length {
		if s.samples[0].done {
			break
		}
		var found, ended []continuation
		for k, live := range s.samples[0].live {
			logits := l(live.ids)
			found = s.extend(found, k, live.logp, logits, logits, normalizerOf(logits))
			if m.Rule == BigVision {
				ended = s.close(ended, k, live.logp, logits, logits, normalizerOf(logits))
			}
		}
		s.advance(&s.samples[0], 0, append(ended, found...), nil, position+1)
		steps++
	}
	return append(s.samples[0].ended, s.samples[0].live...)[0], steps
}

// best tries all answers that end within the length.
func (l language) best(alpha float64, length int) (best hypothesis) {
	best.score = math.Inf(-1)
	var try func(ids []int32, logp float64)
	try = func(ids []int32, logp float64) {
		if len(ids) == length {
			return
		}
		logits := l(ids)
		for id, v := range logits {
			next := logp + float64(v) - normalizerOf(logits)
			if id != EOS {
				try(append(slices.Clip(ids), int32(id)), next)
			} else if score := next / math.Pow((5+float64(len(ids)+1))/6, alpha); score > best.score {
				best = hypothesis{ids: slices.Clone(ids), logp: next, score: score}
			}
		}
	}
	try(nil, 0)
	return best
}

func TestBeamSearch_ManyBeamsFindTheBestAnswer(t *testing.T) {
	const length = 4
	early := 0
	for seed := range uint64(40) {
		for _, alpha := range []float64{0, T5XAlpha, 2} {
			l := arbitrary(seed)
			got, steps := l.search(Method{Beams: 700, Alpha: alpha}, length)
			want := l.best(alpha, length)
			if !slices.Equal(got.ids, want.ids) || math.Abs(got.score-want.score) > 1e-9 {
				t.Errorf("seed %d, alpha %g: %+v, want %+v", seed, alpha, got, want)
			}
			few, fewSteps := l.search(Method{Beams: 2, Alpha: alpha}, length)
			if few.score > want.score+1e-9 {
				t.Errorf("seed %d, alpha %g: two beams found %+v, better than the best %+v", seed, alpha, few, want)
			}
			if fewSteps < steps {
				early++
			}
		}
	}
	if early == 0 {
		t.Error("no search ended early")
	}
}

// TestBeamSearch_BeatsGreedy has a first id that is likeliest, and leads to nothing likely.
func TestBeamSearch_BeatsGreedy(t *testing.T) {
	log := func(p ...float64) []float32 {
		logits := make([]float32, len(p))
		for i := range p {
			logits[i] = float32(math.Log(p[i]))
		}
		return logits
	}
	l := language(func(ids []int32) []float32 {
		switch {
		case len(ids) == 0:
			return log(1e-9, 1e-9, 0.6, 0.4)
		case ids[len(ids)-1] == 2:
			return log(0.25, 0.26, 0.24, 0.25)
		}
		return log(1e-9, 1, 1e-9, 1e-9)
	})
	got, _ := l.search(Method{Beams: 2, Alpha: T5XAlpha}, 6)
	if !slices.Equal(got.ids, []int32{3}) || math.Abs(got.logp-math.Log(0.4)) > 1e-6 {
		t.Errorf("%+v, want the id 3 with probability 0.4", got)
	}
}

func TestBeamSearch_ReturnsABeamIfNoneEnded(t *testing.T) {
	endless := language(func([]int32) []float32 { return []float32{0, -1000, 3, 2, 1, 1} })
	got, steps := endless.search(Method{Beams: 2}, 3)
	if !slices.Equal(got.ids, []int32{2, 2, 2}) || steps != 3 {
		t.Errorf("%+v after %d steps, want the likeliest beginning", got, steps)
	}
}

func TestLikeliest_KeepsOrder(t *testing.T) {
	found := likeliest(nil, 3, 0, []float32{1, 5, 2, 5}, 0)
	found = likeliest(found, 3, 1, []float32{5, 0, 7, 1}, 0)
	if got := fmt.Sprint(found); got != "[{1 2 7 0} {0 1 5 0} {0 3 5 0}]" {
		t.Errorf("%v", got)
	}
}
