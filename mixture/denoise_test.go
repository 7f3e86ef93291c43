package mixture

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/tokenize"
)

// ids1000 is a vocabulary of sentinels alone: <extra_id_k> is 1000-k, mode tokens are 500 to 502.
type ids1000 struct{ sentinels int }

func (v ids1000) Sentinel(k int) (int32, error) {
	if k < 0 || k >= v.sentinels {
		return 0, fmt.Errorf("<extra_id_%d> does not exist", k)
	}
	return 1000 - int32(k), nil
}

func (v ids1000) Mode(name string) (int32, error) {
	return 500 + int32(slices.Index(tokenize.ModeTokens[:], name)), nil
}

func count(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = 10000 + int32(i)
	}
	return ids
}

// TestPlanSpans has the lengths that random_spans_helper of T5's preprocessors.py gives.
func TestPlanSpans(t *testing.T) {
	for _, c := range []struct {
		inputs                    int
		meanSpan, rate            float64
		wantRaw, targets, atSpans int
	}{
		{512, 3, .15, 568, 114, 28},
		{512, 8, .15, 588, 100, 11},
		{512, 3, .5, 766, 512, 128},
		{512, 8, .5, 908, 512, 57},
		{512, 64, .15, 600, 92, 1},
		{512, 64, .5, 1006, 512, 8},
		{1024, 3, .15, 1137, 229, 57},
		{1024, 3, .5, 1534, 1024, 256},
		{1024, 8, .5, 1818, 1024, 114},
		{128, 64, .15, 149, 23, 1}, // T5 plans no span here, and then makes one
	} {
		raw, targets := planSpans(c.inputs, c.rate, c.meanSpan)
		_, spans := Denoiser{MeanSpan: c.meanSpan, Rate: c.rate}.noise(raw)
		if raw != c.wantRaw || targets != c.targets || spans != c.atSpans {
			t.Errorf("inputs %d, spans of %v, rate %v: raw %d, targets %d, spans %d, want %d, %d, %d",
				c.inputs, c.meanSpan, c.rate, raw, targets, spans, c.wantRaw, c.targets, c.atSpans)
		}
	}
}

// restore undoes a denoiser.
func restore(inputs, targets []int32) []int32 {
	isSentinel := func(id int32) bool { return id > 600 && id <= 1000 }
	hidden := map[int32][]int32{}
	var rest []int32
	last := int32(0)
	for _, id := range targets {
		switch {
		case isSentinel(id):
			last = id
		case last != 0:
			hidden[last] = append(hidden[last], id)
		default:
			rest = append(rest, id)
		}
	}
	var text []int32
	for _, id := range inputs {
		if isSentinel(id) {
			text = append(text, hidden[id]...)
		} else {
			text = append(text, id)
		}
	}
	return append(text, rest...)
}

func anyDenoiser(t *rapid.T) Denoiser { return anyDenoiserThat(t, func(Denoiser) bool { return true }) }

func hasSpans(d Denoiser) bool { return d.MeanSpan > 0 }

// anyDenoiserThat draws a denoiser of a preset.
func anyDenoiserThat(t *rapid.T, wanted func(Denoiser) bool) Denoiser {
	preset := rapid.SampledFrom([]string{"ul2", "ul2-paper", "ul2r", "t5"}).Draw(t, "preset")
	denoisers, err := Denoisers(preset)
	if err != nil {
		t.Fatal(err)
	}
	return rapid.SampledFrom(denoisers).Filter(wanted).Draw(t, "denoiser")
}

func TestCorruptIsReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDenoiser(t)
		ids := count(rapid.IntRange(2, 700).Draw(t, "ids"))
		maxInput, maxTarget := rapid.IntRange(8, 600).Draw(t, "maxInput"), rapid.IntRange(8, 600).Draw(t, "maxTarget")
		seed := rapid.Uint64().Draw(t, "seed")
		inputs, targets, err := d.Corrupt(ids, ids1000{400}, maxInput, maxTarget, random.New(seed))
		if err != nil {
			t.Fatal(err)
		}
		if len(inputs) > maxInput || len(targets) > maxTarget {
			t.Fatalf("%d inputs of at most %d, %d targets of at most %d", len(inputs), maxInput, len(targets), maxTarget)
		}
		if d.Mode != "" {
			if mode, _ := (ids1000{}).Mode(d.Mode); inputs[0] != mode {
				t.Fatalf("inputs begin with %d, want mode %d", inputs[0], mode)
			}
			inputs = inputs[1:]
		}
		if inputs[len(inputs)-1] != tokenize.EOS || targets[len(targets)-1] != tokenize.EOS {
			t.Fatalf("no end of sentence: %v, %v", inputs, targets)
		}
		text := restore(inputs[:len(inputs)-1], targets[:len(targets)-1])
		start := int(text[0] - 10000)
		if want := min(len(ids), d.Length(maxInput, maxTarget)); len(text) != want {
			t.Fatalf("%d ids of %d are used, want %d", len(text), len(ids), want)
		}
		if !slices.Equal(text, ids[start:start+len(text)]) {
			t.Fatalf("inputs %v and targets %v give %v", inputs, targets, text)
		}
	})
}

func TestSpansHideWhatTheRateSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDenoiserThat(t, hasSpans)
		length := rapid.IntRange(2, 2000).Draw(t, "length")
		kept, hidden := d.spans(length, random.New(rapid.Uint64().Draw(t, "seed")))
		wantHidden, wantSpans := d.noise(length)
		sum := func(spans []int) (n int) {
			for _, s := range spans {
				if s < 1 {
					t.Fatalf("a span of %d ids", s)
				}
				n += s
			}
			return n
		}
		if got := sum(hidden); got != wantHidden || sum(kept) != length-wantHidden {
			t.Fatalf("%d of %d hidden, want %d", got, length, wantHidden)
		}
		if len(hidden) != wantSpans || len(kept) != wantSpans {
			t.Fatalf("%d hidden and %d kept spans, want %d", len(hidden), len(kept), wantSpans)
		}
		if exact := float64(length) * d.Rate; math.Abs(float64(wantHidden)-exact) > 1 {
			t.Fatalf("%d of %d hidden, want about %.1f", wantHidden, length, exact)
		}
	})
}

func TestRandomSegmentationIsUniform(t *testing.T) {
	rng := random.New(11)
	const rounds = 30_000
	seen := map[string]int{}
	for range rounds {
		seen[fmt.Sprint(randomSegmentation(6, 3, rng))]++
	}
	const ways = 10 // 5 choose 2
	if len(seen) != ways {
		t.Fatalf("%d ways to cut 6 into 3, want %d: %v", len(seen), ways, seen)
	}
	for way, n := range seen {
		if math.Abs(float64(n)-rounds/ways) > 250 { // 5 standard deviations
			t.Errorf("%s came %d times of %d, want about %d", way, n, rounds, rounds/ways)
		}
	}
}

func TestPrefixHidesAQuarterOnAverage(t *testing.T) {
	d := Denoiser{Name: "S", Rate: .25}
	rng := random.New(5)
	const length, rounds = 101, 20_000
	low, high, hidden := length, 0, 0
	for range rounds {
		p := d.prefix(length, rng)
		low, high, hidden = min(low, p), max(high, p), hidden+length-p
	}
	if mean := float64(hidden) / rounds; low != 50 || high != 100 || math.Abs(mean-26) > .5 {
		t.Errorf("prefixes %d to %d, %.2f hidden on average; want 50 to 100, about 26", low, high, mean)
	}
}

func TestChooseDenoiserFollowsTheWeights(t *testing.T) {
	for preset, want := range map[string]float64{"ul2": .22, "ul2-paper": 1. / 7, "ul2r": .5} {
		denoisers, err := Denoisers(preset)
		if err != nil {
			t.Fatal(err)
		}
		rng := random.New(random.Name(preset))
		const rounds = 20_000
		sequential := 0.
		for range rounds {
			if ChooseDenoiser(denoisers, rng).MeanSpan == 0 {
				sequential++
			}
		}
		if got := sequential / rounds; math.Abs(got-want) > .02 {
			t.Errorf("%s chose S %.3f of the time, want %.3f", preset, got, want)
		}
	}
}

func TestSentinelsThatLack(t *testing.T) {
	denoisers, err := Denoisers("ul2")
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckSentinels(denoisers, ids1000{128}, 512, 512); err != nil {
		t.Errorf("128 sentinels at 512: %v", err)
	}
	err = CheckSentinels(denoisers, ids1000{100}, 512, 512)
	if err == nil || !strings.Contains(err.Error(), "X(3,.5) hides up to 127 spans in texts of 765 ids") {
		t.Errorf("100 sentinels at 512: %v", err)
	}
	_, _, err = denoisers[2].Corrupt(count(700), ids1000{100}, 512, 512, random.New(1))
	if err == nil || !strings.Contains(err.Error(), "denoiser X(3,.5) hides 117 spans in 700 ids: <extra_id_116> does not exist") {
		t.Errorf("Corrupt with 100 sentinels: %v", err)
	}
}

func TestCorruptRefuses(t *testing.T) {
	d := Denoiser{Name: "R", MeanSpan: 3, Rate: .15}
	if _, _, err := d.Corrupt(count(1), ids1000{9}, 32, 32, random.New(1)); !errors.Is(err, ErrTooShort) {
		t.Errorf("one id: %v", err)
	}
	if _, _, err := d.Corrupt(count(9), ids1000{9}, 2, 32, random.New(1)); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("inputs of 2 ids: %v", err)
	}
	if _, err := Denoisers("ul3"); err == nil || !strings.Contains(err.Error(), "want ul2") {
		t.Errorf("an unknown preset: %v", err)
	}
}

func ExampleDenoiser_Corrupt() {
	vocabulary, err := tokenize.Open(tokenize.Config{Model: "../tokenize/sentencepiece/testdata/nmt_nfkc.model", Sentinels: 64, ModeTokens: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	ids := vocabulary.Encode("face with tears of joy, grinning cat with smiling eyes")
	for _, d := range []Denoiser{
		{Name: "R(3,.15)", MeanSpan: 3, Rate: .15, Mode: "[NLU]"},
		{Name: "X(3,.5)", MeanSpan: 3, Rate: .5, Mode: "[NLG]"},
		{Name: "S(.25)", Rate: .25, Mode: "[S2S]"},
	} {
		inputs, targets, err := d.Corrupt(ids, vocabulary, 32, 32, random.New(1))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s -> %s\n", vocabulary.Decode(inputs), vocabulary.Decode(targets))
	}
	// Output:
	// [NLU] face with tears of joy, grinning cat with smiling <extra_id_0> -> <extra_id_0> eyes
	// [NLG] face with <extra_id_0> ars of <extra_id_1> y <extra_id_2> t <extra_id_3> smiling <extra_id_4> -> <extra_id_0> te <extra_id_1> jo <extra_id_2> , grinning ca <extra_id_3> with <extra_id_4> eyes
	// [S2S] face with tears of joy, grinning cat with smili -> ng eyes
}
