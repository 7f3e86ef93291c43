package t5gemma2_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/t5gemma2"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestToHubConfig_ReadsBack writes configs and reads them.
func TestToHubConfig_ReadsBack(t *testing.T) {
	all := cases(t)
	for _, name := range t5gemma2.Variants() {
		c, err := t5gemma2.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = c
	}
	for name, want := range all {
		written, err := t5gemma2.ToHubConfig(&want)
		if err != nil {
			t.Fatal(err)
		}
		content, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := t5gemma2.HubConfig(content); err != nil || *got != want {
			t.Errorf("%s is %+v, %v, want %+v", name, got, err, want)
		}
	}
}

// TestToHubConfig_RefusesWhatTransformersLacks names what is in the way.
func TestToHubConfig_RefusesWhatTransformersLacks(t *testing.T) {
	for want, change := range map[string]func(*t5gemma2.Config){
		"square":            func(c *t5gemma2.Config) { c.Vision.Image = vit.Size{Height: 8, Width: 16} },
		"sincos2d":          func(c *t5gemma2.Config) { c.Vision.Positions, c.Vision.Width = "sincos2d", 16 },
		"averages over":     func(c *t5gemma2.Config) { c.Pool = 3 },
		"without a window":  func(c *t5gemma2.Config) { c.Encoder.Window, c.Decoder.Window = 0, 0 },
		"query_scalar":      func(c *t5gemma2.Config) { c.Decoder.QueryScalar = 2.5 },
		"multiple of heads": func(c *t5gemma2.Config) { c.Encoder.Heads, c.Encoder.KVHeads = 3, 3 },
		"width":             func(c *t5gemma2.Config) { c.Width = 0 },
	} {
		c := cases(t)["local"]
		change(&c)
		if _, err := t5gemma2.ToHubConfig(&c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want it to name %q", err, want)
		}
	}
}

// TestHubConfig_RefusesWhatItCannotRun names key and value.
func TestHubConfig_RefusesWhatItCannotRun(t *testing.T) {
	const vision = `"vision_config": {"image_size": 256}`
	text := func(keys string) string {
		return `{"model_type": "t5gemma2", "encoder": {` + vision + `, "text_config": {` + keys + `}}}`
	}
	decoder := func(keys string) string {
		return `{"model_type": "t5gemma2", "encoder": {` + vision + `}, "decoder": {` + keys + `}}`
	}
	for config, want := range map[string]string{
		`{`:                          "the JSON ends in the middle",
		`[]`:                         "an object",
		`{"model_type": "t5gemma"}`:  `model_type is "t5gemma"`,
		`{"model_type": "t5gemma2"}`: "mm_tokens_per_image is 256",
		text(`"hidden_size": 640`):   "hidden_size is 640",
		text(`"vocab_size": 640`):    "vocab_size is 640",
		decoder(`"num_hidden_layers": 3, "layer_types": ["full_attention"]`):                          "layer_types",
		decoder(`"num_hidden_layers": 1000000000000, "layer_types": ["full_attention"]`):              "num_hidden_layers is 1000000000000",
		decoder(`"num_hidden_layers": 2, "layer_types": ["full_attention", "sliding_attention"]`):     "layer_types",
		decoder(`"num_hidden_layers": 2, "layer_types": ["sliding_attention", "chunked_attention"]`):  "layer_types",
		decoder(`"sliding_window": null`):                                                             "decoder.sliding_window",
		decoder(`"sliding_window": 0`):                                                                "decoder.sliding_window",
		decoder(`"sliding_window_pattern": 0`):                                                        "sliding_window_pattern is 0",
		decoder(`"attn_logit_softcapping": 50.0`):                                                     "attn_logit_softcapping",
		decoder(`"hidden_activation": "silu"`):                                                        `"silu"`,
		decoder(`"rms_norm_eps": 1e-5`):                                                               "rms_norm_eps",
		decoder(`"attention_bias": true`):                                                             "attention_bias",
		decoder(`"pad_token_id": null`):                                                               "pad_token_id",
		decoder(`"bos_token_id": null`):                                                               "bos_token_id",
		decoder(`"bos_token_id": -1`):                                                                 "bos is -1",
		decoder(`"eos_token_id": [1, 106]`):                                                           "eos_token_id",
		decoder(`"use_bidirectional_attention": true`):                                                "use_bidirectional_attention",
		decoder(`"query_pre_attn_scalar": 0`):                                                         "query_pre_attn_scalar",
		decoder(`"num_attention_heads": 7`):                                                           "num_attention_heads 7",
		decoder(`"num_key_value_heads": 3`):                                                           "kv_heads 3",
		decoder(`"head_dim": 3`):                                                                      "head_dim is 3",
		decoder(`"intermediate_size": -1`):                                                            "decoder.intermediate_size is -1",
		decoder(`"model_type": "gemma3_text"`):                                                        `"gemma3_text"`,
		decoder(`"rope_parameters": {"full_attention": {"rope_type": "yarn"}}`):                       "yarn",
		decoder(`"rope_parameters": {"full_attention": {"rope_type": "linear"}}`):                     "factor",
		decoder(`"rope_parameters": {"sliding_attention": {"rope_type": "linear", "factor": 2.0}}`):   "sliding_attention",
		decoder(`"rope_parameters": {"full_attention": {"partial_rotary_factor": 0.5}}`):              "partial_rotary_factor",
		decoder(`"rope_scaling": {"type": "linear", "factor": 2.0}`):                                  "rope type",
		decoder(`"intermediate_size": 1000000, "num_hidden_layers": 1000`):                            "parameters",
		`{"model_type": "t5gemma2", "tie_word_embeddings": false, "encoder": {` + vision + `}}`:       "tie_word_embeddings",
		`{"model_type": "t5gemma2", "quantization_config": {"bits": 4}, "encoder": {` + vision + `}}`: "quantization_config",
		`{"model_type": "t5gemma2", "image_token_index": -3, "encoder": {` + vision + `}}`:            "image_token is -3",
		`{"model_type": "t5gemma2", "encoder": {"mm_tokens_per_image": 5, ` + vision + `}}`:           "mm_tokens_per_image is 5",
		`{"model_type": "t5gemma2", "encoder": {"mm_tokens_per_image": -4, ` + vision + `}}`:          "mm_tokens_per_image is -4",
		`{"model_type": "t5gemma2", "encoder": {"vision_config": {"image_size": 1000000}}}`:           "image_size is 1000000",
		`{"model_type": "t5gemma2", "encoder": {"vision_config": {"patch_size": 0}}}`:                 "patch_size is 0",
		`{"model_type": "t5gemma2", "encoder": {"vision_config": {"num_channels": 1}}}`:               "num_channels is 1",
		`{"model_type": "t5gemma2", "encoder": {"vision_config": {"hidden_act": "gelu"}}}`:            `"gelu"`,
		`{"model_type": "t5gemma2", "encoder": {"vision_config": {"model_type": "clip"}}}`:            `"clip"`,
		`{"model_type": "t5gemma2", "encoder": {"model_type": "gemma3"}}`:                             `"gemma3"`,
	} {
		if _, err := t5gemma2.HubConfig([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want it to name %q", config, err, want)
		}
	}
}

// TestHubName_NamesSavedFiles saves a model in shards and compares with the file that transformers
// wrote.
func TestHubName_NamesSavedFiles(t *testing.T) {
	c := cases(t)["left"]
	set := load(t, "left", c)
	dir := t.TempDir()
	if err := set.SaveSharded(dir, weights.SaveOptions{Names: t5gemma2.HubName, MaxShardBytes: 20_000}); err != nil {
		t.Fatal(err)
	}
	saved, err := weights.OpenFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	theirs, err := weights.OpenFile("testdata/left.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if got, want := saved.Entries(), theirs.Entries(); !slices.EqualFunc(got, want, func(a, b weights.Entry) bool {
		return a.Name == b.Name && slices.Equal(a.Shape, b.Shape)
	}) {
		t.Errorf("saved %v, want %v", got, want)
	}
	again, _, err := weights.LoadFile(saved, set.Specs(), t5gemma2.HubNames)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range again.Tensors() {
		if !slices.Equal(tensors.MustCopyFlatData[float32](x), tensors.MustCopyFlatData[float32](set.Tensors()[i])) {
			t.Errorf("%s is not what was saved", set.Specs()[i].Name)
		}
	}
}

