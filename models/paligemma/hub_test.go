package paligemma_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/paligemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestHubConfig_EqualsTransformers compares with what transformers makes of configs in which keys
// are absent or null. parity/models_paligemma.py made them.
func TestHubConfig_EqualsTransformers(t *testing.T) {
	content, err := os.ReadFile("testdata/configs.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Config json.RawMessage
		Want   paligemma.Config
	}
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		got, err := paligemma.HubConfig(c.Config)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.Config, err)
		case *got != c.Want:
			t.Errorf("%s:\n is %+v\nwant %+v", c.Config, *got, c.Want)
		}
	}
}

// TestHubConfig_ReadsSavedModels reads the configs that transformers wrote beside the goldens.
func TestHubConfig_ReadsSavedModels(t *testing.T) {
	for name, want := range cases() {
		content, err := os.ReadFile("testdata/" + name + "-config.json")
		if err != nil {
			t.Fatal(err)
		}
		want.Language = want.Language.WithDefaults()
		if got, err := paligemma.HubConfig(content); err != nil || *got != want {
			t.Errorf("%s is %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// TestToHubConfig_ReadsBack writes configs and reads them.
func TestToHubConfig_ReadsBack(t *testing.T) {
	all := cases()
	for _, name := range paligemma.Variants() {
		c, err := paligemma.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = c
	}
	unlimited := all["gemma2"]
	unlimited.Language.Window, unlimited.Language.LogitSoftcap = 0, 0
	all["without a window"] = unlimited
	for name, want := range all {
		want.Language = want.Language.WithDefaults()
		written, err := paligemma.ToHubConfig(&want)
		if err != nil {
			t.Fatal(err)
		}
		content, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := paligemma.HubConfig(content); err != nil || *got != want {
			t.Errorf("%s is %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// TestToHubConfig_RefusesWhatTransformersLacks names what is in the way.
func TestToHubConfig_RefusesWhatTransformersLacks(t *testing.T) {
	wide := cases()["gemma"]
	wide.Vision.Image = vit.Size{Height: 8, Width: 16}
	capped := cases()["gemma"]
	capped.Language.LogitSoftcap = 30
	for want, c := range map[string]paligemma.Config{"square": wide, "post_norms": capped, "width": {}} {
		if _, err := paligemma.ToHubConfig(&c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want it to name %q", err, want)
		}
	}
}

// TestHubConfig_RefusesWhatItCannotRun names key and value.
func TestHubConfig_RefusesWhatItCannotRun(t *testing.T) {
	for config, want := range map[string]string{
		`{`:                       "the JSON ends in the middle",
		`[]`:                      "an object",
		`{"model_type": "llava"}`: `model_type is "llava"`,
		`{"model_type": "paligemma", "projection_dim": 2304}`:                                                                                                  "projection_dim is 2304",
		`{"model_type": "paligemma", "tie_word_embeddings": false}`:                                                                                            "tie_word_embeddings",
		`{"model_type": "paligemma", "quantization_config": {"load_in_4bit": true}}`:                                                                           "quantization_config",
		`{"model_type": "paligemma", "text_config": {"model_type": "llama"}}`:                                                                                  `"llama"`,
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "hidden_act": "silu"}}`:                                                              `"silu"`,
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "rms_norm_eps": 1e-5}}`:                                                              "rms_norm_eps",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "attention_bias": true}}`:                                                            "attention_bias",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "eos_token_id": [1, 107]}}`:                                                          "eos_token_id",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "pad_token_id": 3}}`:                                                                 "pad_token_id",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "num_hidden_layers": 100000}}`:                                                       "num_hidden_layers is 100000",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "vocab_size": 99999999999999}}`:                                                      "vocab_size",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "head_dim": -4}}`:                                                                    "head_dim is -4",
		`{"model_type": "paligemma", "text_config": {"hidden_size": "2048"}}`:                                                                                  "hidden_size",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "rope_scaling": {"type": "yarn"}}}`:                                                  "rotary",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "rope_parameters": {"rope_type": "llama3"}}}`:                                        "llama3",
		`{"model_type": "paligemma", "projection_dim": 2304, "text_config": {"model_type": "gemma2", "layer_types": ["full_attention", "sliding_attention"]}}`: "layer_types",
		`{"model_type": "paligemma", "text_config": {"hidden_size": 2048, "intermediate_size": 1000000, "num_hidden_layers": 1000}}`:                           "parameters",
		`{"model_type": "paligemma", "vision_config": {"patch_size": 15}}`:                                                                                     "multiple of patch",
		`{"model_type": "paligemma", "vision_config": {"image_size": 1000000}}`:                                                                                "image_size is 1000000",
		`{"model_type": "paligemma", "vision_config": {"num_channels": 1}}`:                                                                                    "num_channels is 1",
		`{"model_type": "paligemma", "vision_config": {"hidden_act": "gelu"}}`:                                                                                 `"gelu"`,
		`{"model_type": "paligemma", "vision_config": {"model_type": "clip_vision_model"}}`:                                                                    "clip_vision_model",
	} {
		if _, err := paligemma.HubConfig([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want it to name %q", config, err, want)
		}
	}
}

