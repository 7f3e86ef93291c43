package forward_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/cli/internal/forward"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var (
	vision   = vit.Config{Width: 12, Depth: 2, MLP: 16, Heads: 2, Patch: 2, Image: vit.Side(4)}
	language = t5.Config{Width: 16, MLP: 20, Heads: 2, HeadDim: 6, EncoderLayers: 2, DecoderLayers: 1, Vocab: 23, Buckets: 8, MaxDistance: 12}
)

const batch = 3

func run(t *testing.T, m family.Model, specs []weights.Spec, err error, inputs map[string]*tensors.Tensor) (*weights.Set, map[string][]float32, []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	set := weights.Initial(specs, 1)
	outputs, err := forward.Run(backendOf(t), m, set, inputs)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]float32{}
	var names []string
	for _, o := range outputs {
		values[o.Name] = tensors.MustCopyFlatData[float32](o.Tensor)
		names = append(names, o.Name)
	}
	return set, values, names
}

func TestRun_SigLIP(t *testing.T) {
	c := siglip.Config{Image: vision, Text: siglip.Text{Width: 8, Depth: 1, MLP: 12, Heads: 2, Vocab: 23, Length: 5}}
	specs, err := siglip.Specs(backendOf(t), c)
	images, texts := floats("images", batch, 4, 4, 3), ids("texts", 23, 2*batch, 5)
	set, got, names := run(t, &c, specs, err, map[string]*tensors.Tensor{"images": images, "input_ids": texts})
	want := "vision_model.embeddings vision_model.encoder.layers.0 vision_model.encoder.layers.1 vision_model.post_layernorm " +
		"text_model.embeddings text_model.encoder.layers.0 image_embeds text_embeds logits_per_image loss"
	if strings.Join(names, " ") != want {
		t.Errorf("outputs %v, want %s", names, want)
	}
	loss := flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{siglip.Loss(s, c, in[0], in[1])}
	}, images, texts)
	if got["loss"][0] != loss[0] || len(got["logits_per_image"]) != 2*batch*batch || len(got["image_embeds"]) != batch*12 {
		t.Errorf("loss %v, want %v; %d logits", got["loss"], loss, len(got["logits_per_image"]))
	}
}

func TestRun_PaLI3(t *testing.T) {
	c := pali3.Config{Vision: vision, Language: language}
	specs, err := pali3.Specs(backendOf(t), c)
	inputs := map[string]*tensors.Tensor{
		"images": floats("images", batch, 1, 4, 4, 3), "input_ids": ids("prompts", 23, batch, 5),
		"decoder_input_ids": ids("decoder", 23, batch, 4), "targets": ids("targets", 23, batch, 4),
	}
	set, got, names := run(t, &c, specs, err, inputs)
	loss := flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{pali3.Loss(s, c, pali3.Inputs{Images: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]})}
	}, inputs["images"], inputs["input_ids"], inputs["decoder_input_ids"], inputs["targets"])
	if got["loss"][0] != loss[0] {
		t.Errorf("loss %v, want %v", got["loss"], loss)
	}
	for name, size := range map[string]int{
		"vision_model.post_layernorm": batch * 4 * 12, "encoder.block.1": batch * 9 * 16, "encoder.final_layer_norm": batch * 9 * 16,
		"decoder.block.0": batch * 4 * 16, "decoder.final_layer_norm": batch * 4 * 16, "logits": batch * 4 * 23,
	} {
		if len(got[name]) != size {
			t.Errorf("%s has %d values, want %d (of %v)", name, len(got[name]), size, names)
		}
	}
	// What is not given is not computed; a single image needs no axis of its own.
	delete(inputs, "targets")
	delete(inputs, "decoder_input_ids")
	inputs["images"] = floats("images", batch, 4, 4, 3)
	_, less, names := run(t, &c, specs, err, inputs)
	if !slices.Equal(less["encoder.final_layer_norm"], got["encoder.final_layer_norm"]) || slices.Contains(names, "decoder.block.0") {
		t.Errorf("without the decoder's inputs: %v", names)
	}
}

func TestRun_UL2ThroughFiles(t *testing.T) {
	specs, err := t5.Specs(backendOf(t), language)
	inputs := map[string]*tensors.Tensor{"input_ids": ids("prompts", 23, batch, 5), "decoder_input_ids": ids("decoder", 23, batch, 4)}
	set, got, _ := run(t, &t5.Model{Config: language}, specs, err, inputs)
	outputs, err := forward.Run(backendOf(t), &t5.Model{Config: language}, set, inputs)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.safetensors")
	if err := forward.WriteOutputs(path, outputs); err != nil {
		t.Fatal(err)
	}
	read, err := forward.ReadInputs(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(read) != len(got) || !slices.Equal(tensors.MustCopyFlatData[float32](read["logits"]), got["logits"]) {
		t.Errorf("%d tensors read, %d written", len(read), len(got))
	}
}

func TestRun_RejectsImagesOfAnotherSize(t *testing.T) {
	c := pali3.Config{Vision: vision, Language: language}
	_, err := forward.Run(backendOf(t), &c, nil, map[string]*tensors.Tensor{"images": floats("x", 1, 6, 6, 3)})
	if err == nil || !strings.Contains(err.Error(), `"images" is (Float32)[1, 6, 6, 3], want float32 [any, 4, 4, 3] or [any, any, 4, 4, 3]`) {
		t.Errorf("error %v", err)
	}
}

func TestRun_RejectsBadInputs(t *testing.T) {
	c := &t5.Model{Config: language}
	prompts := ids("prompts", 23, batch, 5)
	for want, inputs := range map[string]map[string]*tensors.Tensor{
		"no inputs; the model takes decoder_input_ids, input_ids, targets, weights": {},
		`has no input "images"`:                         {"images": prompts},
		`"input_ids": its element 1 is the id 23`:       {"input_ids": tensors.FromFlatDataAndDimensions([]int32{1, 23}, 1, 2)},
		`"input_ids" is (Float32)[3, 5], want int32`:    {"input_ids": floats("x", 3, 5)},
		`"targets" needs the input "decoder_input_ids"`: {"input_ids": prompts, "targets": prompts},
	} {
		if _, err := forward.Run(backendOf(t), c, nil, inputs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestWriteOutputs_KeepsIDs runs a model that chooses ids, and reads the file back.
func TestWriteOutputs_KeepsIDs(t *testing.T) {
	c := maskvae.Default()
	c.Image, c.Hidden, c.Downsamples, c.CodeWidth = 8, 2, 1, 3
	specs, err := maskvae.Specs(backendOf(t), c)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := forward.Run(backendOf(t), &c, weights.Initial(specs, 1), map[string]*tensors.Tensor{
		"masks": tensors.FromFlatDataAndDimensions(make([]float32, 2*8*8), 2, 8, 8), "ids": ids("ids", c.Codes, 3, 16),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.safetensors")
	if err := forward.WriteOutputs(path, outputs); err != nil {
		t.Fatal(err)
	}
	read, err := forward.ReadInputs(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outputs {
		if !read[o.Name].Equal(o.Tensor) {
			t.Errorf("%s is %s in the file, was %s", o.Name, read[o.Name].Shape(), o.Tensor.Shape())
		}
	}
	for name, shape := range map[string][]int{"nearest": {2, 16}, "decoded": {3, 8, 8}, "reconstructed": {2, 8, 8}, "features": {2, 4, 4, 3}} {
		if have := read[name]; have == nil || !slices.Equal(have.Shape().Dimensions, shape) {
			t.Errorf("output %s: %v, want %v", name, have, shape)
		}
	}
}
