package paligemma_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/paligemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// cases are the models that parity/models_paligemma.py wrote to testdata/.
func cases() map[string]paligemma.Config {
	all := map[string]paligemma.Config{}
	for name, c := range map[string]struct {
		patch, side int
		language    gemma.Config
	}{
		"gemma": {4, 8, gemma.Config{Depth: 2, Heads: 4, KVHeads: 1, HeadDim: 6}},
		"heads": {2, 6, gemma.Config{Depth: 2, Heads: 2, HeadDim: 10, RotaryBase: 50}},
		"gemma2": {4, 8, gemma.Config{Depth: 3, Heads: 4, KVHeads: 2, HeadDim: 6, QueryScalar: 7,
			PostNorms: true, AttentionSoftcap: 2, LogitSoftcap: 4, Window: 5}},
		"window": {4, 4, gemma.Config{Depth: 4, Heads: 8, KVHeads: 2, HeadDim: 4, QueryScalar: 4,
			PostNorms: true, AttentionSoftcap: 50, LogitSoftcap: 30, Window: 3}},
	} {
		c.language.Width, c.language.MLP, c.language.Vocab = 16, 22, 41
		all[name] = paligemma.Config{
			Vision:   vit.Config{Width: 12, Depth: 2, MLP: 20, Heads: 2, Patch: c.patch, Image: vit.Side(c.side)},
			Language: c.language,
		}
	}
	return all
}

// load returns a model's weights.
func load(t testing.TB, name string, c paligemma.Config) *weights.Set {
	t.Helper()
	return loadFile(t, name+".safetensors", c)
}

func loadFile(t testing.TB, name string, c paligemma.Config) *weights.Set {
	t.Helper()
	specs, err := paligemma.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.OpenFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	set, report, err := weights.LoadFile(file, specs, paligemma.HubNames)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Unexpected)+len(report.Ignored) > 0 {
		t.Errorf("weights left over: %s", report)
	}
	return set
}

// batchOf returns the inputs of a golden batch.
func batchOf(golden modeltest.Golden) []*tensors.Tensor {
	return []*tensors.Tensor{golden.Floats("images"), golden.Floats("image_mask"), golden.Ints("input_ids"),
		golden.Ints("decoder_input_ids"), golden.Ints("targets")}
}

func inputs(in []*graph.Node) map[string]*graph.Node {
	return map[string]*graph.Node{"images": in[0], "image_mask": in[1], "input_ids": in[2], "decoder_input_ids": in[3], "targets": in[4]}
}

// TestOutputs_EqualTransformers compares every hidden state, the logits and the loss. Transformers
// ran each example without padding.
func TestOutputs_EqualTransformers(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) {
			set := load(t, name, c)
			golden := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
			var names []string
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				s.Record()
				var nodes []*graph.Node
				for _, noted := range slices.Concat(c.Outputs(s, inputs(in)), s.Noted()) {
					names, nodes = append(names, noted.Name), append(nodes, noted.Node)
				}
				return nodes
			}, batchOf(golden)...)
			there, compared := golden.Floats("there"), 0
			for i, name := range names {
				switch {
				case name == "logits":
					golden.Close(name, kept(out[i], golden.Ints("targets")), 1e-5)
				case name == "loss":
					golden.Close(name, out[i], 1e-6)
				case golden.Has(name):
					golden.Close(name, kept(out[i], there), 1e-5)
				default:
					continue
				}
				compared++
			}
			if want := c.Language.Depth + 3; compared != want {
				t.Errorf("compared %d of %d results: %q", compared, want, names)
			}
		})
	}
}

// TestGradients_EqualTransformers compares the gradient of the loss in every weight.
func TestGradients_EqualTransformers(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) {
			set := load(t, name, c)
			golden := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
			gradients := modeltest.Gradients(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				return []*graph.Node{c.Outputs(s, inputs(in))[1].Node}
			}, batchOf(golden)...)
			for i, spec := range set.Specs() {
				golden.Close("gradient."+moduleName(spec.Name), modeltest.InFileOrder(spec, gradients[i]), 1e-5)
			}
		})
	}
}

// TestGenerate_EqualsTransformers decodes greedily, in a batch with padding.
func TestGenerate_EqualsTransformers(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) {
			set := load(t, name, c)
			golden := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
			want := tensors.MustCopyFlatData[int32](golden.Ints("generated"))
			generator, err := decode.NewGenerator(modeltest.Backend(t), &c, set.Specs(), 14)
			if err != nil {
				t.Fatal(err)
			}
			answers, err := generator.Generate(context.Background(), set, decode.Inputs{
				Images: golden.Floats("images"), ImageMask: golden.Floats("image_mask"), Encoder: golden.Ints("input_ids"),
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, answer := range answers {
				expected := want[i*14 : (i+1)*14]
				if end := slices.Index(expected, decode.EOS); end >= 0 {
					expected = expected[:end]
				}
				if !slices.Equal(answer.IDs, expected) {
					t.Errorf("answer %d is %v, want %v", i, answer.IDs, expected)
				}
			}
		})
	}
}

