package t5gemma2

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pali3/pali3/models/block"
)

// ToHubConfig returns the config.json from which transformers makes the model.
func ToHubConfig(m *Config) (map[string]any, error) {
	written, err := toHub(m.WithDefaults())
	if err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	return written, nil
}

func toHub(c Config) (map[string]any, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	v := c.Vision
	if v.Image.Height != v.Image.Width {
		return nil, fmt.Errorf("images have %s pixels; transformers has square images only", v.Image)
	}
	if v.Positions == "sincos2d" {
		return nil, errors.New("image.positions are sincos2d; transformers has a learned table only")
	}
	side, patches := v.Image.Height/v.Patch/c.Pool, v.Image.Height/v.Patch
	if patches/side != c.Pool {
		return nil, fmt.Errorf("pool %d makes %d by %d tokens of %d by %d patches; transformers averages over squares of %d", c.Pool, side, side, patches, patches, patches/side)
	}
	encoder, err := c.Encoder.toHub(c, "t5gemma2_text")
	if err != nil {
		return nil, fmt.Errorf("encoder: %w", err)
	}
	decoder, err := c.Decoder.toHub(c, "t5gemma2_decoder")
	if err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return map[string]any{
		"architectures": []string{"T5Gemma2ForConditionalGeneration"}, "model_type": "t5gemma2", "is_encoder_decoder": true,
		"image_token_index": c.ImageToken, "eoi_token_index": c.ImageEnd, "vocab_size": c.Vocab, "tie_word_embeddings": true,
		"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": c.BOS, "dtype": "float32",
		"encoder": map[string]any{
			"model_type": "t5gemma2_encoder", "text_config": encoder, "mm_tokens_per_image": side * side,
			"boi_token_index": c.ImageBegin, "eoi_token_index": c.ImageEnd, "image_token_index": c.ImageToken, "tie_word_embeddings": true,
			"vision_config": map[string]any{
				"model_type": "siglip_vision_model", "hidden_size": v.Width, "intermediate_size": v.MLP,
				"num_hidden_layers": v.Depth, "num_attention_heads": v.Heads, "num_channels": 3,
				"image_size": v.Image.Height, "patch_size": v.Patch,
				"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": block.Epsilon, "vision_use_head": false,
			},
		},
		"decoder": decoder,
	}, nil
}

// toHub returns the text_config of the encoder, or the config of the decoder.
func (k Tower) toHub(c Config, modelType string) (map[string]any, error) {
	switch {
	case k.QueryScalar != math.Trunc(k.QueryScalar):
		return nil, fmt.Errorf("query_scalar is %g; transformers takes whole numbers only", k.QueryScalar)
	case c.Width%k.Heads != 0:
		return nil, fmt.Errorf("width %d is not a multiple of heads %d, which transformers demands", c.Width, k.Heads)
	case k.Window == 0 && k.GlobalEvery > 1:
		return nil, errors.New("local blocks without a window: transformers has none")
	}
	window := k.Window
	if window == 0 {
		window = 4096 // which no block uses
	}
	global := map[string]any{"rope_type": "default", "rope_theta": decimal(k.RotaryBase)}
	if k.RotaryFactor != 1 {
		global["rope_type"], global["factor"] = "linear", decimal(k.RotaryFactor)
	}
	return map[string]any{
		"model_type": modelType, "hidden_size": c.Width, "vocab_size": c.Vocab,
		"intermediate_size": k.MLP, "num_hidden_layers": k.Depth, "num_attention_heads": k.Heads,
		"num_key_value_heads": k.KVHeads, "head_dim": k.HeadDim, "query_pre_attn_scalar": int(k.QueryScalar),
		"sliding_window": window, "layer_types": layerTypes(k.Depth, k.GlobalEvery),
		"rope_parameters": map[string]any{
			full: global, local: map[string]any{"rope_type": "default", "rope_theta": decimal(k.LocalRotaryBase)},
		},
		"hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": block.Epsilon, "attention_bias": false,
		"final_logit_softcapping": orNull(c.LogitSoftcap), "attn_logit_softcapping": nil, "tie_word_embeddings": true,
		"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": c.BOS,
	}, nil
}

// decimal writes a number with a point or an exponent, without which transformers 5 takes it for
// an integer and refuses it.
func decimal(x float64) json.Number {
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return json.Number(text)
}

// orNull returns null for 0.
func orNull(x float64) any {
	if x == 0 {
		return nil
	}
	return decimal(x)
}
