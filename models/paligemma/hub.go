package paligemma

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Hub describes folders of transformers' PaliGemmaForConditionalGeneration.
func Hub() *family.Hub {
	return &family.Hub{
		Types: []string{"paligemma"},
		Read: func(config []byte) (family.Model, error) {
			c, err := HubConfig(config)
			if err != nil {
				return nil, err // not a nil *Config in an interface
			}
			return c, nil
		},
		Write: func(m family.Model) (map[string]any, error) { return ToHubConfig(m.(*Config)) },
		Names: func(family.Model) weights.Names { return HubNames },
		Name:  HubName,
		Frame: "paligemma",
		Prompts: map[string]string{
			"caption": "caption {lang}", "ocr": "ocr", "vqa": "answer en {question}", "vqg": "question {lang} {answer}",
			"detect": "detect {labels}", "segment": "segment {label}",
		},
	}
}

// hubPrefixes are what names begin with in the files of transformers, for each of our prefixes: the
// names of the public files first, then those of later releases.
var hubPrefixes = map[string][]string{
	visionPrefix:     {"vision_tower.vision_model", "vision_tower", "model.vision_tower.vision_model", "model.vision_tower"},
	projectionPrefix: {"multi_modal_projector", "model.multi_modal_projector"},
	languagePrefix:   {"language_model.model", "model.language_model.model", "model.language_model"},
}

// HubName returns the name that a weight has in the public files, which every release of
// transformers reads.
func HubName(ours string) string {
	for prefix, theirs := range hubPrefixes {
		if rest, ok := strings.CutPrefix(ours, prefix+"."); ok {
			return theirs[0] + "." + rest
		}
	}
	return ours
}

// HubNames presents a file with the names of any release of transformers, or a checkpoint of
// big_vision, under our names. A copy of the embedding table for the output, lm_head, is ignored,
// because the two are one.
func HubNames(f *weights.File, specs []weights.Spec) (*weights.File, error) {
	if hasPart(f, "llm/") || hasPart(f, "params/llm/") {
		var err error
		if f, err = weights.BigVision(f, nil); err != nil {
			return nil, err
		}
	}
	if hasPart(f, visionPrefix+".") || hasPart(f, languagePrefix+".embed_tokens.") {
		return f, nil // our own names
	}
	to := map[string]string{}
	for ours, all := range hubPrefixes {
		for _, theirs := range all {
			if hasPart(f, theirs+".") {
				to[theirs] = ours
				break
			}
		}
	}
	return weights.Prefixed(to)(f, specs)
}

// hasPart reports whether a tensor's name begins with prefix.
func hasPart(f *weights.File, prefix string) bool {
	return slices.ContainsFunc(f.Entries(), func(e weights.Entry) bool { return strings.HasPrefix(e.Name, prefix) })
}

// hubConfig holds the keys of a config.json that change the network. The others are settings of
// generation, of training or of torch.
type hubConfig struct {
	ModelType     string         `json:"model_type"`
	ProjectionDim int            `json:"projection_dim"`
	Tied          bool           `json:"tie_word_embeddings"`
	Vision        hubVision      `json:"vision_config"`
	Text          hubText        `json:"text_config"`
	Quantization  map[string]any `json:"quantization_config"`
}

type hubVision struct {
	ModelType string  `json:"model_type"`
	Width     int     `json:"hidden_size"`
	MLP       int     `json:"intermediate_size"`
	Depth     int     `json:"num_hidden_layers"`
	Heads     int     `json:"num_attention_heads"`
	Channels  int     `json:"num_channels"`
	Image     int     `json:"image_size"`
	Patch     int     `json:"patch_size"`
	Act       string  `json:"hidden_act"`
	Epsilon   float64 `json:"layer_norm_eps"`
	Head      bool    `json:"vision_use_head"`
}