// TestHubNames_ReadEveryLayout reads our own names, and those of other releases with copies of the
// embedding table.
func TestHubNames_ReadEveryLayout(t *testing.T) {
	c := cases(t)["global"]
	set := load(t, "global", c)
	for layout, rename := range map[string]*strings.Replacer{
		"ours": nil,
		"in memory": strings.NewReplacer("encoder.embed_tokens", "encoder.text_model.embed_tokens",
			"model.encoder.layers", "model.encoder.text_model.layers", "model.encoder.norm", "model.encoder.text_model.norm"),
		"public":  strings.NewReplacer("vision_tower", "vision_tower.vision_model"),
		"no head": strings.NewReplacer("model.encoder", "encoder", "model.decoder", "decoder"),
	} {
		specs, values := set.Specs(), set.Tensors()
		name := func(ours string) string { return ours }
		if rename != nil {
			name = func(ours string) string { return rename.Replace(t5gemma2.HubName(ours)) }
			table := set.Get("embed_tokens.weight")
			for _, copied := range []string{"lm_head.out_proj.weight", "model.decoder.embed_tokens.weight"} {
				spec := weights.Spec{Name: copied, Shape: table.Shape().Dimensions}
				specs, values = append(slices.Clone(specs), spec), append(slices.Clone(values), table)
			}
		}
		all, err := weights.NewSet(specs, values)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := all.SaveSharded(dir, weights.SaveOptions{Names: name}); err != nil {
			t.Fatal(err)
		}
		file, err := weights.OpenFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, report, err := weights.LoadFile(file, set.Specs(), t5gemma2.HubNames)
		if err != nil || len(report.Unexpected) > 0 || len(report.Ignored) != len(specs)-len(set.Specs()) {
			t.Errorf("%s: %v\n%s", layout, err, report)
		}
		file.Close()
	}
}

// FuzzHubConfig reads any bytes. A config that is read is one that can be written and read again.
func FuzzHubConfig(f *testing.F) {
	for name := range cases(f) {
		content, err := os.ReadFile("testdata/" + name + "-config.json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	var all []struct{ Config json.RawMessage }
	content, err := os.ReadFile("testdata/configs.json")
	if err != nil {
		f.Fatal(err)
	}
	if err := json.Unmarshal(content, &all); err != nil {
		f.Fatal(err)
	}
	for _, c := range all {
		f.Add([]byte(c.Config))
	}
	f.Add([]byte(`{"model_type": "t5gemma2", "encoder": {"vision_config": {"image_size": 256}}, "decoder": {"sliding_window_pattern": 63}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := t5gemma2.HubConfig(content)
		if err != nil {
			return
		}
		written, err := t5gemma2.ToHubConfig(c)
		if err != nil {
			t.Fatalf("%s: %v", content, err)
		}
		again, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := t5gemma2.HubConfig(again); err != nil || *got != *c {
			t.Errorf("%s: read again as %+v, %v, want %+v", content, got, err, c)
		}
	})
}
