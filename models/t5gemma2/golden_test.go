package t5gemma2_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5gemma2"
	"github.com/pali3/pali3/models/weights"
)

// cases are the models that parity/models_t5gemma2.py wrote to testdata/, read by HubConfig.
func cases(t testing.TB) map[string]t5gemma2.Config {
	t.Helper()
	paths, err := filepath.Glob("testdata/*-config.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no models in testdata: %v", err)
	}
	all := map[string]t5gemma2.Config{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := t5gemma2.HubConfig(content)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[strings.TrimSuffix(filepath.Base(path), "-config.json")] = *c
	}
	return all
}

// load returns a model's weights.
func load(t testing.TB, name string, c t5gemma2.Config) *weights.Set {
	t.Helper()
	specs, err := t5gemma2.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	file, err := weights.OpenFile("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	set, report, err := weights.LoadFile(file, specs, t5gemma2.HubNames)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Unexpected)+len(report.Ignored) > 0 {
		t.Errorf("weights left over: %s", report)
	}
	return set
}

func open(t testing.TB, name string) modeltest.Golden {
	return modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
}

// batchOf returns the inputs of a golden batch by name.
func batchOf(golden modeltest.Golden) (names []string, all []*tensors.Tensor) {
	for _, name := range []string{"input_ids", "decoder_input_ids", "targets"} {
		names, all = append(names, name), append(all, golden.Ints(name))
	}
	for _, name := range []string{"attention_mask", "images"} {
		if golden.Has(name) {
			names, all = append(names, name), append(all, golden.Floats(name))
		}
	}
	return names, all
}

func byName(names []string, in []*graph.Node) map[string]*graph.Node {
	all := map[string]*graph.Node{}
	for i, name := range names {
		all[name] = in[i]
	}
	return all
}

// TestOutputs_EqualTransformers compares every hidden state, the logits and the loss, in batches
// that are padded on one side, at padding too.
func TestOutputs_EqualTransformers(t *testing.T) {
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			set, golden := load(t, name, c), open(t, name)
			inputs, batch := batchOf(golden)
			var names []string
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				s.Record()
				var nodes []*graph.Node
				for _, noted := range slices.Concat(c.Outputs(s, byName(inputs, in)), s.Noted()) {
					names, nodes = append(names, noted.Name), append(nodes, noted.Node)
				}
				return nodes
			}, batch...)
			compared := 0
			for i, name := range names {
				switch {
				case !golden.Has(name):
					continue
				case name == "loss":
					golden.Close(name, out[i], 1e-6)
				default:
					golden.Close(name, out[i], 1e-5)
				}
				compared++
			}
			want := c.Encoder.Depth + c.Decoder.Depth + 4
			if golden.Has("images") {
				want++
			}
			if compared != want {
				t.Errorf("compared %d of %d results: %q", compared, want, names)
			}
		})
	}
}

// TestGradients_EqualTransformers compares the gradient of the loss in every weight.
func TestGradients_EqualTransformers(t *testing.T) {
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			set, golden := load(t, name, c), open(t, name)
			inputs, batch := batchOf(golden)
			gradients := modeltest.Gradients(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				out := c.Outputs(s, byName(inputs, in))
				return []*graph.Node{out[len(out)-1].Node}
			}, batch...)
			for i, spec := range set.Specs() {
				golden.Close("gradient."+t5gemma2.HubName(spec.Name), modeltest.InFileOrder(spec, gradients[i]), 1e-5)
			}
		})
	}
}

// framedBatch returns the inputs of a golden batch as pali3 makes it, and the batch in a graph.
func framedBatch(golden modeltest.Golden) ([]*tensors.Tensor, func(in []*graph.Node) family.Batch) {
	inputs := []*tensors.Tensor{
		golden.Floats("framed.images"), golden.Floats("framed.image_mask"), golden.Ints("framed.prompts"),
		golden.Ints("framed.decoder"), golden.Ints("targets"),
	}
	return inputs, func(in []*graph.Node) family.Batch {
		return family.Batch{Pixels: in[0], ImageMask: in[1], Encoder: in[2], Decoder: in[3], Targets: in[4]}
	}
}

// spelled returns a config with the id that the models' processor writes for two line breaks.
func spelled(c t5gemma2.Config) t5gemma2.Config {
	c.Spell(func(piece string) (int, bool) { return 5, piece == "\n\n" })
	return c
}

// TestLoss_PutsImagesWhereTheProcessorDoes compares the loss of a batch in which examples have
// different numbers of images with that of transformers, which ran each example by itself.
func TestLoss_PutsImagesWhereTheProcessorDoes(t *testing.T) {
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			c = spelled(c)
			set, golden := load(t, name, c), open(t, name)
			inputs, batch := framedBatch(golden)
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				return []*graph.Node{c.Loss(s, batch(in)).Mean}
			}, inputs...)
			golden.Close("framed.loss", out[0], 1e-6)

			tokens := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				return []*graph.Node{c.VisualTokens(s, in[0])}
			}, inputs[0])
			inputs[0] = tokens[0]
			out = modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				b := batch(in)
				b.Pixels, b.Tokens = nil, in[0]
				return []*graph.Node{c.Loss(s, b).Mean}
			}, inputs...)
			golden.Close("framed.loss", out[0], 1e-6)
		})
	}
}