type hubText struct {
	ModelType   string   `json:"model_type"`
	Width       int      `json:"hidden_size"`
	MLP         int      `json:"intermediate_size"`
	Depth       int      `json:"num_hidden_layers"`
	Heads       int      `json:"num_attention_heads"`
	KVHeads     int      `json:"num_key_value_heads"`
	HeadDim     int      `json:"head_dim"`
	Vocab       int      `json:"vocab_size"`
	Act         string   `json:"hidden_act"`        // of Gemma 1
	Activation  string   `json:"hidden_activation"` // of Gemma 2
	Epsilon     float64  `json:"rms_norm_eps"`
	Biases      bool     `json:"attention_bias"`
	Tied        bool     `json:"tie_word_embeddings"`
	Pad         *int     `json:"pad_token_id"`
	EOS         any      `json:"eos_token_id"`
	QueryScalar float64  `json:"query_pre_attn_scalar"`
	Window      *int     `json:"sliding_window"`
	LayerTypes  []string `json:"layer_types"`
	LogitCap    *float64 `json:"final_logit_softcapping"`
	ScoreCap    *float64 `json:"attn_logit_softcapping"`
	Rotary      hubRope  `json:"rope_parameters"`
	RopeTheta   float64  `json:"rope_theta"`   // until transformers 4
	RopeScaling any      `json:"rope_scaling"` // until transformers 4
}

type hubRope struct {
	Type  string  `json:"rope_type"`
	Theta float64 `json:"rope_theta"`
}

const (
	sliding = "sliding_attention"
	full    = "full_attention"
)

// HubConfig reads a config.json of transformers with model_type paligemma, whose text_config is a
// gemma or a gemma2. Absent keys have the defaults that they have there. It refuses networks that
// this package does not have, and sizes that no model has.
func HubConfig(config []byte) (*Config, error) {
	c, err := readHub(config)
	if err != nil {
		return nil, fmt.Errorf("config.json of a PaliGemma: %w", err)
	}
	return c, nil
}

func readHub(config []byte) (*Config, error) {
	h := hubConfig{ProjectionDim: 2048, Tied: true}
	parts := struct {
		Vision json.RawMessage `json:"vision_config"`
		Text   json.RawMessage `json:"text_config"`
	}{}
	if err := json.Unmarshal(config, &parts); err != nil {
		return nil, jsonerr.Explain(err)
	}
	h.Vision = visionDefaults(parts.Vision)
	var err error
	if h.Text, err = textDefaults(parts.Text); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(config, &h); err != nil {
		return nil, jsonerr.Explain(err)
	}
	if err := errors.Join(h.checkSizes(), h.check()); err != nil {
		return nil, err
	}
	c := h.config()
	if n := parameters(c); n > largest {
		return nil, fmt.Errorf("its sizes make about %.3g parameters; the most read is %.3g", n, float64(largest))
	}
	return c, c.Validate()
}

// visionDefaults are transformers' SiglipVisionConfig, or PaliGemma's own if there is no
// vision_config.
func visionDefaults(part json.RawMessage) hubVision {
	d := hubVision{ModelType: "siglip_vision_model", Width: 768, MLP: 3072, Depth: 12, Heads: 12, Channels: 3,
		Image: 224, Patch: 16, Act: "gelu_pytorch_tanh", Epsilon: block.Epsilon, Head: true}
	if isNull(part) {
		d.Width, d.MLP, d.Depth, d.Heads, d.Patch, d.Head = 1152, 4096, 27, 16, 14, false
	}
	return d
}

// textDefaults are transformers' GemmaConfig or Gemma2Config, or PaliGemma's own if there is no
// text_config.
func textDefaults(part json.RawMessage) (hubText, error) {
	d := hubText{ModelType: "gemma", Width: 3072, MLP: 24576, Depth: 28, Heads: 16, KVHeads: 16, HeadDim: 256, Vocab: 256_000,
		Act: "gelu_pytorch_tanh", Activation: "gelu_pytorch_tanh", Epsilon: block.Epsilon, Tied: true,
		Rotary: hubRope{"default", 10_000}}
	if isNull(part) {
		d.Width, d.MLP, d.Depth, d.Heads, d.KVHeads, d.Vocab = 2048, 16384, 18, 8, 1, 257_152
		return d, nil
	}
	var kind struct {
		ModelType string `json:"model_type"`
	}
	if err := json.Unmarshal(part, &kind); err != nil {
		return d, fmt.Errorf("text_config: %w", jsonerr.Explain(err))
	}
	if kind.ModelType == "gemma2" {
		window, scores, logits := 4096, 50.0, 30.0
		d.Width, d.MLP, d.Depth, d.Heads, d.KVHeads = 2304, 9216, 26, 8, 4
		d.QueryScalar, d.Window, d.ScoreCap, d.LogitCap = 256, &window, &scores, &logits
	}
	return d, nil
}

