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
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var tiny = pali3.Config{
	Vision: vit.Config{Width: 12, Depth: 2, MLP: 16, Heads: 2, Patch: 2, Image: vit.Side(4)},
	Language: t5.Config{Width: 16, MLP: 20, Heads: 2, HeadDim: 6, EncoderLayers: 2, DecoderLayers: 2, Vocab: 23,
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

// wholePrefix decodes without a cache: it runs the whole decoder for every id.
func wholePrefix(t *testing.T, set *weights.Set, in decode.Inputs) []decode.Answer {
	t.Helper()
	answers, ended := make([]decode.Answer, batch), make([]bool, batch)
	decoder := make([]int32, batch*length)
	for position := range length {
		logits := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			encoded, mask := pali3.Encode(s, tiny, pali3.Inputs{Images: in[0], Encoder: in[1]})
			return []*graph.Node{t5.Logits(s, tiny.Language, t5.Decode(s, tiny.Language, encoded, mask, in[2]))}
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

func TestGenerate_EqualsTheWholeDecoder(t *testing.T) {
	set, in := initial(t)
	want := wholePrefix(t, set, in)
	generator, err := decode.NewGenerator(modeltest.Backend(t), &tiny, set.Specs(), length)
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

func TestGenerate_AcceptsVisualTokens(t *testing.T) {
	set, in := initial(t)
	tokens := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{pali3.VisualTokens(s, tiny, in[0])}
	}, in.Images)[0]
	generator, err := decode.NewGenerator(modeltest.Backend(t), &tiny, set.Specs(), length)
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

func TestGenerate_StopsWhenCancelled(t *testing.T) {
	set, in := initial(t)
	generator, err := decode.NewGenerator(modeltest.Backend(t), &tiny, set.Specs(), length)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := generator.Generate(ctx, set, in); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// say answers with a method.
func say(t *testing.T, m decode.Method, set *weights.Set, in decode.Inputs) []decode.Answer {
	t.Helper()
	generator, err := decode.NewGenerator(modeltest.Backend(t), &tiny, set.Specs(), length)
	if err != nil {
		t.Fatal(err)
	}
	generator.Method = m
	answers, err := generator.Generate(context.Background(), set, in)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// probabilities returns what the model, its decoder run as a whole, gives to each answer in nats.
func probabilities(t *testing.T, set *weights.Set, in decode.Inputs, answers []decode.Answer) []float64 {
	t.Helper()
	decoder, said := make([]int32, batch*length), make([]int, batch)
	for b, a := range answers {
		copy(decoder[b*length+1:(b+1)*length], a.IDs)
		said[b] = min(len(a.IDs)+1, length) // with the EOS
	}
	logits := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		encoded, mask := pali3.Encode(s, tiny, pali3.Inputs{Images: in[0], Encoder: in[1]})
		return []*graph.Node{t5.Logits(s, tiny.Language, t5.Decode(s, tiny.Language, encoded, mask, in[2]))}
	}, in.Images, in.Encoder, tensors.FromFlatDataAndDimensions(decoder, batch, length))
	found := make([]float64, batch)
	for b := range found {
		for position := range said[b] {
			at := (b*length + position) * tiny.Language.Vocab
			row := logits[at : at+tiny.Language.Vocab]
			id := int32(decode.EOS)
			if position < len(answers[b].IDs) {
				id = answers[b].IDs[position]
			}
			best, logp := likeliest(row)
			found[b] += logp + float64(row[id]-row[best])
		}
	}
	return found
}

func TestGenerate_LogProbability(t *testing.T) {
	set, in := initial(t)
	for _, m := range []decode.Method{{}, {Beams: 3, Alpha: decode.T5XAlpha}, {Beams: 4}, {Temperature: 1, Seed: 4}, {Temperature: 0.8, TopK: 5}} {
		answers := say(t, m, set, in)
		for b, want := range probabilities(t, set, in, answers) {
			if math.Abs(answers[b].LogProbability-want) > 1e-3 {
				t.Errorf("%+v: sample %d: %v, want %.4f", m, b, answers[b], want)
			}
		}
	}
}

func TestGenerate_BeamsFindLikelierAnswers(t *testing.T) {
	set, in := initial(t)
	greedy, one, four := say(t, decode.Method{}, set, in), say(t, decode.Method{Beams: 1}, set, in), say(t, decode.Method{Beams: 4}, set, in)
	better := 0
	for b := range greedy {
		if !slices.Equal(greedy[b].IDs, one[b].IDs) {
			t.Errorf("sample %d: one beam says %v, greedy %v", b, one[b], greedy[b])
		}
		if four[b].LogProbability > greedy[b].LogProbability+1e-3 {
			better++
		}
		if ended := len(greedy[b].IDs) < length; ended && four[b].LogProbability < greedy[b].LogProbability-1e-3 {
			t.Errorf("sample %d: four beams say %v, greedy %v", b, four[b], greedy[b])
		}
	}
	if better == 0 {
		t.Error("four beams found no likelier answer: the test shows little")
	}
}

func TestGenerate_SamplingRepeats(t *testing.T) {
	set, in := initial(t)
	cold, greedy := say(t, decode.Method{Temperature: 1e-5}, set, in), say(t, decode.Method{}, set, in)
	m := decode.Method{Temperature: 1, TopP: 0.95, Seed: 5}
	a, b := say(t, m, set, in), say(t, m, set, in)
	m.Seed++
	other := say(t, m, set, in)
	differ := 0
	for i := range greedy {
		if !slices.Equal(cold[i].IDs, greedy[i].IDs) {
			t.Errorf("sample %d: near temperature 0 %v, greedy %v", i, cold[i], greedy[i])
		}
		if !slices.Equal(a[i].IDs, b[i].IDs) {
			t.Errorf("sample %d: %v, and the same again %v", i, a[i], b[i])
		}
		if !slices.Equal(a[i].IDs, other[i].IDs) {
			differ++
		}
	}
	if differ == 0 {
		t.Error("another seed draws the same")
	}
}

// rowOf returns a row of a batch as a batch of its own.
func rowOf[T int32 | float32](x *tensors.Tensor, row int) *tensors.Tensor {
	d := slices.Clone(x.Shape().Dimensions)
	n := x.Shape().Size() / d[0]
	d[0] = 1
	return tensors.FromFlatDataAndDimensions(slices.Clone(tensors.MustCopyFlatData[T](x)[row*n:(row+1)*n]), d...)
}
