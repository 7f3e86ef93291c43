package contamination

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/overlap"
	"github.com/pali3/pali3/shards"
)

// TestRules_MatchASecondImplementation compares with parity/contamination_goldens.py, which
// compares all pairs of positions.
func TestRules_MatchASecondImplementation(t *testing.T) {
	content, err := os.ReadFile("testdata/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Words []struct {
			Text  string
			Words []string
		}
		Cases []struct {
			Benchmark, Train []string
			N                int
			GPT3             []bool
			PaLM             []float64
			Llama2           []float64
			Tulu3            []float64
		}
	}
	if err := json.Unmarshal(content, &golden); err != nil {
		t.Fatal(err)
	}
	for _, w := range golden.Words {
		var got []string
		overlap.Words(w.Text, func(word []byte) { got = append(got, string(word)) })
		if !slices.Equal(got, w.Words) {
			t.Errorf("%q: words %q, want %q", w.Text, got, w.Words)
		}
	}
	found := map[string]int{}
	for n, c := range golden.Cases {
		var benchmark, train []shards.Sample
		for i, text := range c.Benchmark {
			benchmark = append(benchmark, withImage(fmt.Sprint(i), nil, text))
		}
		for i, text := range c.Train {
			train = append(train, withImage(fmt.Sprint(i), nil, text))
		}
		for _, rule := range []struct {
			name  string
			wants func(i int) (share float64, hit bool)
		}{
			{GPT3, func(i int) (float64, bool) { return 0, c.GPT3[i] }},
			{PaLM, func(i int) (float64, bool) { return c.PaLM[i], c.PaLM[i] >= 0.7 }},
			{Llama2, func(i int) (float64, bool) { return c.Llama2[i], c.Llama2[i] >= 0.8 }},
			{Tulu3, func(i int) (float64, bool) { return c.Tulu3[i], c.Tulu3[i] > 0.5 }},
		} {
			r := audit(t, Options{Rules: []string{rule.name}}, benchmark, dataset(t, train...))
			if rule.name == GPT3 && r.Gram != c.N {
				t.Errorf("case %d: N is %d, want %d", n, r.Gram, c.N)
			}
			for i := range c.Benchmark {
				share, hit := rule.wants(i)
				at := slices.IndexFunc(r.Contaminated, func(c Contaminated) bool { return c.ID == fmt.Sprint(i)+"/en" })
				if hit != (at >= 0) {
					t.Errorf("case %d, text %d, %s: found %v, want %v (share %v): %q", n, i, rule.name, at >= 0, hit, share, strings.TrimSpace(c.Benchmark[i]))
					continue
				}
				if !hit {
					continue
				}
				found[rule.name]++
				m := r.Contaminated[at].Matches[0]
				if exact := rule.name == PaLM || rule.name == Llama2; exact && math.Abs(m.Share-share) > 1e-12 {
					t.Errorf("case %d, text %d, %s: share %v, want %v", n, i, rule.name, m.Share, share)
				}
			}
		}
	}
	for _, rule := range []string{GPT3, PaLM, Llama2, Tulu3} {
		if found[rule] < 10 {
			t.Errorf("%s finds %d texts: too few to compare", rule, found[rule])
		}
	}
	t.Log(found)
}
