package siglip

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Hub describes folders of transformers' SiglipModel and of its Siglip2Model, which is NaFlex. The
// SigLIP 2 models of a fixed resolution are SiglipModels. Names of weights are ours.
func Hub() *family.Hub {
	return &family.Hub{
		Types: []string{"siglip", "siglip2"},
		Read: func(config []byte) (family.Model, error) {
			c, err := HubConfig(config)
			if err != nil {
				return nil, err // not a nil *Config in an interface
			}
			return c, nil
		},
		Write: func(m family.Model) (map[string]any, error) { return ToHubConfig(m.(*Config)) },
		Skip:  HubSkip,
		BigVision: func(m family.Model, set *weights.Set, path string) error {
			c := m.(*Config)
			return set.SaveBigVision(path, weights.Heads{Image: c.Image.Heads, Text: c.Text.Heads})
		},
	}
}

// HubSkip reports whether a tensor is one of the position numbers that old files have beside the
// weights.
func HubSkip(theirs string) bool {
	return theirs == "vision_model.embeddings.position_ids" || theirs == "text_model.embeddings.position_ids"
}

// hubTower holds the keys of a tower in config.json that change the network.
type hubTower struct {
	Width      int     `json:"hidden_size"`
	MLP        int     `json:"intermediate_size"`
	Depth      int     `json:"num_hidden_layers"`
	Heads      int     `json:"num_attention_heads"`
	Activation string  `json:"hidden_act"`
	Epsilon    float64 `json:"layer_norm_eps"`
	Dropout    float64 `json:"attention_dropout"`
}

type hubImage struct {
	hubTower
	Channels int   `json:"num_channels"`
	Image    sides `json:"image_size"`
	Patch    sides `json:"patch_size"`
	Patches  int   `json:"num_patches"` // rows of a NaFlex position table
	Head     bool  `json:"vision_use_head"`
}

type hubText struct {
	hubTower
	Vocab      int `json:"vocab_size"`
	Length     int `json:"max_position_embeddings"`
	Projection int `json:"projection_size"`
}

// sides is one number, or [height, width].
type sides [2]int

// UnmarshalJSON reads a number or a list of two. It ignores null, as other fields do.
func (s *sides) UnmarshalJSON(text []byte) error {
	var one *int
	if json.Unmarshal(text, &one) == nil {
		if one != nil {
			*s = sides{*one, *one}
		}
		return nil
	}
	var both []int
	if json.Unmarshal(text, &both) != nil || len(both) != 2 {
		return fmt.Errorf("a size is %.40s; legal are a number of pixels and [height, width]", text)
	}
	*s = sides{both[0], both[1]}
	return nil
}

// The defaults of transformers (configuration_siglip.py, configuration_siglip2.py).
var (
	towerDefaults = hubTower{Width: 768, MLP: 3072, Depth: 12, Heads: 12, Activation: "gelu_pytorch_tanh", Epsilon: block.Epsilon}
	imageDefaults = hubImage{hubTower: towerDefaults, Channels: 3, Image: sides{224, 224}, Patch: sides{16, 16}, Patches: 256, Head: true}
	textDefaults  = hubText{hubTower: towerDefaults, Vocab: 32_000, Length: 64}
)

// HubConfig reads a config.json of transformers with model_type siglip or siglip2. Absent keys have
// the defaults that they have there. It refuses networks that this package does not have, and sizes
// that no model has; it ignores keys that do not change the network.
//
// A siglip's position table is resized to other images by transformers' rule.
func HubConfig(config []byte) (*Config, error) {
	file := struct {
		ModelType    string         `json:"model_type"`
		Image        hubImage       `json:"vision_config"`
		Text         hubText        `json:"text_config"`
		Quantization map[string]any `json:"quantization_config"`
	}{Image: imageDefaults, Text: textDefaults}
	if err := jsonerr.Explain(json.Unmarshal(config, &file)); err != nil {
		return nil, fmt.Errorf("config.json of a SigLIP: %w", err)
	}
	c := &Config{Bias: PaperBias}
	var all []error
	if file.ModelType != "siglip" && file.ModelType != "siglip2" {
		all = append(all, fmt.Errorf("model_type is %q; legal are siglip and siglip2", file.ModelType))
	}
	if file.Quantization != nil {
		all = append(all, errors.New("quantization_config is set; quantised weights are not read: save the model without it"))
	}
	var err error
	c.Image, err = file.Image.config("vision_config.", file.ModelType == "siglip2")
	all = append(all, err)
	if !file.Image.Head {
		all = append(all, errors.New("vision_config.vision_use_head is false; a SigLIP compares pooled images"))
	}
	c.Text, err = file.Text.config("text_config.", file.Image.Width)
	all = append(all, err)
	if err := errors.Join(all...); err != nil {
		return nil, fmt.Errorf("config.json of a SigLIP: %w", err)
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("config.json of a SigLIP: %w", err)
	}
	return c, nil
}

