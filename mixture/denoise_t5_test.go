package mixture

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/pali3/pali3/random"
)

// t5Goldens are what T5's own functions return: testdata/t5_denoisers.json, made by
//
//	python parity/denoiser_goldens.py > mixture/testdata/t5_denoisers.json
type t5Goldens struct {
	Plans []struct {
		Inputs, Mean, Raw, Targets int
		Rate                       float64
	}
	Spans []struct {
		Length, Mean    int
		Rate            float64
		Mask            string
		Inputs, Targets []int32
	}
	Hidden []struct {
		Length, Mean int
		Rate         float64
		Counts       []int
	}
	Prefixes []struct {
		Length int
		Rate   float64
		Counts []int
	}
	Noise []struct {
		Mean          int
		Rate          float64
		Hidden, Spans []int // of texts of 2, 3, 4, ... ids
	}
	Bounds []struct {
		Rate     float64
		From, To []int // of texts of 2, 3, 4, ... ids
	}
}

func readT5(t *testing.T) (g t5Goldens) {
	t.Helper()
	content, err := os.ReadFile("testdata/t5_denoisers.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// thousand is a vocabulary of 1,000 ids whose sentinels descend from the last.
type thousand struct{}

func (thousand) Sentinel(k int) (int32, error) { return int32(999 - k), nil }
func (thousand) Mode(string) (int32, error)    { return 0, nil }

func TestPlansAreT5s(t *testing.T) {
	for _, p := range readT5(t).Plans {
		if raw, targets := planSpans(p.Inputs, p.Rate, float64(p.Mean)); raw != p.Raw || targets != p.Targets {
			t.Errorf("%d inputs, (%d, %g): %d raw and %d targets, T5 has %d and %d", p.Inputs, p.Mean, p.Rate, raw, targets, p.Raw, p.Targets)
		}
	}
}

// TestSpansAreT5s gives T5's masks and compares inputs and targets, and counts what the masks hide.
func TestSpansAreT5s(t *testing.T) {
	for _, s := range readT5(t).Spans {
		var kept, hidden []int
		for at := 0; at < s.Length; {
			run := func(c byte) (n int) {
				for ; at < s.Length && s.Mask[at] == c; at++ {
					n++
				}
				return n
			}
			kept, hidden = append(kept, run('0')), append(hidden, run('1'))
		}
		ids := make([]int32, s.Length)
		total := 0
		for i := range ids {
			ids[i] = int32(100 + i)
			total += int(s.Mask[i] - '0')
		}
		d := Denoiser{MeanSpan: float64(s.Mean), Rate: s.Rate}
		if noise, spans := d.noise(s.Length); noise != total || spans != len(hidden) {
			t.Errorf("%d ids, (%d, %g): %d hidden in %d spans, T5 hides %d in %d", s.Length, s.Mean, s.Rate, noise, spans, total, len(hidden))
		}
		inputs, targets, err := markSpans(nil, ids, kept, hidden, thousand{})
		if err != nil || !slices.Equal(inputs, s.Inputs) || !slices.Equal(targets, s.Targets) {
			t.Errorf("mask %s: %v -> %v, T5 has %v -> %v (%v)", s.Mask, inputs, targets, s.Inputs, s.Targets, err)
		}
	}
}

// TestDrawsAreDistributedAsT5s compares how often each place is hidden, and each prefix kept, with
// T5's 4,000 draws: no difference above 4.5 standard errors.
func TestDrawsAreDistributedAsT5s(t *testing.T) {
	const draws, theirs = 20_000, 4000
	compare := func(what string, at, ours, t5 int) {
		p := float64(ours+t5) / (draws + theirs)
		deviation := math.Sqrt(p * (1 - p) * (1.0/draws + 1.0/theirs))
		if far := math.Abs(float64(ours)/draws - float64(t5)/theirs); far > 4.5*deviation {
			t.Errorf("%s %d: %d of %d, T5 has %d of %d", what, at, ours, draws, t5, theirs)
		}
	}
	goldens := readT5(t)
	for _, h := range goldens.Hidden {
		d := Denoiser{MeanSpan: float64(h.Mean), Rate: h.Rate}
		counts := make([]int, h.Length)
		for i := range uint64(draws) {
			kept, hidden := d.spans(h.Length, random.New(i))
			at := 0
			for k := range hidden {
				at += kept[k]
				for range hidden[k] {
					counts[at]++
					at++
				}
			}
		}
		for at := range counts {
			compare("hidden place", at, counts[at], h.Counts[at])
		}
	}
	for _, p := range goldens.Prefixes {
		d := Denoiser{Rate: p.Rate}
		counts := make([]int, p.Length+1)
		for i := range uint64(draws) {
			counts[d.prefix(p.Length, random.New(i))]++
		}
		for n := range counts {
			compare("prefix", n, counts[n], p.Counts[n])
		}
	}
}

// TestNoise_IsT5s compares how much is hidden of texts of every length, in how many spans, and
// between which lengths prefixes are drawn.
func TestNoise_IsT5s(t *testing.T) {
	goldens := readT5(t)
	if len(goldens.Noise) == 0 || len(goldens.Bounds) == 0 {
		t.Fatal("no goldens")
	}
	for _, n := range goldens.Noise {
		d := Denoiser{MeanSpan: float64(n.Mean), Rate: n.Rate}
		for i := range n.Hidden {
			if hidden, spans := d.noise(i + 2); hidden != n.Hidden[i] || spans != n.Spans[i] {
				t.Errorf("(%d, %g), %d ids: %d hidden in %d spans, T5 hides %d in %d", n.Mean, n.Rate, i+2, hidden, spans, n.Hidden[i], n.Spans[i])
			}
		}
	}
	for _, b := range goldens.Bounds {
		d := Denoiser{Rate: b.Rate}
		for i := range b.From {
			if low := d.shortestPrefix(i + 2); low != b.From[i] || i+1 != b.To[i] {
				t.Errorf("rate %g, %d ids: a prefix of %d to %d, T5 draws %d to %d", b.Rate, i+2, low, i+1, b.From[i], b.To[i])
			}
		}
	}
}
