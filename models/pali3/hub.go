package pali3

import (
	"strings"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/t5"
)

var _ family.Assembly = (*Config)(nil)

const projectionPart = "multi_modal_projector."

// Components are the image encoder as transformers' SiglipVisionModel without a head, the language
// model as its T5ForConditionalGeneration, and the projection between them.
func (c *Config) Components() ([]family.Component, error) {
	language, err := t5.ToHubConfig(&t5.Model{Config: c.Language})
	if err != nil {
		return nil, err
	}
	isVision := func(name string) bool { return strings.HasPrefix(name, visionPrefix+".") }
	isProjection := func(name string) bool { return strings.HasPrefix(name, projectionPart) }
	return []family.Component{
		{Folder: "vision", Summary: "the image encoder", Has: isVision, Config: c.visionConfig(), Images: true},
		{
			Folder: "language", Summary: "the language model", Config: language, Texts: true,
			Has: func(name string) bool { return !isVision(name) && !isProjection(name) },
		},
		{Folder: "projection", Summary: "the projection from visual tokens to the language model's width", Has: isProjection},
	}, nil
}

// visionConfig is the config.json of transformers' SiglipVisionModel.
func (c *Config) visionConfig() map[string]any {
	v := c.Vision
	config := map[string]any{
		"architectures": []string{"SiglipVisionModel"}, "model_type": "siglip_vision_model", "vision_use_head": false,
		"hidden_size": v.Width, "intermediate_size": v.MLP, "num_hidden_layers": v.Depth, "num_attention_heads": v.Heads,
		"num_channels": 3, "patch_size": v.Patch, "image_size": any(v.Image.Height),
		"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6, "attention_dropout": 0.0,
	}
	if v.Image.Height != v.Image.Width {
		config["image_size"] = []int{v.Image.Height, v.Image.Width}
	}
	return config
}
