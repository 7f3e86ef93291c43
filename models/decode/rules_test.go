package decode_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

// generator returns one with a method.
func generator(t *testing.T, m decode.Method, set *weights.Set) *decode.Generator {
	t.Helper()
	g, err := decode.NewGenerator(modeltest.Backend(t), &tiny, set.Specs(), length)
	if err != nil {
		t.Fatal(err)
	}
	g.Method = m
	return g
}

func generate(t *testing.T, g *decode.Generator, set *weights.Set, in decode.Inputs) [][]decode.Answer {
	t.Helper()
	answers, err := g.NBest(context.Background(), set, in)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// same compares answers with those of another way to compute them.
func same(t *testing.T, what string, got, want [][]decode.Answer) {
	t.Helper()
	for i := range want {
		if len(got[i]) != len(want[i]) {
			t.Errorf("%s: sample %d: %d answers, want %d", what, i, len(got[i]), len(want[i]))
			continue
		}
		for j := range want[i] {
			a, b := got[i][j], want[i][j]
			if !slices.Equal(a.IDs, b.IDs) || a.End != b.End || math.Abs(a.LogProbability-b.LogProbability) > 1e-4 || math.Abs(a.Score-b.Score) > 1e-4 {
				t.Errorf("%s: sample %d, answer %d: %+v, want %+v", what, i, j, a, b)
			}
		}
	}
}

// methods are some of every kind.
var methods = map[string]decode.Method{
	"greedy": {}, "penalised": {RepetitionPenalty: 1.5}, "short": {MaxLength: 4, MinLength: 2},
	"t5x": {Beams: 3, Alpha: decode.T5XAlpha, NBest: 3}, "bigvision": {Beams: 3, Rule: decode.BigVision},
	"sampled": {Temperature: 1.2, TopK: 9, TopP: 0.9, MinP: 0.01, NBest: 3, Seed: 3}, "two ends": {End: []int32{1, 5, 7}, Beams: 2},
}

func TestGenerate_FixedGivesTheSameAnswers(t *testing.T) {
	set, in := initial(t)
	other := weights.Initial(set.Specs(), 9)
	for name, m := range methods {
		plain, fixed := generator(t, m, set), generator(t, m, set)
		fixed.Fixed = true
		for _, weights := range []*weights.Set{set, other, set} {
			same(t, name, generate(t, fixed, weights, in), generate(t, plain, weights, in))
		}
	}
}

func TestGenerate_CompactGivesTheSameAnswers(t *testing.T) {
	set, in := initial(t)
	for name, m := range methods {
		for _, fixed := range []bool{false, true} {
			m.End = []int32{1, 4, 8, 12} // so that answers end at many lengths
			plain, compact := generator(t, m, set), generator(t, m, set)
			compact.Compact, compact.Fixed = true, fixed
			same(t, name, generate(t, compact, set, in), generate(t, plain, set, in))
		}
	}
}

// TestGenerate_SampleAlone decodes each sample by itself, so that the number of rows is odd.
func TestGenerate_SampleAlone(t *testing.T) {
	set, in := initial(t)
	in.Keys = []uint64{11, 12, 13, 14, 15, 16}
	for name, m := range methods {
		g := generator(t, m, set)
		g.Fixed = true
		all := generate(t, g, set, in)
		for i := range batch {
			one := decode.Inputs{Images: rowOf[float32](in.Images, i), Encoder: rowOf[int32](in.Encoder, i), Keys: in.Keys[i : i+1]}
			same(t, name, generate(t, g, set, one), all[i:i+1])
		}
	}
}

func TestGenerate_LengthLimits(t *testing.T) {
	set, in := initial(t)
	for _, m := range []decode.Method{
		{MinLength: 9}, {MinLength: 9, Beams: 3}, {MinLength: 9, Beams: 3, Rule: decode.BigVision}, {MinLength: 9, Temperature: 1},
		{MinLength: 3, MaxLength: 4}, {MinLength: 3, MaxLength: 4, Beams: 3}, {MaxLength: 1}, {MaxLength: 1, Beams: 2, Rule: decode.BigVision},
	} {
		for i, all := range generate(t, generator(t, m, set), set, in) {
			a := all[0]
			most := length
			if m.MaxLength > 0 {
				most = m.MaxLength
			}
			if n := len(a.LogProbabilities); len(a.IDs) < m.MinLength || n > most || a.End == -1 && len(a.IDs) != most || a.End == 1 && n != len(a.IDs)+1 {
				t.Errorf("%+v: sample %d: %+v", m, i, a)
			}
		}
	}
}

func TestGenerate_Prefixes(t *testing.T) {
	set, in := initial(t)
	in.Prefixes = [][]int32{{3, 4}, nil, {9}, {2, 2, 2, 2}, {}, {22}}
	for name, m := range methods {
		if m.MaxLength > 0 {
			continue
		}
		m.NBest = 0
		answers := generate(t, generator(t, m, set), set, in)
		for i, all := range answers {
			if !slices.Equal(all[0].IDs[:len(in.Prefixes[i])], in.Prefixes[i]) {
				t.Errorf("%s: sample %d begins with %v", name, i, all[0].IDs)
			}
		}
		best := make([]decode.Answer, len(answers))
		for i := range answers {
			best[i] = answers[i][0]
		}
		if name == "two ends" {
			continue // probabilities knows one
		}
		for i, want := range probabilities(t, set, decode.Inputs{Images: in.Images, Encoder: in.Encoder}, best) {
			if math.Abs(best[i].LogProbability-want) > 1e-3 {
				t.Errorf("%s: sample %d: %+v, want %g", name, i, best[i], want)
			}
		}
	}
}

func TestGenerate_OneOfFindsTheLikeliest(t *testing.T) {
	set, in := initial(t)
	choices := [][]int32{{3}, {3, 4}, {5, 6, 7}, {5, 6, 8}, {9, 9, 9, 9}, {22, 1, 2}, {}}
	choices[5] = []int32{22, 0, 2}
	one, err := decode.NewOneOf(choices)
	if err != nil {
		t.Fatal(err)
	}
	g := generator(t, decode.Method{Beams: len(choices), NBest: len(choices)}, set)
	constrained := in
	constrained.Constraints = []decode.Constraint{one}
	found := generate(t, g, set, constrained)
	same := make([][][]int32, batch)
	for i := range same {
		same[i] = choices
	}
	scored, err := g.Score(context.Background(), set, in, same)
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		if len(found[i]) != len(choices) {
			t.Errorf("sample %d: %d answers, want all %d", i, len(found[i]), len(choices))
		}
		slices.SortFunc(scored[i], func(a, b decode.Answer) int {
			if a.LogProbability > b.LogProbability {
				return -1
			}
			return 1
		})
		for j := range found[i] {
			a, b := found[i][j], scored[i][j]
			if !slices.Equal(a.IDs, b.IDs) || math.Abs(a.LogProbability-b.LogProbability) > 1e-4 || a.End != 1 {
				t.Errorf("sample %d, answer %d: %+v, want %+v", i, j, a, b)
			}
		}
	}
	for _, m := range []decode.Method{{}, {Temperature: 2}, {Beams: 2, Rule: decode.BigVision}} {
		for i, all := range generate(t, generator(t, m, set), set, constrained) {
			if !slices.ContainsFunc(choices, func(c []int32) bool { return slices.Equal(c, all[0].IDs) }) {
				t.Errorf("%+v: sample %d: %v is none of the choices", m, i, all[0].IDs)
			}
		}
	}
}

