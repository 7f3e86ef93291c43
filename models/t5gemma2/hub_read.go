package t5gemma2

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/vit"
)

// hubConfig holds the keys of a config.json that change the network. The others are settings of
// generation, of training or of torch.
type hubConfig struct {
	ModelType    string         `json:"model_type"`
	Tied         bool           `json:"tie_word_embeddings"`
	ImageToken   int            `json:"image_token_index"`
	ImageTokenID *int           `json:"image_token_id"`
	Encoder      hubEncoder     `json:"encoder"`
	Decoder      hubText        `json:"decoder"`
	Quantization map[string]any `json:"quantization_config"`
}

type hubEncoder struct {
	ModelType    string    `json:"model_type"`
	Tokens       int       `json:"mm_tokens_per_image"`
	ImageBegin   *int      `json:"boi_token_index"`
	ImageBeginID *int      `json:"boi_token_id"`
	ImageEnd     *int      `json:"eoi_token_index"`
	ImageEndID   *int      `json:"eoi_token_id"`
	Text         hubText   `json:"text_config"`
	Vision       hubVision `json:"vision_config"`
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
}

type hubText struct {
	ModelType     string   `json:"model_type"`
	Width         int      `json:"hidden_size"`
	MLP           int      `json:"intermediate_size"`
	Depth         int      `json:"num_hidden_layers"`
	Heads         int      `json:"num_attention_heads"`
	KVHeads       int      `json:"num_key_value_heads"`
	HeadDim       int      `json:"head_dim"`
	Vocab         int      `json:"vocab_size"`
	Act           string   `json:"hidden_activation"`
	Epsilon       float64  `json:"rms_norm_eps"`
	Biases        bool     `json:"attention_bias"`
	Pad           *int     `json:"pad_token_id"`
	EOS           any      `json:"eos_token_id"`
	BOS           *int     `json:"bos_token_id"`
	QueryScalar   float64  `json:"query_pre_attn_scalar"`
	Window        *int     `json:"sliding_window"`
	Pattern       int      `json:"sliding_window_pattern"` // of early files
	LayerTypes    []string `json:"layer_types"`
	LogitCap      *float64 `json:"final_logit_softcapping"`
	ScoreCap      *float64 `json:"attn_logit_softcapping"`
	Bidirectional bool     `json:"use_bidirectional_attention"`
	Rotary        hubRope  `json:"rope_parameters"`
	RopeScaling   *hubTurn `json:"rope_scaling"`         // of early files, as are the next two
	RopeTheta     *float64 `json:"rope_theta"`           // of global blocks
	LocalTheta    *float64 `json:"rope_local_base_freq"` // of local blocks
}

// hubRope holds the rotary embeddings of each kind of block.
type hubRope struct {
	Full  hubTurn `json:"full_attention"`
	Local hubTurn `json:"sliding_attention"`
}

type hubTurn struct {
	Type    string   `json:"rope_type"`
	OldType string   `json:"type"`
	Theta   *float64 `json:"rope_theta"`
	Factor  *float64 `json:"factor"`
	Partial *float64 `json:"partial_rotary_factor"`
}

const (
	local = "sliding_attention"
	full  = "full_attention"
)

// HubConfig reads a config.json of transformers with model_type t5gemma2. Absent keys have the
// defaults that they have there. It refuses networks that this package does not have, and sizes
// that no model has.
func HubConfig(config []byte) (*Config, error) {
	c, err := readHub(config)
	if err != nil {
		return nil, fmt.Errorf("config.json of a T5Gemma 2: %w", err)
	}
	return c, nil
}

