package siglip_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
)

// so400m is the config.json of google/siglip-so400m-patch14-384, as the hub has it.
const so400m = `{"architectures": ["SiglipModel"], "initializer_factor": 1.0, "model_type": "siglip",
	"text_config": {"hidden_size": 1152, "intermediate_size": 4304, "model_type": "siglip_text_model", "num_attention_heads": 16, "num_hidden_layers": 27},
	"torch_dtype": "float32", "transformers_version": "4.37.0.dev0",
	"vision_config": {"hidden_size": 1152, "image_size": 384, "intermediate_size": 4304, "model_type": "siglip_vision_model",
		"num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14}}`

// TestHubConfig_ReadsPublishedConfigs compares with the variant of the same name.
func TestHubConfig_ReadsPublishedConfigs(t *testing.T) {
	for name, config := range map[string]string{
		"siglip-base-patch16-224":   `{"model_type": "siglip"}`,
		"siglip-so400m-patch14-384": so400m,
		"siglip2-giant-opt-patch16-256": `{"model_type": "siglip", "text_config": {"hidden_size": 1152, "intermediate_size": 4304,
			"num_attention_heads": 16, "num_hidden_layers": 27, "projection_size": 1536, "vocab_size": 256000},
			"vision_config": {"hidden_size": 1536, "image_size": 256, "intermediate_size": 6144, "num_attention_heads": 16, "num_hidden_layers": 40, "patch_size": [16, 16]}}`,
		"siglip2-base-patch16-naflex": `{"model_type": "siglip2", "text_config": {"vocab_size": 256000, "projection_size": null}, "vision_config": {"num_patches": 256}}`,
	} {
		want, err := siglip.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		want.Bias = siglip.PaperBias
		if want.Image.NaFlex == 0 {
			want.Image.Resize = "bicubic"
		}
		got, err := siglip.HubConfig([]byte(config))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if *got != want {
			t.Errorf("%s is %+v, want %+v", name, *got, want)
		}
	}
}

func TestToHubConfig_ReadsBack(t *testing.T) {
	for _, name := range siglip.Published() {
		c, err := siglip.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		written, err := siglip.ToHubConfig(&c)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		c.Bias = siglip.PaperBias
		if c.Image.NaFlex == 0 {
			c.Image.Resize = "bicubic"
		}
		if back, err := siglip.HubConfig(text); err != nil || *back != c {
			t.Errorf("%s: read back as %+v, %v", name, back, err)
		}
	}
}

func TestToHubConfig_RefusesWhatTransformersLacks(t *testing.T) {
	for want, change := range map[string]func(*siglip.Config){
		"positions sincos2d": func(c *siglip.Config) { c.Image.Positions = "sincos2d" },
		"pool gap":           func(c *siglip.Config) { c.Image.Pool = "gap" },
		"pre_logits":         func(c *siglip.Config) { c.Image.PreLogits = 12 },
		"images of 4 by 8":   func(c *siglip.Config) { c.Image.Image = vit.Size{Height: 4, Width: 8} },
		"projection":         func(c *siglip.Config) { c.Projection = 9 },
		"a text head none":   func(c *siglip.Config) { c.Text.Head, c.Text.Width = "none", 12 },
		"objective softmax":  func(c *siglip.Config) { c.Objective = "softmax" },
		"depth is 0":         func(c *siglip.Config) { c.Text.Depth = 0 },
	} {
		c := tiny
		change(&c)
		if _, err := siglip.ToHubConfig(&c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

func TestHubConfig_RefusesOtherNetworks(t *testing.T) {
	for config, want := range map[string]string{
		``:                        "JSON",
		`[]`:                      "an array where an object belongs",
		`{"model_type": "clip"}`:  "clip",
		`{"model_type": "siglip"`: "ends in the middle",
		`{"model_type": "siglip", "vision_config": {"hidden_act": "gelu"}}`:            `vision_config.hidden_act is "gelu"`,
		`{"model_type": "siglip", "text_config": {"hidden_act": "quick_gelu"}}`:        "text_config.hidden_act",
		`{"model_type": "siglip", "text_config": {"layer_norm_eps": 1e-5}}`:            "text_config.layer_norm_eps is 1e-05",
		`{"model_type": "siglip", "text_config": {"attention_dropout": 0.1}}`:          "attention_dropout",
		`{"model_type": "siglip", "vision_config": {"num_channels": 1}}`:               "num_channels is 1",
		`{"model_type": "siglip", "vision_config": {"vision_use_head": false}}`:        "vision_use_head",
		`{"model_type": "siglip", "vision_config": {"hidden_size": 1024}}`:             "equally wide",
		`{"model_type": "siglip", "text_config": {"projection_size": 512}}`:            "projection_size is 512",
		`{"model_type": "siglip", "vision_config": {"num_hidden_layers": 1000000000}}`: "num_hidden_layers is 1000000000",
		`{"model_type": "siglip", "vision_config": {"hidden_size": -768}}`:             "hidden_size is -768",
		`{"model_type": "siglip", "vision_config": {"num_attention_heads": 0}}`:        "num_attention_heads is 0",
		`{"model_type": "siglip", "vision_config": {"num_attention_heads": 7}}`:        "multiple of heads",
		`{"model_type": "siglip", "vision_config": {"patch_size": 0}}`:                 "patch_size is 0",
		`{"model_type": "siglip", "vision_config": {"patch_size": [16, 8]}}`:           "patches are square",
		`{"model_type": "siglip", "vision_config": {"image_size": [224, 448]}}`:        "square images",
		`{"model_type": "siglip", "vision_config": {"image_size": "224"}}`:             "a number of pixels",
		`{"model_type": "siglip", "vision_config": {"image_size": 9}}`:                 "smaller than patch",
		`{"model_type": "siglip", "text_config": {"vocab_size": 1e30}}`:                "vocab_size",
		`{"model_type": "siglip2", "vision_config": {"num_patches": 200}}`:             "num_patches is 200",
		`{"model_type": "siglip", "quantization_config": {"bits": 4}}`:                 "quantised",
	} {
		if _, err := siglip.HubConfig([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", config, err, want)
		}
	}
}

func TestHubVision(t *testing.T) {
	c, err := siglip.HubVision([]byte(`{"model_type": "siglip_vision_model", "hidden_size": 24, "num_attention_heads": 2, "image_size": 448, "patch_size": 14, "vision_use_head": false}`))
	if err != nil || c.Tokens() != 1024 || c.Pool != "none" || c.Width != 24 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, config := range []string{`{}`, `{"model_type": "siglip"}`, `{"model_type": "siglip_vision_model", "hidden_act": "relu"}`, `{`} {
		if _, err := siglip.HubVision([]byte(config)); err == nil {
			t.Errorf("%s: no error", config)
		}
	}
}

// FuzzHubConfig looks for configs that panic, or that are read although no model can be made.
func FuzzHubConfig(f *testing.F) {
	f.Add([]byte(so400m))
	f.Add([]byte(`{"model_type": "siglip2", "vision_config": {"num_patches": 9, "patch_size": [2, 2]}}`))
	f.Add([]byte(`{"model_type": "siglip", "text_config": null, "vision_config": {"image_size": null}}`))
	f.Add([]byte(`{"model_type": "siglip_vision_model", "vision_use_head": false}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if c, err := siglip.HubConfig(content); err == nil {
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			if _, err := siglip.ToHubConfig(c); err != nil {
				t.Fatal(fmt.Sprintf("%+v", c), err)
			}
		}
		if c, err := siglip.HubVision(content); err == nil && c.Validate() != nil {
			t.Fatal(c.Validate())
		}
	})
}