func TestScore_EqualsTheWholeDecoder(t *testing.T) {
	set, in := initial(t)
	given := [][][]int32{{{2, 3}, {}}, {}, {{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}}, {{7}}, {{8, 9, 10}, {1}, {0, 3}}, {{21, 22}}}
	for _, fixed := range []bool{false, true} {
		g := generator(t, decode.Method{}, set)
		g.Fixed = fixed
		scored, err := g.Score(context.Background(), set, in, given)
		if err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			one := make([]decode.Answer, batch)
			for i := range given {
				if j < len(given[i]) {
					one[i].IDs = given[i][j]
				}
			}
			for i, want := range probabilities(t, set, in, one) {
				if j >= len(given[i]) {
					continue
				}
				got := scored[i][j]
				if math.Abs(got.LogProbability-want) > 1e-4 || len(got.LogProbabilities) != len(given[i][j])+1 {
					t.Errorf("sample %d, answer %d: %+v, want %g", i, j, got, want)
				}
			}
		}
	}
}

func TestScore_ManyAnswersInParts(t *testing.T) {
	set, in := initial(t)
	given := make([][][]int32, batch)
	for i := range given {
		for j := range 30 {
			given[i] = append(given[i], slices.Repeat([]int32{int32(2 + j%20)}, j%5))
		}
	}
	g := generator(t, decode.Method{}, set)
	all, err := g.Score(context.Background(), set, in, given)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range []int{0, 7, 29} {
		one := make([][][]int32, batch)
		for i := range one {
			one[i] = given[i][j : j+1]
		}
		alone, err := g.Score(context.Background(), set, in, one)
		if err != nil {
			t.Fatal(err)
		}
		for i := range one {
			if math.Abs(all[i][j].LogProbability-alone[i][0].LogProbability) > 1e-4 {
				t.Errorf("sample %d, answer %d: %g, alone %g", i, j, all[i][j].LogProbability, alone[i][0].LogProbability)
			}
		}
	}
}

func TestStream_YieldsTheAnswers(t *testing.T) {
	set, in := initial(t)
	for _, m := range []decode.Method{{}, {Temperature: 1}} {
		g := generator(t, m, set)
		want := generate(t, g, set, in)
		got := make([]decode.Answer, batch)
		for token, err := range g.Stream(context.Background(), set, in) {
			if err != nil {
				t.Fatal(err)
			}
			a := &got[token.Sample]
			a.LogProbability += token.LogProbability
			if !token.End {
				a.IDs = append(a.IDs, token.ID)
			}
		}
		for i := range got {
			if !slices.Equal(got[i].IDs, want[i][0].IDs) || got[i].LogProbability != want[i][0].LogProbability {
				t.Errorf("sample %d: %+v, want %+v", i, got[i], want[i][0])
			}
		}
		n := 0
		for range g.Stream(context.Background(), set, in) {
			if n++; n == 3 {
				break
			}
		}
	}
	for _, err := range generator(t, decode.Method{Beams: 2}, set).Stream(context.Background(), set, in) {
		if err == nil {
			t.Error("beam search streams")
		}
	}
}