// TestHubName_NamesPublicFiles saves a model as the public files are, which transformers reads in
// the script, and reads it back.
func TestHubName_NamesPublicFiles(t *testing.T) {
	c := cases()["gemma2"]
	set := load(t, "gemma2", c)
	dir := t.TempDir()
	if err := set.SaveSharded(dir, weights.SaveOptions{Names: paligemma.HubName, MaxShardBytes: 20_000}); err != nil {
		t.Fatal(err)
	}
	saved, err := weights.OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	public, err := weights.OpenFile("testdata/gemma2.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer public.Close()
	if got, want := saved.Entries(), public.Entries(); !slices.EqualFunc(got, want, func(a, b weights.Entry) bool {
		return a.Name == b.Name && slices.Equal(a.Shape, b.Shape)
	}) {
		t.Errorf("saved %v, want %v", got, want)
	}
	again, _, err := weights.LoadFile(saved, set.Specs(), paligemma.HubNames)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range again.Tensors() {
		if !slices.Equal(tensors.MustCopyFlatData[float32](x), tensors.MustCopyFlatData[float32](set.Tensors()[i])) {
			t.Errorf("%s is not what was saved", set.Specs()[i].Name)
		}
	}
}

// TestHubNames_ReadEveryLayout reads our own names and those of each release, with a copy of the
// embedding table.
func TestHubNames_ReadEveryLayout(t *testing.T) {
	c := cases()["gemma"]
	set := load(t, "gemma", c)
	for _, layout := range []struct{ vision, projection, language, head string }{
		{"vision_model", "multi_modal_projector", "language_model", ""},
		{"vision_tower.vision_model", "multi_modal_projector", "language_model.model", "language_model.lm_head.weight"},
		{"vision_tower", "multi_modal_projector", "language_model.model", ""},
		{"model.vision_tower.vision_model", "model.multi_modal_projector", "model.language_model", "lm_head.weight"},
		{"model.vision_tower", "model.multi_modal_projector", "model.language_model", ""},
	} {
		dir := t.TempDir()
		name := func(ours string) string {
			for from, to := range map[string]string{"vision_model.": layout.vision, "multi_modal_projector.": layout.projection, "language_model.": layout.language} {
				if rest, ok := strings.CutPrefix(ours, from); ok {
					return to + "." + rest
				}
			}
			return layout.head
		}
		specs, values := set.Specs(), set.Tensors()
		if layout.head != "" {
			head := specs[slices.IndexFunc(specs, func(s weights.Spec) bool { return s.Name == "language_model.embed_tokens.weight" })]
			values = append(slices.Clone(values), set.Get(head.Name))
			head.Name = "lm_head.weight"
			specs = append(slices.Clone(specs), head)
		}
		all, err := weights.NewSet(specs, values)
		if err != nil {
			t.Fatal(err)
		}
		if err := all.SaveSharded(dir, weights.SaveOptions{Names: name}); err != nil {
			t.Fatal(err)
		}
		file, err := weights.OpenFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, report, err := weights.LoadFile(file, set.Specs(), paligemma.HubNames)
		if err != nil || len(report.Unexpected) > 0 || len(report.Ignored) != len(specs)-len(set.Specs()) {
			t.Errorf("%+v: %v\n%s", layout, err, report)
		}
		file.Close()
	}
}

// FuzzHubConfig reads any bytes. A config that is read is one that can be written and read again.
func FuzzHubConfig(f *testing.F) {
	for name := range cases() {
		content, err := os.ReadFile("testdata/" + name + "-config.json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte(`{"model_type": "paligemma"}`))
	f.Add([]byte(`{"model_type": "paligemma", "text_config": null, "vision_config": null}`))
	f.Add([]byte(`{"model_type": "paligemma", "text_config": {"model_type": "gemma2", "layer_types": [], "sliding_window": null}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := paligemma.HubConfig(content)
		if err != nil {
			return
		}
		written, err := paligemma.ToHubConfig(c)
		if err != nil {
			t.Fatalf("%s: %v", content, err)
		}
		again, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := paligemma.HubConfig(again); err != nil || *got != *c {
			t.Errorf("%s: read again as %+v, %v, want %+v", content, got, err, c)
		}
	})
}
