package decode

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/pali3/pali3/random"
)

var logits = []float32{0.3, -1, 2, 1.2, 0.3, -3}

// expected returns the probabilities that a method gives, computed plainly.
func expected(m Method) []float64 {
	order := []int{2, 3, 0, 4, 1, 5} // likeliest first
	p := make([]float64, len(logits))
	total := 0.0
	for i, l := range logits {
		p[i] = math.Exp(float64(l) / m.Temperature)
	}
	keep := len(p)
	if m.TopK > 0 {
		keep = m.TopK
	}
	for _, i := range order[keep:] {
		p[i] = 0
	}
	for _, v := range p {
		total += v
	}
	before, kept := 0.0, 0.0
	for _, i := range order {
		if m.TopP > 0 && before >= m.TopP {
			p[i] = 0
		}
		before += p[i] / total
		kept += p[i]
	}
	for i := range p {
		p[i] /= kept
	}
	return p
}

// TestDraw_Frequencies compares what is drawn with the probabilities by a chi-square test. The
// limits are the 99.9% points of its distribution; the numbers are the same at every run.
func TestDraw_Frequencies(t *testing.T) {
	limits := map[int]float64{0: 0, 1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47, 5: 20.52}
	for _, m := range []Method{
		{Temperature: 1}, {Temperature: 0.5}, {Temperature: 3}, {Temperature: 1, TopK: 3}, {Temperature: 1, TopK: 1},
		{Temperature: 1, TopP: 0.7}, {Temperature: 1, TopP: 0.9}, {Temperature: 2, TopK: 4, TopP: 0.8},
	} {
		const n = 20_000
		counts := make([]float64, len(logits))
		draws := newTestSampler(m, nil)
		for row := range n {
			counts[m.draw(logits, draws.uniform(row, 0, 3))]++
		}
		chi, free := 0.0, -1
		for i, p := range expected(m) {
			if p == 0 {
				if counts[i] > 0 {
					t.Errorf("%+v: id %d was drawn", m, i)
				}
				continue
			}
			free++
			chi += (counts[i] - n*p) * (counts[i] - n*p) / (n * p)
		}
		if chi > limits[free] {
			t.Errorf("%+v: chi-square %.2f with %d degrees of freedom: %v, want %v", m, chi, free, counts, expected(m))
		}
	}
}

func TestDraw_ColdIsGreedy(t *testing.T) {
	m := Method{Temperature: 1e-6}
	for row := range 1000 {
		if id := m.draw(logits, random.New(uint64(row)).Float64()); id != 2 {
			t.Fatalf("drew id %d", id)
		}
	}
}

func newTestSampler(m Method, keys []uint64) *sampler {
	return &sampler{sequences: sequences{rules: &rules{Method: m}}, draws: 1, keys: keys}
}

func TestSampler_DrawsAreKeyed(t *testing.T) {
	a := newTestSampler(Method{Seed: 1}, []uint64{70, 80})
	b := newTestSampler(Method{Seed: 1}, []uint64{90, 70})
	other := newTestSampler(Method{Seed: 2}, []uint64{70})
	if a.uniform(0, 0, 5) != b.uniform(1, 0, 5) {
		t.Error("a sample draws otherwise in another row")
	}
	seen := []float64{a.uniform(0, 0, 5), a.uniform(0, 0, 6), a.uniform(1, 0, 5), a.uniform(0, 1, 5), other.uniform(0, 0, 5)}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 5 {
		t.Errorf("draws of other keys are the same: %v", seen)
	}
}

func TestMethod_Validate(t *testing.T) {
	for _, m := range []Method{
		{Beams: -1}, {Alpha: -1}, {Temperature: -1}, {Temperature: math.NaN()}, {TopK: -1}, {TopP: 1.5}, {TopP: math.NaN()},
		{Beams: 2, Temperature: 1}, {TopK: 3}, {TopP: 0.5},
	} {
		if m.Validate() == nil {
			t.Errorf("%+v is taken", m)
		}
	}
	for _, m := range []Method{{}, {Beams: 4, Alpha: T5XAlpha}, {Temperature: 0.7, TopK: 40, TopP: 0.95, Seed: 9}} {
		if err := m.Validate(); err != nil {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

// TestCandidates_EqualTransformers compares the probabilities with which ids are drawn with those
// after transformers' filters. parity/decode_goldens.py made testdata/.
func TestCandidates_EqualTransformers(t *testing.T) {
	text, err := os.ReadFile("testdata/decoded.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Sampling []struct {
			Temperature   float64
			TopK          int     `json:"top_k"`
			TopP          float64 `json:"top_p"`
			MinP          float64 `json:"min_p"`
			Logits        []float32
			Probabilities []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Sampling {
		m := Method{Temperature: c.Temperature, TopK: c.TopK, TopP: c.TopP, MinP: c.MinP}
		got, total := make([]float64, len(c.Logits)), 0.0
		for _, one := range m.candidates(c.Logits) {
			got[one.id] = one.weight
			total += one.weight
		}
		for id, want := range c.Probabilities {
			if math.Abs(got[id]/total-want) > 1e-6 {
				t.Errorf("%+v: id %d has probability %g, want %g", m, id, got[id]/total, want)
			}
		}
	}
}

func TestCandidates_TopIsTheBeginningOfAll(t *testing.T) {
	draw := random.New(5)
	for n := range 60 {
		logits := make([]float32, 1+n*7)
		for i := range logits {
			logits[i] = float32(draw.IntN(9)) // with ties
		}
		all := Method{Temperature: 1, TopP: 1}.candidates(logits)
		for _, k := range []int{1, 2, 3, 10, 50, 1000} {
			if got := (Method{Temperature: 1, TopK: k}).candidates(logits); !slices.Equal(got, all[:min(k, len(all))]) {
				t.Errorf("%d of %d: %v", k, len(logits), got)
			}
		}
	}
}
