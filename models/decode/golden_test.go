package decode_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// golden is what a T5 of transformers says. parity/decode_goldens.py made it.
type golden struct {
	Prompts [][]int32
	Greedy  []struct {
		Length  int
		Min     int `json:"min_length"`
		Penalty float64
		Ends    []int32
		Prefix  []int32
		OneOf   [][]int32 `json:"one_of"`
		Answers [][]goldenAnswer
	}
	Beams []struct {
		Rule    decode.Rule
		Beams   int
		Alpha   float64
		Length  int
		Answers [][]goldenAnswer
	}
}

// goldenAnswer has ids with the end id.
type goldenAnswer struct {
	IDs   []int32
	Score float64
	Logps []float64
}

// tinyT5 is the shape of the golden model.
var tinyT5 = t5.Model{Config: t5.Config{Width: 16, HeadDim: 6, MLP: 24, Heads: 2, Vocab: 48, EncoderLayers: 2, DecoderLayers: 2,
	Buckets: 8, MaxDistance: 12}}

func openGolden(t *testing.T) (g golden, set *weights.Set, in decode.Inputs) {
	t.Helper()
	text, err := os.ReadFile("testdata/decoded.json")
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	specs, err := tinyT5.Specs(modeltest.Backend(t))
	if err != nil {
		t.Fatal(err)
	}
	if set, err = weights.Load("testdata/t5.safetensors", specs); err != nil {
		t.Fatal(err)
	}
	return g, set, decode.Inputs{Encoder: tensors.FromValue(g.Prompts)}
}

// difference is the largest difference of log probabilities from a golden's, relative to those
// above 1.
func difference(t *testing.T, what string, got decode.Answer, want goldenAnswer) (worst float64) {
	t.Helper()
	ids := got.IDs
	if got.End >= 0 {
		ids = append(slices.Clip(ids), got.End)
	}
	if !slices.Equal(ids, want.IDs) || len(got.LogProbabilities) != len(want.Logps) {
		t.Errorf("%s: %v, want %v", what, ids, want.IDs)
		return 0
	}
	for i, logp := range got.LogProbabilities {
		worst = max(worst, math.Abs(logp-want.Logps[i])/max(1, math.Abs(want.Logps[i])))
	}
	return worst
}

func TestGenerate_GreedyEqualsTransformers(t *testing.T) {
	g, set, in := openGolden(t)
	worst := 0.0
	for _, c := range g.Greedy {
		for _, fixed := range []bool{false, true} {
			generator, err := decode.NewGenerator(modeltest.Backend(t), &tinyT5, set.Specs(), c.Length)
			if err != nil {
				t.Fatal(err)
			}
			generator.Fixed = fixed
			generator.Method = decode.Method{MinLength: c.Min, RepetitionPenalty: c.Penalty, End: c.Ends}
			if c.Prefix != nil {
				in.Prefixes = slices.Repeat([][]int32{c.Prefix}, len(g.Prompts))
			}
			if c.OneOf != nil {
				one, err := decode.NewOneOf(c.OneOf)
				if err != nil {
					t.Fatal(err)
				}
				in.Constraints = []decode.Constraint{one}
			}
			for i, all := range generate(t, generator, set, in) {
				what := fmt.Sprintf("%+v: sample %d", generator.Method, i)
				worst = max(worst, difference(t, what, all[0], c.Answers[i][0]))
			}
			in.Prefixes, in.Constraints = nil, nil
		}
	}
	if worst > 1e-5 {
		t.Errorf("log probabilities differ by %g", worst)
	}
	t.Logf("log probabilities differ by at most %.2g", worst)
}

func TestGenerate_BeamsEqualTheirSources(t *testing.T) {
	g, set, in := openGolden(t)
	worst := 0.0
	for _, c := range g.Beams {
		for _, way := range []struct{ fixed, compact bool }{{false, false}, {true, true}} {
			generator, err := decode.NewGenerator(modeltest.Backend(t), &tinyT5, set.Specs(), c.Length)
			if err != nil {
				t.Fatal(err)
			}
			generator.Fixed, generator.Compact = way.fixed, way.compact
			generator.Method = decode.Method{Beams: c.Beams, Rule: c.Rule, Alpha: c.Alpha}
			if c.Rule == decode.T5X {
				generator.Method.NBest = c.Beams
			}
			for i, all := range generate(t, generator, set, in) {
				for j, want := range c.Answers[i] {
					what := fmt.Sprintf("%+v, length %d: sample %d, answer %d", generator.Method, c.Length, i, j)
					if j >= len(all) {
						t.Errorf("%s is missing", what)
						continue
					}
					worst = max(worst, difference(t, what, all[j], want), math.Abs(all[j].Score-want.Score)/max(1, math.Abs(want.Score)))
				}
			}
		}
	}
	if worst > 1e-5 {
		t.Errorf("log probabilities and scores differ by %g", worst)
	}
	t.Logf("log probabilities and scores differ by at most %.2g", worst)
}