// TestGenerate_SearchesBeams compares the best of several beams with greedy decoding.
func TestGenerate_SearchesBeams(t *testing.T) {
	c := cases()["gemma2"]
	set := load(t, "gemma2", c)
	golden := modeltest.OpenGolden(t, "testdata/gemma2-outputs.safetensors")
	generator, err := decode.NewGenerator(modeltest.Backend(t), &c, set.Specs(), 6)
	if err != nil {
		t.Fatal(err)
	}
	var found [2][]decode.Answer
	for i, beams := range []int{1, 5} {
		generator.Method.Beams = beams
		found[i], err = generator.Generate(context.Background(), set, decode.Inputs{
			Images: golden.Floats("images"), ImageMask: golden.Floats("image_mask"), Encoder: golden.Ints("input_ids"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	better := 0
	for i, greedy := range found[0] {
		beam := found[1][i]
		if len(beam.IDs) == len(greedy.IDs) && beam.LogProbability < greedy.LogProbability-1e-4 {
			t.Errorf("answer %d of beams %v has %g, greedy %v has %g", i, beam.IDs, beam.LogProbability, greedy.IDs, greedy.LogProbability)
		}
		if beam.LogProbability > greedy.LogProbability+1e-4 {
			better++
		}
	}
	if better == 0 {
		t.Error("beams find nothing better than greedy decoding")
	}
}

// kept sets x [B, L, W] to 0 where mask [B, L] is 0.
func kept(x, mask *tensors.Tensor) *tensors.Tensor {
	values := tensors.MustCopyFlatData[float32](x)
	d := x.Shape().Dimensions
	rows := tensors.MustCopyFlatData[float32](asFloats(mask))
	for i := range values {
		if rows[i/d[2]] == 0 {
			values[i] = 0
		}
	}
	return tensors.FromFlatDataAndDimensions(values, d...)
}

func asFloats(mask *tensors.Tensor) *tensors.Tensor {
	if mask.DType().IsFloat() {
		return mask
	}
	var floats []float32
	for _, id := range tensors.MustCopyFlatData[int32](mask) {
		floats = append(floats, float32(id))
	}
	return tensors.FromFlatDataAndDimensions(floats, mask.Shape().Dimensions...)
}

// TestLoss_EqualsBigVision loads checkpoints of big_vision and compares the logits, the loss that
// it trains PaliGemma with, and its gradient. parity/paligemma_big_vision.py ran big_vision's code,
// which has no sliding window.
func TestLoss_EqualsBigVision(t *testing.T) {
	for name, language := range map[string]gemma.Config{
		"gemma":     {Heads: 4, KVHeads: 1, HeadDim: 6},
		"gemma-mha": {Heads: 2, HeadDim: 6},
		"gemma2":    {Heads: 6, KVHeads: 2, HeadDim: 4, QueryScalar: 2, PostNorms: true, AttentionSoftcap: 2, LogitSoftcap: 4},
	} {
		t.Run(name, func(t *testing.T) {
			language.Width, language.Depth, language.MLP, language.Vocab = 12, 3, 20, 31
			c := paligemma.Config{
				Vision:   vit.Config{Width: 8, Depth: 2, MLP: 12, Heads: 2, Patch: 2, Image: vit.Side(6)},
				Language: language, MeanByExample: true,
			}
			set := loadFile(t, "big_vision-"+name+".npz", c)
			golden := modeltest.OpenGolden(t, "testdata/big_vision-"+name+"-outputs.safetensors")
			inputs := []*tensors.Tensor{golden.Floats("images"), golden.Ints("input_ids"), golden.Ints("decoder_input_ids"), golden.Ints("targets")}
			batch := func(in []*graph.Node) paligemma.Inputs {
				return paligemma.Inputs{Images: in[0], Prompt: in[1], Decoder: in[2], Targets: in[3]}
			}
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				smoothed := c
				smoothed.Language.LabelSmoothing = 0.1
				return []*graph.Node{paligemma.Logits(s, c, batch(in)), paligemma.Loss(s, c, batch(in)), paligemma.Loss(s, smoothed, batch(in))}
			}, inputs...)
			golden.Close("logits", kept(out[0], golden.Ints("targets")), 1e-5)
			golden.Close("loss", out[1], 1e-6)
			// Our smoothed loss has the entropy of its targets taken away, so that 0 is the least.
			entropy := -0.9*math.Log(0.9) - 0.1*math.Log(0.1/30)
			theirs := float64(tensors.MustCopyFlatData[float32](golden.Floats("smoothed"))[0]) - entropy
			if ours := float64(tensors.ToScalar[float32](out[2])); math.Abs(ours-theirs) > 2e-6 {
				t.Errorf("the smoothed loss is %g, want %g", ours, theirs)
			}

			gradients := modeltest.Gradients(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				return []*graph.Node{paligemma.Loss(s, c, batch(in))}
			}, inputs...)
			want := loadFile(t, "big_vision-"+name+"-gradient.npz", c)
			for i, spec := range set.Specs() {
				a, b := tensors.MustCopyFlatData[float32](gradients[i]), tensors.MustCopyFlatData[float32](want.Tensors()[i])
				largest := float64(slices.Max(b)) - float64(slices.Min(b))
				if d := difference(a, b); d > 1e-5*largest+1e-7 {
					t.Errorf("the gradient of %s differs by %g, of elements up to %g", spec.Name, d, largest)
				}
			}
		})
	}
}
