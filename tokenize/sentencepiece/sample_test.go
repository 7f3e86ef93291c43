package sentencepiece

import (
	"fmt"
	"math"
	"testing"

	"github.com/pali3/pali3/random"
)

// every returns the probability of each segmentation of text, by its ids, and the entropy.
func every(t *testing.T, m *Model, text string, alpha float64) (map[string]float64, float64) {
	t.Helper()
	all, err := m.NBest(text, maxNBest)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == maxNBest {
		t.Fatalf("%q has too many segmentations to list", text)
	}
	sum := 0.0
	for _, s := range all {
		sum += math.Exp(alpha * float64(s.Score))
	}
	exact, entropy := map[string]float64{}, 0.0
	for _, s := range all {
		p := math.Exp(alpha*float64(s.Score)) / sum
		exact[fmt.Sprint(s.IDs())] += p
		entropy -= p * math.Log(p)
	}
	return exact, entropy
}

// checkDistribution draws often and compares with exact probabilities: Pearson's chi-square over
// the outcomes that are expected five times at least, the others together. The bound is 5 standard
// deviations of the chi-square distribution above its mean.
func checkDistribution(t *testing.T, what string, exact map[string]float64, draw func(i uint64) []int32) {
	t.Helper()
	const draws = 20_000
	counts := map[string]int{}
	for i := range uint64(draws) {
		counts[fmt.Sprint(draw(i))]++
	}
	square, kinds, rest, restSeen := 0.0, 0, 0.0, draws
	for ids, p := range exact {
		if expected := p * draws; expected >= 5 {
			d := float64(counts[ids]) - expected
			square += d * d / expected
			restSeen -= counts[ids]
			kinds++
			continue
		}
		rest += p * draws
	}
	if rest >= 5 {
		square += (float64(restSeen) - rest) * (float64(restSeen) - rest) / rest
		kinds++
	} else if restSeen > 40 {
		t.Errorf("%s: %d of %d draws are none of the segmentations", what, restSeen, draws)
	}
	if freedom := float64(kinds - 1); square > freedom+5*math.Sqrt(2*freedom)+1 {
		t.Errorf("%s: chi-square %.1f with %d kinds", what, square, kinds)
	}
}

func TestSampleUnigram(t *testing.T) {
	m := openGolden(t, "nmt_nfkc")
	for _, text := range []string{"faces", "cat", "two w", "½a"} {
		for _, alpha := range []float64{0, 0.1, 0.5, 1} {
			exact, entropy := every(t, m, text, alpha)
			what := fmt.Sprintf("%q, alpha %v", text, alpha)
			checkDistribution(t, what, exact, func(i uint64) []int32 { return sampled(t, m, text, Sampling{Alpha: alpha}, i) })
			if got, err := m.Entropy(text, alpha); err != nil || math.Abs(got-entropy) > 1e-4 {
				t.Errorf("%s: entropy %v, %v, want %v", what, got, err, entropy)
			}
		}
	}
}

func TestSampleNBest(t *testing.T) {
	m := openGolden(t, "nmt_nfkc")
	const text, alpha, n = "faces with", 0.3, 6
	best, err := m.NBest(text, n)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, s := range best {
		sum += math.Exp(alpha * float64(s.Score))
	}
	exact := map[string]float64{}
	for _, s := range best {
		exact[fmt.Sprint(s.IDs())] += math.Exp(alpha*float64(s.Score)) / sum
	}
	checkDistribution(t, "6 best", exact, func(i uint64) []int32 { return sampled(t, m, text, Sampling{Alpha: alpha, NBest: n}, i) })
}

func TestSampleIsAFunctionOfItsKey(t *testing.T) {
	for _, name := range []string{"nmt_nfkc", "bpe_bytes"} {
		m := openGolden(t, name)
		const text = "surface with faces"
		if a, b := sampled(t, m, text, Sampling{Alpha: 0.2}, 7), sampled(t, m, text, Sampling{Alpha: 0.2}, 7); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: the same key gives %v and %v", name, a, b)
		}
	}
}

// TestDropout: abc merges as (ab)c or a(bc), ab first. With each merge left out with probability p,
// which of the segmentations comes out is known exactly.
func TestDropout(t *testing.T) {
	pieces := []Piece{{"<unk>", 0, Unknown}, {"a", -9, Normal}, {"b", -9, Normal}, {"c", -9, Normal}, {"ab", -1, Normal}, {"bc", -2, Normal}, {"abc", -3, Normal}}
	m, err := Parse(build(pieces, varintField(3, uint64(BPE)), varintField(3, 0)))
	if err != nil {
		t.Fatal(err)
	}
	const p, q = 0.3, 0.7
	exact := map[string]float64{
		"[6]":     q*q + p*q*q, // ab then abc; or ab left out, bc, then abc
		"[4 3]":   q * p,       // ab, abc left out
		"[1 5]":   p * q * p,
		"[1 2 3]": p * p,
	}
	checkDistribution(t, "dropout", exact, func(i uint64) []int32 { return sampled(t, m, "abc", Sampling{Alpha: p}, i) })
	if got := sampled(t, m, "abc", Sampling{Alpha: 1}, 1); len(got) != 3 {
		t.Errorf("all merges left out: %v", got)
	}
	if got := sampled(t, m, "abc", Sampling{}, 1); len(got) != 1 {
		t.Errorf("no merge left out: %v", got)
	}
}

func sampled(t *testing.T, m *Model, text string, s Sampling, key uint64) []int32 {
	t.Helper()
	ids, err := m.Sample(text, s, random.New(11, key))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