// HubVision reads a config.json of transformers with model_type siglip_vision_model or
// siglip2_vision_model, an image tower alone. With vision_use_head false it is not pooled.
func HubVision(config []byte) (vit.Config, error) {
	file := struct {
		ModelType string `json:"model_type"`
		hubImage
	}{hubImage: imageDefaults}
	if err := jsonerr.Explain(json.Unmarshal(config, &file)); err != nil {
		return vit.Config{}, fmt.Errorf("config.json of an image tower of SigLIP: %w", err)
	}
	if file.ModelType != "siglip_vision_model" && file.ModelType != "siglip2_vision_model" {
		return vit.Config{}, fmt.Errorf("config.json of an image tower of SigLIP: model_type is %q; legal are siglip_vision_model and siglip2_vision_model", file.ModelType)
	}
	c, err := file.hubImage.config("", file.ModelType == "siglip2_vision_model")
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		return vit.Config{}, fmt.Errorf("config.json of an image tower of SigLIP: %w", err)
	}
	if !file.Head {
		c.Pool = "none"
	}
	return c, nil
}

// largest are the largest sizes that are read, several times those of any model.
var largest = struct{ width, depth, side, vocab, length int }{1 << 15, 1 << 9, 1 << 14, 1 << 23, 1 << 16}

// check refuses what the towers do not have, and absurd sizes. Keys begin with prefix.
func (t hubTower) check(prefix string) error {
	var all []error
	for _, size := range []struct {
		key         string
		value, most int
	}{
		{"hidden_size", t.Width, largest.width}, {"intermediate_size", t.MLP, 8 * largest.width},
		{"num_hidden_layers", t.Depth, largest.depth}, {"num_attention_heads", t.Heads, t.Width},
	} {
		all = append(all, within(prefix+size.key, size.value, size.most))
	}
	if t.Activation != "gelu_pytorch_tanh" && t.Activation != "gelu_new" { // two names of one function
		all = append(all, fmt.Errorf("%shidden_act is %q; legal is gelu_pytorch_tanh", prefix, t.Activation))
	}
	if t.Epsilon != block.Epsilon {
		all = append(all, fmt.Errorf("%slayer_norm_eps is %g; legal is %g", prefix, t.Epsilon, block.Epsilon))
	}
	if t.Dropout != 0 {
		all = append(all, fmt.Errorf("%sattention_dropout is %g; there is no dropout here: set it to 0, which changes training alone", prefix, t.Dropout))
	}
	return errors.Join(all...)
}

func within(key string, value, most int) error {
	if value < 1 || value > most {
		return fmt.Errorf("%s is %d; legal are 1 to %d", key, value, most)
	}
	return nil
}

