package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/cli/internal/forward"
	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// TestTextEmbedder_EqualsTransformers compares the embeddings of texts by each rule of pooling with
// those that parity/hub_folders.py made with transformers' encoders.
func TestTextEmbedder_EqualsTransformers(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, dir := range publishedFolders(t) {
		all, err := forward.ReadInputs(filepath.Join(dir, "expected.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		for _, pool := range evalsuite.TextPools {
			want := all["pooled."+string(pool)]
			if want == nil {
				continue
			}
			trained, err := stages.Open(be, dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			embedder, err := evalsuite.NewTextEmbedder(be, trained, pool)
			if err != nil {
				t.Fatal(err)
			}
			embedder.Batch = 4 // the last batch is not full
			var texts []string
			for _, one := range expectedTexts(t, dir) {
				texts = append(texts, one.Text)
			}
			got, err := embedder.Texts(texts)
			if err != nil {
				t.Fatal(err)
			}
			difference, _ := largest(slices.Concat(got...), tensors.MustCopyFlatData[float32](want))
			t.Logf("%s, pool %s of %d texts: largest difference %.2g", filepath.Base(dir), pool, len(texts), difference)
			if difference > 1e-5 {
				t.Errorf("%s, pool %s: embeddings differ by %g", dir, pool, difference)
			}
			compared++
		}
	}
	if compared < len(evalsuite.TextPools) {
		t.Errorf("only %d embeddings were compared", compared)
	}
}

// TestTextEmbedder_CutsAndCounts cuts long texts and counts them.
func TestTextEmbedder_CutsAndCounts(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	trained, err := stages.Open(be, "testdata/hub/t5-encoder", nil)
	if err != nil {
		t.Fatal(err)
	}
	embedder, err := evalsuite.NewTextEmbedder(be, trained, "")
	if err != nil {
		t.Fatal(err)
	}
	embedder.MaxLength = 40
	got, err := embedder.Texts([]string{strings.Repeat("cat ", 200), "cat", ""})
	if err != nil || len(got) != 3 || embedder.Truncated != 1 {
		t.Errorf("%d embeddings, %d texts cut, %v", len(got), embedder.Truncated, err)
	}
	if _, err := evalsuite.NewTextEmbedder(be, trained, "median"); err == nil || !strings.Contains(err.Error(), `pool "median" is none of`) {
		t.Errorf("an unknown pool: %v", err)
	}
}

// assembled is the recipe of a PaLI-3 with the shape of the committed SigLIP's image tower and a
// small umT5.
const assembled = `
family: pali3
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model, sentinels: 4}
images: {ops: "decode|resize(32)|value_range(-1,1)"}
lengths: {encoder: 12, decoder: 8}
batch: 1
tasks: [{name: captions, kind: caption, weight: 1}]
model:
  image: {width: 16, depth: 2, mlp: 24, heads: 2, patch: 16}
  language: {width: 12, mlp: 20, heads: 2, head_dim: 5, encoder_layers: 1, decoder_layers: 2, activation: gated-gelu, layer_bias: true}
steps: 1
`

// TestExport_PartsAreAssembledAgain trains a PaLI-3 that begins with a published SigLIP's image
// tower, exports it as its parts, and takes all weights of a second one from them: to the bit.
func TestExport_PartsAreAssembledAgain(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	picture, err := os.ReadFile("testdata/hub/siglip/image0.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{
			Key: "cat", Split: "train", Images: []shards.Image{{Bytes: picture, Format: "png", Width: 50, Height: 40}},
			Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "a cat"}},
		}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	run := func(out string, settings ...string) *stages.Trained {
		t.Helper()
		recipe, err := stages.ParseRecipe([]byte(assembled), "assembled", nil, append(settings, "data="+data)...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stages.Run(t.Context(), recipe, filepath.Join(dir, out), stages.Options{Backend: be}); err != nil {
			t.Fatal(err)
		}
		trained, err := stages.Open(be, filepath.Join(dir, out), nil)
		if err != nil {
			t.Fatal(err)
		}
		return trained
	}
	first := run("run", "optimizer={name: adamw, learning_rate: 0.01}", "init=[{from: testdata/hub/siglip, prefixes: [vision_model]}]")
	if _, err := stages.Export(first, filepath.Join(dir, "parts"), stages.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, part := range []string{"vision", "language", "projection"} {
		parts = append(parts, "{from: "+filepath.Join(dir, "parts", part)+"}")
	}
	again := run("again", "optimizer={name: adamw, learning_rate: 1e-30}", "init=["+strings.Join(parts, ", ")+"]")
	if _, writes := again.Model.(family.Writer); !writes {
		t.Fatalf("%T does not write", again.Model)
	}
	for i, spec := range first.Weights.Specs() {
		if !first.Weights.Tensors()[i].Equal(again.Weights.Tensors()[i]) {
			t.Errorf("weight %s differs", spec.Name)
		}
	}
}