func isNull(part json.RawMessage) bool { return len(part) == 0 || string(part) == "null" }

// check returns all reasons for which this package cannot run the network.
func (h hubConfig) check() error {
	var all []error
	refuse := func(unless bool, format string, values ...any) {
		if !unless {
			all = append(all, fmt.Errorf(format, values...))
		}
	}
	v, t := h.Vision, h.Text
	refuse(h.ModelType == "paligemma", "model_type is %q, want paligemma", h.ModelType)
	refuse(h.Quantization == nil, "quantization_config is set; quantised weights are not read")
	refuse(h.Tied && t.Tied, "tie_word_embeddings is false; only the embedding table scores the output")
	refuse(h.ProjectionDim == t.Width, "projection_dim is %d, text_config.hidden_size is %d; they must be equal", h.ProjectionDim, t.Width)

	refuse(v.ModelType == "siglip_vision_model", "vision_config.model_type is %q, want siglip_vision_model", v.ModelType)
	refuse(v.Channels == 3, "vision_config.num_channels is %d, want 3", v.Channels)
	refuse(isTanhGELU(v.Act), "vision_config.hidden_act is %q, want gelu_pytorch_tanh", v.Act)
	refuse(v.Epsilon == block.Epsilon, "vision_config.layer_norm_eps is %g, want %g", v.Epsilon, block.Epsilon)

	gemma2 := t.ModelType == "gemma2"
	refuse(gemma2 || t.ModelType == "gemma", "text_config.model_type is %q; legal are gemma, gemma2", t.ModelType)
	act, key := t.Act, "hidden_act"
	if gemma2 {
		act, key = t.Activation, "hidden_activation"
	}
	// A Gemma 1 says "gelu" and means the tanh form (transformers configuration_gemma.py).
	refuse(isTanhGELU(act) || act == "gelu" && !gemma2, "text_config.%s is %q, want gelu_pytorch_tanh", key, act)
	refuse(t.Epsilon == block.Epsilon, "text_config.rms_norm_eps is %g, want %g", t.Epsilon, block.Epsilon)
	refuse(!t.Biases, "text_config.attention_bias is true; attention has no biases")
	refuse(t.Pad == nil || *t.Pad == 0, "text_config.pad_token_id is not 0")
	refuse(endsWith1(t.EOS), "text_config.eos_token_id is %v, want 1", t.EOS)
	refuse(t.Rotary.Type == "default" && t.RopeScaling == nil, "text_config scales its rotary embeddings (rope_type %q); want rope_type default", t.Rotary.Type)
	if gemma2 {
		refuse(t.QueryScalar >= 1 && t.QueryScalar == math.Trunc(t.QueryScalar) && t.QueryScalar < 1<<31, "text_config.query_pre_attn_scalar is %g, want a whole number from 1 on", t.QueryScalar)
		refuse(t.LayerTypes == nil || t.inTurns() || t.isFull(),
			"text_config.layer_types is %v; legal are sliding and full attention in turns, and full attention alone", t.LayerTypes[:min(len(t.LayerTypes), 8)])
	}

	return errors.Join(all...)
}