// TestGenerate_EqualsTransformers decodes greedily, in a batch with padding, and compares the
// logits of the first ids.
func TestGenerate_EqualsTransformers(t *testing.T) {
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			c = spelled(c)
			set, golden := load(t, name, c), open(t, name)
			shape := golden.Ints("framed.generated").Shape().Dimensions
			want := tensors.MustCopyFlatData[int32](golden.Ints("framed.generated"))
			generator, err := decode.NewGenerator(modeltest.Backend(t), &c, set.Specs(), shape[1])
			if err != nil {
				t.Fatal(err)
			}
			for _, fixed := range []bool{false, true} {
				generator.Fixed = fixed
				answers, err := generator.Generate(context.Background(), set, decode.Inputs{
					Images: golden.Floats("framed.images"), ImageMask: golden.Floats("framed.image_mask"), Encoder: golden.Ints("framed.prompts"),
				})
				if err != nil {
					t.Fatal(err)
				}
				for i, answer := range answers {
					expected := want[i*shape[1] : (i+1)*shape[1]]
					if end := slices.Index(expected, decode.EOS); end >= 0 {
						expected = expected[:end]
					}
					if !slices.Equal(answer.IDs, expected) {
						t.Errorf("answer %d is %v, want %v", i, answer.IDs, expected)
					}
				}
			}
		})
	}
}

// TestPrefillAndStep_EqualTheLoss compares the logits of each step with those of transformers.
func TestPrefillAndStep_EqualTheLoss(t *testing.T) {
	for name, c := range cases(t) {
		t.Run(name, func(t *testing.T) {
			c = spelled(c)
			set, golden := load(t, name, c), open(t, name)
			inputs, batch := framedBatch(golden)
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				b := batch(in)
				length := b.Targets.Shape().Dimensions[1]
				logits, state := c.Prefill(s, family.Prompt{Images: b.Pixels, ImageMask: b.ImageMask, IDs: b.Encoder}, length)
				all := []*graph.Node{logits}
				for n := range length - 1 {
					ids := graph.Squeeze(graph.SliceAxis(b.Targets, 1, graph.AxisRange(n, n+1)), 1)
					logits, state.Said = c.Step(s, ids, graph.Const(ids.Graph(), int32(n)), state)
					all = append(all, logits)
				}
				there := graph.GreaterThan(b.Targets, graph.ZerosLike(b.Targets))
				stacked := graph.Stack(all, 1)
				there = graph.BroadcastToDims(graph.InsertAxes(there, -1), stacked.Shape().Dimensions...)
				return []*graph.Node{graph.Where(there, stacked, graph.ZerosLike(stacked))}
			}, inputs...)
			golden.Close("framed.logits", out[0], 1e-5)
		})
	}
}

// TestHubConfig_EqualsTransformers compares with what transformers makes of configs in which keys
// are absent or null, of the saved models, and of the published sizes.
func TestHubConfig_EqualsTransformers(t *testing.T) {
	for name, got := range cases(t) {
		var want t5gemma2.Config
		readJSON(t, "testdata/"+name+"-ours.json", &want)
		if got != want {
			t.Errorf("%s:\n is %+v\nwant %+v", name, got, want)
		}
	}
	var all []struct {
		Config json.RawMessage
		Want   t5gemma2.Config
	}
	readJSON(t, "testdata/configs.json", &all)
	for _, c := range all {
		got, err := t5gemma2.HubConfig(c.Config)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.Config, err)
		case *got != c.Want:
			t.Errorf("%s:\n is %+v\nwant %+v", c.Config, *got, c.Want)
		}
	}
}

// TestVariant_HasTheParametersOfTransformers compares published sizes with what transformers
// counts.
func TestVariant_HasTheParametersOfTransformers(t *testing.T) {
	var all map[string]struct {
		Parameters int
		Want       t5gemma2.Config
	}
	readJSON(t, "testdata/parameters.json", &all)
	for _, name := range t5gemma2.Variants() {
		c, err := t5gemma2.Variant(name)
		if err != nil || c != all[name].Want {
			t.Errorf("%s:\n is %+v, %v\nwant %+v", name, c, err, all[name].Want)
		}
		specs, err := t5gemma2.Specs(modeltest.Backend(t), c)
		if got := weights.Parameters(specs); err != nil || got != all[name].Parameters {
			t.Errorf("%s has %d parameters, %v, want %d", name, got, err, all[name].Parameters)
		}
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