// config returns the encoder. Keys begin with prefix.
func (t hubImage) config(prefix string, naflex bool) (vit.Config, error) {
	patch := t.Patch[0]
	all := []error{t.check(prefix), within(prefix+"patch_size", patch, largest.side)}
	if t.Patch[1] != patch {
		all = append(all, fmt.Errorf("%spatch_size is %v; patches are square", prefix, t.Patch))
	}
	if t.Channels != 3 {
		all = append(all, fmt.Errorf("%snum_channels is %d; legal is 3", prefix, t.Channels))
	}
	c := vit.Config{Width: t.Width, Depth: t.Depth, MLP: t.MLP, Heads: t.Heads, Patch: patch}
	if naflex {
		all = append(all, within(prefix+"num_patches", t.Patches, largest.length))
		c.NaFlex = int(math.Sqrt(float64(max(t.Patches, 0))))
		if c.NaFlex*c.NaFlex != t.Patches {
			all = append(all, fmt.Errorf("%snum_patches is %d; the position table is square, so 1, 4, 9 and other squares are legal", prefix, t.Patches))
		}
		c.Image = vit.Side(c.NaFlex * patch)
		return c, errors.Join(all...)
	}
	all = append(all, within(prefix+"image_size", t.Image[0], largest.side))
	if t.Image[0] != t.Image[1] {
		all = append(all, fmt.Errorf("%simage_size is %v; transformers' SigLIP has square images", prefix, t.Image))
	}
	c.Image, c.Resize = vit.Side(t.Image[0]), "bicubic"
	c.DropRest = patch > 0 && t.Image[0]%patch != 0
	return c, errors.Join(all...)
}

// config returns the text tower. Keys begin with prefix; width is that of the image tower.
func (t hubText) config(prefix string, width int) (Text, error) {
	all := []error{
		t.check(prefix), within(prefix+"vocab_size", t.Vocab, largest.vocab), within(prefix+"max_position_embeddings", t.Length, largest.length),
	}
	projection, key := t.Projection, "projection_size"
	if projection == 0 {
		projection, key = t.Width, "hidden_size"
	}
	if projection != width {
		all = append(all, fmt.Errorf("%s%s is %d and vision_config.hidden_size is %d; the towers' embeddings must be equally wide", prefix, key, projection, width))
	}
	return Text{Width: t.Width, Depth: t.Depth, MLP: t.MLP, Heads: t.Heads, Vocab: t.Vocab, Length: t.Length}, errors.Join(all...)
}

// ToHubConfig returns the config.json from which transformers makes the model, a SiglipModel or, if
// it is NaFlex, a Siglip2Model. It is an error if the model has what neither has.
func ToHubConfig(c *Config) (map[string]any, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	i, t := c.Image, c.Text
	for _, other := range []struct {
		has  bool
		what string
	}{
		{i.Positions == "sincos2d", "positions sincos2d"},
		{i.Pool != "" && i.Pool != "map", "pool " + i.Pool},
		{i.PreLogits > 0, "pre_logits"},
		{i.NaFlex == 0 && i.Image.Height != i.Image.Width, "images of " + i.Image.String()},
		{c.Projection > 0, "projection"},
		{t.Head != "" && t.Head != "dense", "a text head " + t.Head},
		{t.Pool != "" && t.Pool != "last", "text pool " + t.Pool},
		{c.Objective == "softmax", "objective softmax"},
	} {
		if other.has {
			return nil, fmt.Errorf("writing config.json: transformers' SiglipModel and Siglip2Model have no %s", other.what)
		}
	}
	modelType, class := "siglip", "SiglipModel"
	if i.NaFlex > 0 {
		modelType, class = "siglip2", "Siglip2Model"
	}
	tower := func(part string, width, mlp, depth, heads int) map[string]any {
		return map[string]any{
			"model_type": modelType + part, "hidden_size": width, "intermediate_size": mlp, "num_hidden_layers": depth,
			"num_attention_heads": heads, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": block.Epsilon, "attention_dropout": 0.0,
		}
	}
	image := tower("_vision_model", i.Width, i.MLP, i.Depth, i.Heads)
	image["num_channels"], image["patch_size"], image["vision_use_head"] = 3, i.Patch, true
	if i.NaFlex > 0 {
		image["num_patches"] = i.NaFlex * i.NaFlex
	} else {
		image["image_size"] = i.Image.Height
	}
	text := tower("_text_model", t.Width, t.MLP, t.Depth, t.Heads)
	text["vocab_size"], text["max_position_embeddings"], text["projection_size"] = t.Vocab, t.Length, c.EmbeddingWidth()
	text["pad_token_id"], text["bos_token_id"], text["eos_token_id"] = nil, nil, nil // the tokenizer's, not the network's
	return map[string]any{
		"architectures": []string{class}, "model_type": modelType, "dtype": "float32", "initializer_factor": 1.0,
		"vision_config": image, "text_config": text,
	}, nil
}