// checkSizes returns the sizes that no model has.
func (h hubConfig) checkSizes() error {
	var all []error
	v, t := h.Vision, h.Text
	for _, size := range []struct {
		key         string
		value, most int
	}{
		{"vision_config.hidden_size", v.Width, 1 << 16}, {"vision_config.intermediate_size", v.MLP, 1 << 20},
		{"vision_config.num_hidden_layers", v.Depth, 1 << 10}, {"vision_config.num_attention_heads", v.Heads, 1 << 12},
		{"vision_config.image_size", v.Image, 1 << 14}, {"vision_config.patch_size", v.Patch, 1 << 14},
		{"text_config.hidden_size", t.Width, 1 << 16}, {"text_config.intermediate_size", t.MLP, 1 << 20},
		{"text_config.num_hidden_layers", t.Depth, 1 << 10}, {"text_config.num_attention_heads", t.Heads, 1 << 12},
		{"text_config.num_key_value_heads", t.KVHeads, 1 << 12}, {"text_config.head_dim", t.HeadDim, 1 << 14},
		{"text_config.vocab_size", t.Vocab, 1 << 24},
	} {
		if size.value < 1 || size.value > size.most {
			all = append(all, fmt.Errorf("%s is %d; legal are 1 to %d", size.key, size.value, size.most))
		}
	}
	return errors.Join(all...)
}

func isTanhGELU(act string) bool {
	return act == "gelu_pytorch_tanh" || act == "gelu_new" || act == "gelu_fast"
}

// endsWith1 reports whether an eos_token_id is absent, 1 or [1].
func endsWith1(id any) bool {
	if list, ok := id.([]any); ok && len(list) == 1 {
		id = list[0]
	}
	return id == nil || id == 1.0
}

// inTurns reports whether the blocks have Gemma 2's pattern of attention.
func (t hubText) inTurns() bool {
	return len(t.LayerTypes) == t.Depth && slices.Equal(t.LayerTypes, layerTypes(t.Depth))
}

// layerTypes is Gemma 2's pattern of attention.
func layerTypes(depth int) []string {
	all := make([]string, depth)
	for i := range all {
		all[i] = []string{sliding, full}[i%2]
	}
	return all
}

// isFull reports whether no block has a window.
func (t hubText) isFull() bool {
	return len(t.LayerTypes) == t.Depth && !slices.ContainsFunc(t.LayerTypes, func(kind string) bool { return kind != full })
}

// config is the network.
func (h hubConfig) config() *Config {
	v, t := h.Vision, h.Text
	c := &Config{
		Vision: vit.Config{Width: v.Width, Depth: v.Depth, MLP: v.MLP, Heads: v.Heads, Patch: v.Patch, Image: vit.Side(v.Image)},
		Language: gemma.Config{Width: t.Width, Depth: t.Depth, MLP: t.MLP, Heads: t.Heads, KVHeads: t.KVHeads, HeadDim: t.HeadDim,
			Vocab: t.Vocab, RotaryBase: t.Rotary.Theta},
	}
	if t.RopeTheta != 0 {
		c.Language.RotaryBase = t.RopeTheta
	}
	if t.ModelType != "gemma2" {
		c.Language = c.Language.WithDefaults()
		return c
	}
	c.Language.PostNorms, c.Language.QueryScalar = true, t.QueryScalar
	if t.Window != nil && !t.isFull() {
		c.Language.Window = *t.Window
	}
	if t.ScoreCap != nil {
		c.Language.AttentionSoftcap = *t.ScoreCap
	}
	if t.LogitCap != nil {
		c.Language.LogitSoftcap = *t.LogitCap
	}
	c.Language = c.Language.WithDefaults()
	return c
}

// largest is the most parameters that a config may ask for: seven times the largest PaliGemma.
const largest = 2e11

// parameters is about the number of a config's parameters.
func parameters(c *Config) float64 {
	v, l := c.Vision, c.Language
	rows := float64(v.Image.Height/v.Patch) * float64(v.Image.Width/v.Patch)
	image := float64(v.Width) * (rows + 3*float64(v.Patch*v.Patch) + float64(v.Depth)*(4*float64(v.Width)+2*float64(v.MLP)))
	heads := float64(l.HeadDim) * float64(2*l.Heads+2*l.KVHeads)
	return image + float64(l.Width)*(float64(l.Vocab)+float64(v.Width)+float64(l.Depth)*(heads+3*float64(l.MLP)))
}