func TestGenerate_Alternatives(t *testing.T) {
	set, in := initial(t)
	for _, m := range []decode.Method{{Alternatives: 3}, {Alternatives: 3, Beams: 2}, {Alternatives: 3, Beams: 2, Rule: decode.BigVision}, {Alternatives: 3, Temperature: 1}} {
		for i, all := range generate(t, generator(t, m, set), set, in) {
			a := all[0]
			if len(a.Alternatives) != len(a.LogProbabilities) {
				t.Errorf("%+v: sample %d: alternatives at %d of %d positions", m, i, len(a.Alternatives), len(a.LogProbabilities))
			}
			for position, some := range a.Alternatives {
				if len(some) != 3 || some[0].LogProbability < some[1].LogProbability || some[0].LogProbability < a.LogProbabilities[position] {
					t.Errorf("%+v: sample %d, position %d: %+v, chosen %g", m, i, position, some, a.LogProbabilities[position])
				}
				at := slices.IndexFunc(some, func(x decode.Alternative) bool { return position < len(a.IDs) && x.ID == a.IDs[position] })
				if at >= 0 && some[at].LogProbability != a.LogProbabilities[position] {
					t.Errorf("%+v: sample %d, position %d: %+v, chosen %g", m, i, position, some, a.LogProbabilities[position])
				}
			}
		}
	}
}

func TestGenerators_ShareASet(t *testing.T) {
	set, in := initial(t)
	want := generate(t, generator(t, decode.Method{}, set), set, in)
	var group sync.WaitGroup
	for i := range 4 {
		g := generator(t, decode.Method{}, set)
		g.Fixed = i%2 == 0
		group.Go(func() {
			for range 3 {
				answers, err := g.NBest(context.Background(), set, in)
				if err != nil {
					t.Error(err)
					return
				}
				same(t, "at the same time", answers, want)
			}
		})
	}
	group.Wait()
}

// nothing allows no id.
type nothing struct{}

func (nothing) Allowed([]int32) decode.Allowed { return decode.Allowed{} }

// beyond allows an id that the vocabulary does not have.
type beyond struct{}

func (beyond) Allowed([]int32) decode.Allowed { return decode.Allowed{IDs: []int32{99}} }

func TestGenerate_NamesWhatIsWrong(t *testing.T) {
	set, in := initial(t)
	with := func(change func(*decode.Inputs)) decode.Inputs {
		changed := in
		change(&changed)
		return changed
	}
	for _, test := range []struct {
		m    decode.Method
		in   decode.Inputs
		want string
	}{
		{decode.Method{}, decode.Inputs{}, "no prompts"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Encoder = modeltest.IDs("many", 60, batch, 5) }), "vocabulary is 23"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Encoder = modeltest.IDs("few", 23, 2, 5) }), "there are 2 prompts"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Keys = make([]uint64, 2) }), "2 keys for 6 prompts"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Prefixes = make([][]int32, 2) }), "2 prefixes for 6 prompts"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Prefixes = [][]int32{5: {1}} }), "prefix 5 holds the end id 1"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Prefixes = [][]int32{5: {23}} }), "the id 23 is not in the vocabulary of 23"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Prefixes = [][]int32{5: make([]int32, 15)} }), "prefix 5 has 15 ids"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Constraints = make([]decode.Constraint, 2) }), "2 constraints for 6 prompts"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Constraints = []decode.Constraint{nothing{}} }), "nothing may follow"},
		{decode.Method{Beams: 2}, with(func(x *decode.Inputs) { x.Constraints = []decode.Constraint{nothing{}} }), "nothing may follow"},
		{decode.Method{}, with(func(x *decode.Inputs) { x.Constraints = []decode.Constraint{beyond{}} }), "the id 99"},
		{decode.Method{MaxLength: 16}, in, "room for 15 ids"},
		{decode.Method{MinLength: 15}, in, "min-length 15"},
		{decode.Method{End: []int32{40}}, in, "the id 40 is not in the vocabulary"},
		{decode.Method{TopK: 2}, in, "give a temperature"},
	} {
		_, err := generator(t, test.m, set).Generate(context.Background(), set, test.in)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want %q", test.m, err, test.want)
		}
	}
	g := generator(t, decode.Method{}, set)
	for _, test := range []struct {
		answers [][][]int32
		want    string
	}{
		{nil, "0 samples for 6 prompts"},
		{[][][]int32{5: {{23}}}, "answer 0 to sample 5: the id 23"},
		{[][][]int32{5: {make([]int32, 15)}}, "has 15 ids"},
	} {
		if _, err := g.Score(context.Background(), set, in, test.answers); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	given := [][][]int32{5: {{3, 4}}}
	if _, err := g.Score(ctx, set, in, given); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}
