package decode_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/ul2"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var tiny = pali3.Config{
	Vision: vit.Config{Width: 12, Depth: 2, MLP: 16, Heads: 2, Patch: 2, Image: 4},
	Language: ul2.Config{Width: 16, MLP: 20, Heads: 2, HeadDim: 6, EncoderLayers: 2, DecoderLayers: 2, Vocab: 23,
		Buckets: 8, MaxDistance: 12},
}

const batch, length = 6, 15

func initial(t *testing.T) (*weights.Set, decode.Inputs) {
	t.Helper()
	specs, err := pali3.Specs(modeltest.Backend(t), tiny)
	if err != nil {
		t.Fatal(err)
	}
	for i := range specs { // larger weights than at the start of training, so that answers vary
		if specs[i].Name == "lm_head.weight" {
			specs[i].Init = weights.Normal(1)
		}
	}
	images := modeltest.Floats("images", batch, 1, 4, 4, 3)
	return weights.Initial(specs, 4), decode.Inputs{Images: images, Encoder: modeltest.IDs("prompts", 23, batch, 5)}
}

// wholePrefix decodes the way that cannot be wrong: the whole decoder anew for every id.
func wholePrefix(t *testing.T, set *weights.Set, in decode.Inputs) []decode.Answer {
	t.Helper()
	answers, ended := make([]decode.Answer, batch), make([]bool, batch)
	decoder := make([]int32, batch*length)
	for position := range length {
		logits := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			encoded, mask := pali3.Encode(s, tiny, pali3.Inputs{Images: in[0], Encoder: in[1]})
			return []*graph.Node{ul2.Logits(s, tiny.Language, ul2.Decode(s, tiny.Language, encoded, mask, in[2]))}
		}, in.Images, in.Encoder, tensors.FromFlatDataAndDimensions(slices.Clone(decoder), batch, length))
		vocab := tiny.Language.Vocab
		for b := range batch {
			at := (b*length + position) * vocab
			id, logp := likeliest(logits[at : at+vocab])
			if position+1 < length {
				decoder[b*length+position+1] = id
			}
			if ended[b] {
				continue
			}
			answers[b].LogProbability += logp
			if ended[b] = id == decode.EOS; !ended[b] {
				answers[b].IDs = append(answers[b].IDs, id)
			}
		}
	}
	return answers
}

func likeliest(logits []float32) (int32, float64) {
	best, z := 0, 0.0
	for i, v := range logits {
		z += math.Exp(float64(v))
		if v > logits[best] {
			best = i
		}
	}
	return int32(best), float64(logits[best]) - math.Log(z)
}

func TestLikeTheWholePrefix(t *testing.T) {
	set, in := initial(t)
	want := wholePrefix(t, set, in)
	generator, err := decode.NewGenerator(modeltest.Backend(t), tiny, set.Specs(), length)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time with compiled graphs
		got, err := generator.Generate(context.Background(), set, in)
		if err != nil {
			t.Fatal(err)
		}
		lengths := map[int]bool{}
		for b := range got {
			lengths[len(got[b].IDs)] = true
			if !slices.Equal(got[b].IDs, want[b].IDs) || math.Abs(got[b].LogProbability-want[b].LogProbability) > 1e-3 {
				t.Errorf("sample %d: %v, want %v", b, got[b], want[b])
			}
		}
		if len(lengths) < 3 {
			t.Errorf("all answers have the lengths %v: the test shows little", lengths)
		}
	}
}

func TestCachedTokensAnswerTheSame(t *testing.T) {
	set, in := initial(t)
	tokens := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{pali3.VisualTokens(s, tiny, in[0])}
	}, in.Images)[0]
	generator, err := decode.NewGenerator(modeltest.Backend(t), tiny, set.Specs(), length)
	if err != nil {
		t.Fatal(err)
	}
	a, err := generator.Generate(context.Background(), set, in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := generator.Generate(context.Background(), set, decode.Inputs{Tokens: tokens, Encoder: in.Encoder})
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if !slices.Equal(a[i].IDs, b[i].IDs) {
			t.Errorf("sample %d: %v from images, %v from tokens", i, a[i].IDs, b[i].IDs)
		}
	}
}

func TestCancelling(t *testing.T) {
	set, in := initial(t)
	generator, err := decode.NewGenerator(modeltest.Backend(t), tiny, set.Specs(), length)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := generator.Generate(ctx, set, in); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}