// imageToken is the id that marks the place of image tokens in the prompts of transformers'
// processor.
const imageToken = 256_000 + 1024 + 128

// ToHubConfig returns the config.json from which transformers makes the model.
func ToHubConfig(m *Config) (map[string]any, error) {
	c := *m
	c.SetDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	if c.Vision.Image.Height != c.Vision.Image.Width {
		return nil, fmt.Errorf("writing config.json: images have %s pixels; transformers has square images only", c.Vision.Image)
	}
	text, err := toHubText(c.Language)
	if err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	text["num_image_tokens"] = c.Vision.Tokens()
	// Transformers does not look up the image token, so an id beyond the vocabulary is legal.
	token := imageToken
	if c.Language.Vocab <= imageToken {
		token = c.Language.Vocab
	}
	return map[string]any{
		"architectures": []string{"PaliGemmaForConditionalGeneration"}, "model_type": "paligemma",
		"hidden_size": c.Language.Width, "projection_dim": c.Language.Width, "image_token_index": token,
		"vocab_size": c.Language.Vocab, "tie_word_embeddings": true,
		"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, "dtype": "float32",
		"text_config": text,
		"vision_config": map[string]any{
			"model_type": "siglip_vision_model", "hidden_size": c.Vision.Width, "intermediate_size": c.Vision.MLP,
			"num_hidden_layers": c.Vision.Depth, "num_attention_heads": c.Vision.Heads, "num_channels": 3,
			"image_size": c.Vision.Image.Height, "patch_size": c.Vision.Patch, "num_image_tokens": c.Vision.Tokens(),
			"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": block.Epsilon,
			"projection_dim": c.Language.Width, "vision_use_head": false,
		},
	}, nil
}

// toHubText returns the text_config: a gemma2 if the decoder has norms after its sublayers.
func toHubText(l gemma.Config) (map[string]any, error) {
	text := map[string]any{
		"model_type": "gemma", "hidden_size": l.Width, "intermediate_size": l.MLP, "num_hidden_layers": l.Depth,
		"num_attention_heads": l.Heads, "num_key_value_heads": l.KVHeads, "head_dim": l.HeadDim, "vocab_size": l.Vocab,
		"rms_norm_eps": block.Epsilon, "attention_bias": false, "tie_word_embeddings": true,
		"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
		"rope_theta": decimal(l.RotaryBase), "rope_parameters": map[string]any{"rope_type": "default", "rope_theta": decimal(l.RotaryBase)},
	}
	if !l.PostNorms {
		if l.AttentionSoftcap != 0 || l.LogitSoftcap != 0 || l.Window != 0 || l.QueryScalar != float64(l.HeadDim) {
			return nil, errors.New("softcaps, a window or a query_scalar without post_norms: transformers has no such Gemma")
		}
		text["hidden_act"], text["hidden_activation"] = "gelu_pytorch_tanh", "gelu_pytorch_tanh"
		return text, nil
	}
	text["model_type"], text["hidden_activation"] = "gemma2", "gelu_pytorch_tanh"
	if l.QueryScalar != math.Trunc(l.QueryScalar) {
		return nil, fmt.Errorf("query_scalar is %g; transformers takes whole numbers only", l.QueryScalar)
	}
	text["query_pre_attn_scalar"] = int(l.QueryScalar)
	text["attn_logit_softcapping"], text["final_logit_softcapping"] = orNull(l.AttentionSoftcap), orNull(l.LogitSoftcap)
	text["sliding_window"], text["layer_types"] = l.Window, layerTypes(l.Depth)
	if l.Window == 0 {
		text["sliding_window"] = 4096 // which no block uses
		text["layer_types"] = slices.Repeat([]string{full}, l.Depth)
	}
	return text, nil
}

// decimal writes a number with a point or an exponent, without which transformers 5 takes it for an
// integer and refuses it.
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
