package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

type retrievalGolden struct {
	Seed                                 uint32
	Images, Texts, Width, Levels, Owners int
	I2T, T2I                             directionGolden
}

type directionGolden struct {
	Ties                   bool
	Queries                int
	Ranks                  []int
	Median, Mean, MRR, MAP float64
	Recall                 map[string]float64
}

// numbers repeats the generator of parity/retrieval_goldens.py.
func numbers(seed uint32, n int) []int {
	out := make([]int, n)
	for i := range out {
		seed = (1103515245*seed + 12345) % (1 << 31)
		out[i] = int(seed >> 16)
	}
	return out
}

func (g *retrievalGolden) vectors(seed uint32, n int) Vectors {
	v := Vectors{g.Width, nil}
	for _, x := range numbers(seed, n*g.Width) {
		if g.Levels > 0 {
			v.Values = append(v.Values, float32(x%g.Levels-g.Levels/2))
		} else {
			v.Values = append(v.Values, float32(x)/32768-0.5)
		}
	}
	return v
}

func (g *retrievalGolden) pairs() (pairs []Pair) {
	seen := map[Pair]bool{}
	for text := range g.Texts {
		if g.Owners == 0 {
			pairs = append(pairs, Pair{text * g.Images / g.Texts, text})
		}
	}
	for owner := range g.Owners {
		for text, image := range numbers(g.Seed+2+uint32(owner), g.Texts) {
			if p := (Pair{image % g.Images, text}); !seen[p] {
				seen[p] = true
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// TestRankEmbeddings_EqualsNumPyAndScikitLearn compares with parity/retrieval_goldens.py.
func TestRankEmbeddings_EqualsNumPyAndScikitLearn(t *testing.T) {
	content, err := os.ReadFile("testdata/retrieval.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []retrievalGolden
	if err := json.Unmarshal(content, &goldens); err != nil {
		t.Fatal(err)
	}
	for _, g := range goldens {
		t.Run(fmt.Sprint(g.Seed), func(t *testing.T) {
			i2t, t2i, err := RankEmbeddings(context.Background(), g.vectors(g.Seed, g.Images), g.vectors(g.Seed+1, g.Texts), g.pairs())
			if err != nil {
				t.Fatal(err)
			}
			g.I2T.compare(t, "image to text", i2t)
			g.T2I.compare(t, "text to image", t2i)
		})
	}
}

func (g directionGolden) compare(t *testing.T, what string, r Ranking) {
	t.Helper()
	if len(r.Queries) != g.Queries || !slices.Equal(r.Ranks, Ranks(g.Ranks)) {
		t.Fatalf("%s: ranks %v of %d queries, want %v of %d", what, r.Ranks, len(r.Queries), g.Ranks, g.Queries)
	}
	near := func(name string, got, want float64) {
		if math.Abs(got-want) > 1e-12*max(1, want) {
			t.Errorf("%s: %s is %v, want %v", what, name, got, want)
		}
	}
	near("median rank", r.Ranks.Median(), g.Median)
	near("mean rank", r.Ranks.Mean(), g.Mean)
	near("MRR", mean(r.Ranks.Reciprocal()), g.MRR)
	near("mAP", mean(r.AveragePrecision), g.MAP)
	for name, want := range g.Recall {
		k, _ := strconv.Atoi(name)
		if got := mean(r.Ranks.RecallAt(k)); g.Ties && got > want {
			t.Errorf("%s: R@%d is %v, above %v of an order that breaks ties by chance", what, k, got, want)
		} else if !g.Ties {
			near("R@"+name, got, want)
		}
	}
}