func readHub(config []byte) (*Config, error) {
	h := hubDefaults()
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

// hubDefaults are those of transformers' T5Gemma2Config and SiglipVisionConfig.
func hubDefaults() hubConfig {
	begin, end := gemmaImageBegin, 256_000
	vision := hubVision{ModelType: "siglip_vision_model", Width: 768, MLP: 3072, Depth: 12, Heads: 12, Channels: 3,
		Image: 224, Patch: 16, Act: "gelu_pytorch_tanh", Epsilon: block.Epsilon}
	return hubConfig{
		Tied: true, ImageToken: 256_001, Decoder: textDefaults("t5gemma2_decoder"),
		Encoder: hubEncoder{ModelType: "t5gemma2_encoder", Tokens: 256, ImageBegin: &begin, ImageEnd: &end,
			Text: textDefaults("t5gemma2_text"), Vision: vision},
	}
}

func textDefaults(modelType string) hubText {
	window, pad, bos := 4096, 0, 2
	return hubText{ModelType: modelType, Width: 2304, MLP: 9216, Depth: 26, Heads: 8, KVHeads: 4, HeadDim: 256, Vocab: 262_208,
		Act: "gelu_pytorch_tanh", Epsilon: block.Epsilon, Pad: &pad, BOS: &bos, QueryScalar: 256,
		Window: &window, Pattern: 6, Rotary: hubRope{hubTurn{Type: "default"}, hubTurn{Type: "default"}}}
}

// problems collects the reasons for which a config is refused.
type problems []error

func (p *problems) refuse(unless bool, format string, values ...any) {
	if !unless {
		*p = append(*p, fmt.Errorf(format, values...))
	}
}

// check returns all reasons for which this package cannot run the network.
func (h hubConfig) check() error {
	var all problems
	v, e := h.Encoder.Vision, h.Encoder
	all.refuse(h.ModelType == "t5gemma2", "model_type is %q, want t5gemma2", h.ModelType)
	all.refuse(e.ModelType == "t5gemma2_encoder", "encoder.model_type is %q, want t5gemma2_encoder", e.ModelType)
	all.refuse(h.Quantization == nil, "quantization_config is set; quantised weights are not read")
	all.refuse(h.Tied, "tie_word_embeddings is false; one table embeds all ids and scores the output")
	all.refuse(e.Text.Width == h.Decoder.Width, "encoder.text_config.hidden_size is %d, decoder.hidden_size is %d; they must be equal", e.Text.Width, h.Decoder.Width)
	all.refuse(e.Text.Vocab == h.Decoder.Vocab, "encoder.text_config.vocab_size is %d, decoder.vocab_size is %d; they must be equal", e.Text.Vocab, h.Decoder.Vocab)
	all.refuse(v.ModelType == "siglip_vision_model", "encoder.vision_config.model_type is %q, want siglip_vision_model", v.ModelType)
	all.refuse(v.Channels == 3, "encoder.vision_config.num_channels is %d, want 3", v.Channels)
	all.refuse(isTanhGELU(v.Act), "encoder.vision_config.hidden_act is %q, want gelu_pytorch_tanh", v.Act)
	all.refuse(v.Epsilon == block.Epsilon, "encoder.vision_config.layer_norm_eps is %g, want %g", v.Epsilon, block.Epsilon)
	if v.Patch > 0 && v.Image >= v.Patch {
		side := int(math.Sqrt(float64(e.Tokens)))
		patches := v.Image / v.Patch
		all.refuse(side >= 1 && side*side == e.Tokens && side <= patches && patches/(patches/side) == side,
			"encoder.mm_tokens_per_image is %d; an image of %d by %d patches has no such average over squares", e.Tokens, patches, patches)
	}
	all.refuse(h.Decoder.BOS != nil, "decoder.bos_token_id is null; the decoder starts from it")
	h.Encoder.Text.check(&all, "encoder.text_config", "t5gemma2_text")
	h.Decoder.check(&all, "decoder", "t5gemma2_decoder")
	return errors.Join(all...)
}

// check adds the reasons that lie in the part of a config with the given name.
func (t hubText) check(all *problems, name, modelType string) {
	all.refuse(t.ModelType == modelType, "%s.model_type is %q, want %s", name, t.ModelType, modelType)
	all.refuse(isTanhGELU(t.Act), "%s.hidden_activation is %q, want gelu_pytorch_tanh", name, t.Act)
	all.refuse(t.Epsilon == block.Epsilon, "%s.rms_norm_eps is %g, want %g", name, t.Epsilon, block.Epsilon)
	all.refuse(!t.Biases, "%s.attention_bias is true; attention has no biases", name)
	all.refuse(t.Heads < 1 || t.Width%t.Heads == 0, "%s.hidden_size %d is not a multiple of num_attention_heads %d", name, t.Width, t.Heads)
	all.refuse(t.Pad != nil && *t.Pad == 0, "%s.pad_token_id is not 0", name)
	all.refuse(endsWith1(t.EOS), "%s.eos_token_id is %v, want 1", name, t.EOS)
	all.refuse(t.ScoreCap == nil, "%s.attn_logit_softcapping is set; transformers reads it and does not apply it", name)
	all.refuse(!t.Bidirectional, "%s.use_bidirectional_attention is true", name)
	all.refuse(t.QueryScalar >= 1 && t.QueryScalar == math.Trunc(t.QueryScalar) && t.QueryScalar < 1<<31, "%s.query_pre_attn_scalar is %g, want a whole number from 1 on", name, t.QueryScalar)
	if every, ok := t.globalEvery(); !ok {
		all.refuse(false, "%s.layer_types: %.200s; legal is one kind for each of the %d layers, with every n-th a %s", name, strings.Join(t.LayerTypes[:min(len(t.LayerTypes), 8)], ", "), t.Depth, full)
	} else if every > 1 {
		all.refuse(t.Window != nil && *t.Window >= 1 && *t.Window <= 1<<30, "%s.sliding_window is not a number from 1 to %d", name, 1<<30)
	}
	global, near := t.turns()
	for _, turn := range []struct {
		kind string
		hubTurn
		scaled bool
	}{{full, global, true}, {local, near, false}} {
		all.refuse(turn.Type == "default" || turn.Type == "linear" && turn.scaled, "%s: rope_type of %s is %q; legal are default and, for %s, linear", name, turn.kind, turn.Type, full)
		all.refuse(turn.OldType == "" || turn.OldType == turn.Type, "%s: %s has the rope type %q and %q", name, turn.kind, turn.OldType, turn.Type)
		all.refuse(turn.Type != "linear" || turn.Factor != nil && *turn.Factor >= 1, "%s: rope_type linear without a factor of 1 or more", name)
		all.refuse(turn.Partial == nil || *turn.Partial == 1, "%s: partial_rotary_factor of %s is not 1", name, turn.kind)
	}
}

// turns returns the rotary embeddings of global and local blocks, with the keys of early files.
func (t hubText) turns() (global, near hubTurn) {
	global, near = t.Rotary.Full, t.Rotary.Local
	if s := t.RopeScaling; s != nil {
		if s.Type != "" {
			global.Type = s.Type
		}
		global.OldType, global.Partial = s.OldType, s.Partial
		global.Theta, global.Factor = firstOf(s.Theta, global.Theta), firstOf(s.Factor, global.Factor)
	}
	million, tenThousand := 1e6, 1e4
	global.Theta = firstOf(global.Theta, t.RopeTheta, &million)
	near.Theta = firstOf(near.Theta, t.LocalTheta, &tenThousand)
	return global, near
}

// firstOf returns the first that is not nil.
func firstOf(all ...*float64) *float64 {
	for _, p := range all {
		if p != nil {
			return p
		}
	}
	return nil
}

// checkSizes returns the sizes that no model has.
func (h hubConfig) checkSizes() error {
	var all problems
	v := h.Encoder.Vision
	type size struct {
		key         string
		value, most int
	}
	sizes := []size{
		{"encoder.vision_config.hidden_size", v.Width, 1 << 16}, {"encoder.vision_config.intermediate_size", v.MLP, 1 << 20},
		{"encoder.vision_config.num_hidden_layers", v.Depth, 1 << 10}, {"encoder.vision_config.num_attention_heads", v.Heads, 1 << 12},
		{"encoder.vision_config.image_size", v.Image, 1 << 14}, {"encoder.vision_config.patch_size", v.Patch, 1 << 14},
		{"encoder.mm_tokens_per_image", h.Encoder.Tokens, 1 << 20},
	}
	for _, part := range []struct {
		name string
		hubText
	}{{"encoder.text_config.", h.Encoder.Text}, {"decoder.", h.Decoder}} {
		sizes = append(sizes,
			size{part.name + "hidden_size", part.Width, 1 << 16}, size{part.name + "intermediate_size", part.MLP, 1 << 20},
			size{part.name + "num_hidden_layers", part.Depth, 1 << 10}, size{part.name + "num_attention_heads", part.Heads, 1 << 12},
			size{part.name + "num_key_value_heads", part.KVHeads, 1 << 12}, size{part.name + "head_dim", part.HeadDim, 1 << 14},
			size{part.name + "vocab_size", part.Vocab, 1 << 24}, size{part.name + "sliding_window_pattern", part.Pattern, 1 << 16})
	}
	for _, s := range sizes {
		all.refuse(s.value >= 1 && s.value <= s.most, "%s is %d; legal are 1 to %d", s.key, s.value, s.most)
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

// globalEvery returns n if every n-th block, and no other, is global.
func (t hubText) globalEvery() (n int, ok bool) {
	allLocal := max(6, t.Depth+1)
	if t.LayerTypes == nil {
		return min(t.Pattern, allLocal), true
	}
	n = slices.Index(t.LayerTypes, full) + 1
	if n == 0 {
		n = allLocal
	}
	return n, len(t.LayerTypes) == t.Depth && slices.Equal(t.LayerTypes, layerTypes(t.Depth, n))
}

// layerTypes are the kinds of blocks, of which every n-th is global.
func layerTypes(depth, n int) []string {
	all := make([]string, max(depth, 0))
	for i := range all {
		all[i] = local
		if (i+1)%n == 0 {
			all[i] = full
		}
	}
	return all
}

// config is the network.
func (h hubConfig) config() *Config {
	v, e := h.Encoder.Vision, h.Encoder
	side := int(math.Sqrt(float64(e.Tokens)))
	c := Config{
		Vision: vit.Config{Width: v.Width, Depth: v.Depth, MLP: v.MLP, Heads: v.Heads, Patch: v.Patch, Image: vit.Side(v.Image),
			DropRest: v.Image%v.Patch != 0},
		Pool: max(v.Image/v.Patch/side, 1), Width: h.Decoder.Width, Vocab: h.Decoder.Vocab,
		Encoder: e.Text.tower(), Decoder: h.Decoder.tower(), BOS: *h.Decoder.BOS, ImageToken: h.ImageToken,
	}
	for _, id := range []struct {
		into      *int
		from, too *int
	}{{&c.ImageToken, nil, h.ImageTokenID}, {&c.ImageBegin, e.ImageBegin, e.ImageBeginID}, {&c.ImageEnd, e.ImageEnd, e.ImageEndID}} {
		if id.from != nil {
			*id.into = *id.from
		}
		if id.too != nil {
			*id.into = *id.too
		}
	}
	switch {
	case c.ImageBegin >= c.Vocab: // the network does not need it, and the tokenizer says better
		c.ImageBegin = 0
	case c.ImageBegin == gemmaImageBegin:
		c.Paragraph = gemmaParagraph
	}
	if h.Decoder.LogitCap != nil {
		c.LogitSoftcap = *h.Decoder.LogitCap
	}
	c = c.WithDefaults()
	return &c
}

func (t hubText) tower() Tower {
	global, near := t.turns()
	every, _ := t.globalEvery()
	k := Tower{Depth: t.Depth, MLP: t.MLP, Heads: t.Heads, KVHeads: t.KVHeads, HeadDim: t.HeadDim, QueryScalar: t.QueryScalar,
		GlobalEvery: every, RotaryBase: *global.Theta, RotaryFactor: 1, LocalRotaryBase: *near.Theta}
	if global.Type == "linear" {
		k.RotaryFactor = *global.Factor
	}
	if every > 1 {
		k.Window = *t.Window
	}
	return k
}

// largest is the most parameters that a config may ask for: more than 20 times those of the
// largest T5Gemma 2.
const largest = 2e11

// parameters is about the number of a config's parameters.
func parameters(c *Config) float64 {
	v := c.Vision
	rows := float64(v.Image.Height/v.Patch) * float64(v.Image.Width/v.Patch)
	n := float64(v.Width)*(rows+3*float64(v.Patch*v.Patch)+float64(v.Depth)*(4*float64(v.Width)+2*float64(v.MLP))) +
		float64(c.Width)*(float64(c.Vocab)+float64(v.Width))
	for _, k := range []Tower{c.Encoder, c.Decoder} {
		n += float64(c.Width) * float64(k.Depth) * (float64(k.HeadDim)*float64(2*k.Heads+2*k.KVHeads) + 3*float64(k.MLP))
	}
	return n
}
