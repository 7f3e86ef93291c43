package t5_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// TestHubConfig reads configs as version 4 of transformers wrote them (google/flan-t5-xl,
// google-t5/t5-small, google/mt5-base, google/umt5-xxl and google/ul2), shortened.
func TestHubConfig(t *testing.T) {
	for variant, content := range map[string]string{
		"t5-small": `{"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_ff": 2048, "d_kv": 64, "d_model": 512,
			"num_heads": 8, "num_layers": 6, "n_positions": 512, "task_specific_params": {"summarization": {"num_beams": 4}}}`,
		"flan-t5-xl": `{"model_type": "t5", "d_ff": 5120, "d_kv": 64, "d_model": 2048, "decoder_start_token_id": 0, "eos_token_id": 1,
			"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu_new", "is_gated_act": true, "num_decoder_layers": 24, "num_heads": 32,
			"num_layers": 24, "tie_word_embeddings": false, "vocab_size": 32128}`,
		"mt5-base": `{"model_type": "mt5", "d_ff": 2048, "d_kv": 64, "d_model": 768, "num_heads": 12, "num_layers": 12,
			"tie_word_embeddings": false, "vocab_size": 250112, "layer_norm_epsilon": 1e-06}`,
		"umt5-xxl": `{"model_type": "umt5", "d_ff": 10240, "d_kv": 64, "d_model": 4096, "num_heads": 64, "num_layers": 24,
			"scalable_attention": true, "tie_word_embeddings": false, "vocab_size": 256384, "eos_token_id": [1]}`,
		"ul2-20b": `{"model_type": "t5", "d_ff": 16384, "d_kv": 256, "d_model": 4096, "feed_forward_proj": "gated-silu", "dense_act_fn": "silu",
			"is_gated_act": true, "num_heads": 16, "num_layers": 32, "tie_word_embeddings": false, "output_past": true}`,
	} {
		m, err := t5.HubConfig([]byte(content))
		if err != nil {
			t.Errorf("%s: %v", variant, err)
			continue
		}
		want, err := t5.Variant(variant)
		if err != nil {
			t.Fatal(err)
		}
		want.ZLoss, want.Dropout = 0, 0.1
		if m.Config != want {
			t.Errorf("%s is\n%+v, want\n%+v", variant, m.Config, want)
		}
	}
}

func TestHubConfig_ErrorNamesTheKey(t *testing.T) {
	for content, want := range map[string]string{
		`[]`:                                  "it is not a JSON object",
		`null`:                                "it is not one JSON object",
		`{} {}`:                               "it is not one JSON object",
		`{}`:                                  `model_type is ""; legal are t5, mt5, umt5`,
		`{"model_type": "bart"}`:              `model_type is "bart"`,
		`{"model_type": 5}`:                   "model_type is 5, want text",
		`{"d_model": 0}`:                      "d_model is 0, want a whole number from 1 to 65536",
		`{"d_model": 1.5}`:                    "d_model is 1.5, want a whole number",
		`{"d_ff": "wide"}`:                    `d_ff is "wide", want a whole number`,
		`{"vocab_size": 1e99}`:                "vocab_size is 1e99, want a whole number",
		`{"num_layers": 5000}`:                "num_layers is 5000, want a whole number from 1 to 1024",
		`{"num_heads": [1]}`:                  "num_heads is [1], want a whole number",
		`{"dropout_rate": 1}`:                 "dropout 1",
		`{"dropout_rate": "no"}`:              `dropout_rate is "no", want a number`,
		`{"is_decoder": true}`:                "is_decoder is true",
		`{"pad_token_id": 1}`:                 "pad_token_id is 1; only 0 is supported",
		`{"eos_token_id": [1, 2]}`:            "eos_token_id is [1, 2]; only 1 is supported",
		`{"eos_token_id": "</s>"}`:            `eos_token_id is "</s>", want a whole number`,
		`{"tie_word_embeddings":1}`:           "tie_word_embeddings is 1, want true or false",
		`{"layer_norm_epsilon": 1e-5}`:        "layer_norm_epsilon is 1e-05; only 1e-06 is supported",
		`{"decoder_start_token_id": 2}`:       "decoder_start_token_id is 2; only 0",
		`{"feed_forward_proj": "gated-tanh"}`: `feed_forward_proj is "gated-tanh"; legal are`,
		`{"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu", "is_gated_act": true}`: `dense_act_fn and is_gated_act say "gated-gelu_python"`,
		`{"feed_forward_proj": "relu", "is_gated_act": true}`:                               `say "gated-relu"`,
		`{"quantization_config": {"bits": 4}}`:                                              "quantization_config is set",
		`{"tie_encoder_decoder": true}`:                                                     "tie_encoder_decoder is true",
		`{"architectures": ["T5EncoderModel"]}`:                                             "architectures names an encoder alone",
		`{"architectures": ["T5ForTokenClassification"]}`:                                   `architectures has "T5ForTokenClassification"`,
		`{"relative_attention_num_buckets": 64, "relative_attention_max_distance": 32}`:     "buckets is 64 and max_distance 32",
		`{"d_model": 65536, "d_ff": 1048576, "num_layers": 1000}`:                           "its sizes make about",
	} {
		if !strings.Contains(content, "model_type") && strings.HasPrefix(content, `{"`) {
			content = `{"model_type": "t5", ` + content[1:]
		}
		if _, err := t5.HubConfig([]byte(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", content, err, want)
		}
	}
}

// TestToHubConfig_IsReadBack writes the config of every kind of model, and reads it again.
func TestToHubConfig_IsReadBack(t *testing.T) {
	for _, name := range t5.Variants() {
		c, err := t5.Variant(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, act := range block.Activations() {
			for _, scale := range []t5.LogitScale{"", t5.RootOfWidth, t5.NoScale} {
				c.Activation, c.LogitScale, c.Dropout, c.ZLoss = act, scale, 0.25, 0
				if c.Tied == (scale == t5.RootOfWidth) && scale != "" {
					continue // is the default, which is read as ""
				}
				written, err := t5.ToHubConfig(&t5.Model{Config: c})
				if err != nil {
					t.Fatal(err)
				}
				content, err := json.Marshal(written)
				if err != nil {
					t.Fatal(err)
				}
				if m, err := t5.HubConfig(content); err != nil || m.Config != c {
					t.Errorf("%s: %v, %+v\nwant %+v", name, err, m, c)
				}
			}
		}
	}
}

// TestToHubConfig_EqualsTransformers compares with what save_pretrained wrote.
func TestToHubConfig_EqualsTransformers(t *testing.T) {
	for _, folder := range folders(t) {
		m, _ := openHub(t, folder)
		written, err := t5.ToHubConfig(m)
		if err != nil {
			t.Fatal(err)
		}
		content, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		got, want := map[string]any{}, map[string]any{}
		theirs, err := os.ReadFile(filepath.Join(folder, "config.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{json.Unmarshal(content, &got), json.Unmarshal(theirs, &want)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for key, value := range got {
			switch key {
			case "architectures", "model_type": // mT5 with a small vocabulary computes the same as T5
				continue
			case "tie_word_embeddings", "scale_decoder_outputs": // theirs says true for any checkpoint
				continue
			case "feed_forward_proj": // theirs may have another name of the same
				continue
			}
			if w, has := want[key]; has && !reflect.DeepEqual(value, w) {
				t.Errorf("%s: %s is %v, transformers wrote %v", folder, key, value, w)
			}
		}
	}
}

// TestHubFit takes away one of the tables of a checkpoint, or makes them equal.
func TestHubFit(t *testing.T) {
	const folder = "testdata/hub/t5-1.1"
	file, err := weights.OpenFile(folder + "/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := file.Float32("shared.weight")
	if err != nil {
		t.Fatal(err)
	}
	head, err := file.Float32("lm_head.weight")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tables map[string][]float32
		tied   bool
	}{
		{map[string][]float32{"shared.weight": table, "lm_head.weight": head}, false},
		{map[string][]float32{"shared.weight": table, "lm_head.weight": table}, true},
		{map[string][]float32{"shared.weight": table}, true},
		{map[string][]float32{"lm_head.weight": table}, true},
		{map[string][]float32{"encoder.embed_tokens.weight": table, "lm_head.weight": head}, false},
		{map[string][]float32{"decoder.embed_tokens.weight": table}, true},
	} {
		path := filepath.Join(t.TempDir(), "model.safetensors")
		var specs []weights.Spec
		var values []*tensors.Tensor
		for name, v := range c.tables {
			specs = append(specs, weights.Spec{Name: name, Shape: []int{23, 12}})
			values = append(values, tensors.FromFlatDataAndDimensions(v, 23, 12))
		}
		set, err := weights.NewSet(specs, values)
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Save(path, nil); err != nil {
			t.Fatal(err)
		}
		changed, err := weights.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer changed.Close()
		config, err := os.ReadFile(folder + "/config.json")
		if err != nil {
			t.Fatal(err)
		}
		m, err := t5.HubConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := t5.HubFit(m, changed); err != nil {
			t.Fatal(err)
		}
		wantScale := t5.LogitScale("")
		if c.tied {
			wantScale = t5.NoScale
		}
		if m.Tied != c.tied || m.LogitScale != wantScale {
			t.Errorf("%v: tied %v with scale %q, want %v with %q", specs, m.Tied, m.LogitScale, c.tied, wantScale)
		}
		named, err := t5.HubNames(changed, []weights.Spec{{Name: "shared.weight", Shape: []int{23, 12}}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := named.Float32("shared.weight"); err != nil || !reflect.DeepEqual(got, table) {
			t.Errorf("%v: the table is not found: %v", specs, err)
		}
	}
	empty := filepath.Join(t.TempDir(), "model.safetensors")
	set, err := weights.NewSet([]weights.Spec{{Name: "x", Shape: []int{1}}}, []*tensors.Tensor{modeltest.Floats("x", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Save(empty, nil); err != nil {
		t.Fatal(err)
	}
	none, err := weights.OpenFile(empty)
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if err := t5.HubFit(&t5.Model{}, none); err == nil || !strings.Contains(err.Error(), "it has no token embeddings") {
		t.Errorf("error %v", err)
	}
}

func TestHubSkip(t *testing.T) {
	for name, want := range map[string]bool{
		"encoder.embed_tokens.weight": true, "decoder.embed_tokens.weight": true,
		"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": true,
		"decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight":   false,
		"shared.weight": false, "lm_head.weight": false,
	} {
		if t5.HubSkip(name) != want {
			t.Errorf("%s: skipped is %v", name, !want)
		}
	}
}

// FuzzHubConfig looks for configs that panic, or that are read into a model that is not valid.
func FuzzHubConfig(f *testing.F) {
	all, err := filepath.Glob("testdata/hub/*/config.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range all {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte(`{"model_type":"t5","d_model":null,"eos_token_id":[],"num_decoder_layers":2.0}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		m, err := t5.HubConfig(content)
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Errorf("read, but invalid: %v", err)
		}
		if _, err := t5.ToHubConfig(m); err != nil {
			t.Errorf("read, but cannot be written: %v", err)
		}
	})
}

// TestHub_ReadsEncoders reads the config.json of an encoder alone, and writes it again.
func TestHub_ReadsEncoders(t *testing.T) {
	hub := t5.Hub()
	m, err := hub.Read([]byte(`{"model_type": "umt5", "architectures": ["UMT5EncoderModel"], "d_model": 12, "is_encoder_decoder": false, "num_layers": 2}`))
	if err != nil {
		t.Fatal(err)
	}
	e, is := m.(*t5.Encoder)
	if !is || e.Width != 12 || e.EncoderLayers != 2 || !e.LayerBias {
		t.Fatalf("%T %+v", m, m)
	}
	specs, err := e.Specs(modeltest.Backend(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range specs {
		if s.Name != "shared.weight" && !strings.HasPrefix(s.Name, "encoder.") {
			t.Errorf("an encoder has the weight %s", s.Name)
		}
	}
	written, err := hub.Write(e)
	if err != nil || written["architectures"].([]string)[0] != "UMT5EncoderModel" || written["is_encoder_decoder"] != false {
		t.Errorf("%v, %v", written, err)
	}
	if problems := e.Fit(family.Data{}); len(problems) != 1 {
		t.Errorf("problems of training an encoder: %v", problems)
	}
}
