package t5

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Hub describes folders of transformers' T5, mT5 and umT5, and of their encoders alone, which are
// read as an [Encoder]. Names of weights are ours.
func Hub() *family.Hub {
	return &family.Hub{
		Types: []string{"t5", "mt5", "umt5"},
		Read:  readHub,
		Fit: func(m family.Model, f *weights.File) error {
			if whole, is := m.(*Model); is {
				return HubFit(whole, f)
			}
			return nil
		},
		Write: func(m family.Model) (map[string]any, error) {
			if part, is := m.(*Encoder); is {
				return part.toHubConfig()
			}
			return ToHubConfig(m.(*Model))
		},
		Names: func(family.Model) weights.Names { return HubNames },
		Skip:  HubSkip,
	}
}

// readHub reads the config.json of a whole model or of an encoder.
func readHub(config []byte) (family.Model, error) {
	c, encoder, err := readHubConfig(config)
	switch {
	case err != nil:
		return nil, fmt.Errorf("config.json of a T5 model: %w", err)
	case encoder:
		return &Encoder{c}, nil
	}
	return &Model{c}, nil
}

// The names of the table of token embeddings. Files have the first, or repeat it under the others.
var hubTables = []string{"shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", hubHead}

// hubHead is the name of the output weights.
const hubHead = "lm_head.weight"

// HubConfig reads a config.json of transformers' T5Config, MT5Config or UMT5Config. It refuses
// networks and ids that this package does not have, and sizes that no model has. It ignores keys
// that do not change the network, such as generation settings.
//
// Up to version 4 of transformers, tie_word_embeddings said both whether the logits are scaled and
// whether the output weights are the token embeddings. Version 5 writes true whatever the
// checkpoint has, and writes the scaling as scale_decoder_outputs; so call [HubFit] next.
func HubConfig(config []byte) (*Model, error) {
	m, err := readHub(config)
	if err != nil {
		return nil, err // not a nil *Model in an interface
	}
	whole, is := m.(*Model)
	if !is {
		return nil, errors.New("config.json of a T5 model: architectures names an encoder alone, which has no decoder")
	}
	return whole, nil
}

// HubFit sets whether the output weights are tied, from the tensors that a checkpoint has. As
// transformers 5 does, it unties them if there are two tables that differ, and ties them if there
// is one. The scaling of the logits stays.
func HubFit(m *Model, f *weights.File) error {
	var tables []string
	for _, name := range hubTables[:3] {
		if _, has := f.Entry(name); has {
			tables = append(tables, name)
		}
	}
	_, hasHead := f.Entry(hubHead)
	if len(tables) == 0 && !hasHead {
		return fmt.Errorf("reading %s: it has no token embeddings; legal names are %s", f.Path(), strings.Join(hubTables, ", "))
	}
	scales, tied := m.scalesLogits(), !hasHead || len(tables) == 0
	if !tied && m.Tied {
		var err error
		if tied, err = equalTensors(f, tables[0], hubHead); err != nil {
			return err
		}
	}
	m.Tied = tied
	m.setScale(scales)
	return nil
}

// equalTensors reports whether two tensors of a file have the same elements.
func equalTensors(f *weights.File, a, b string) (bool, error) {
	x, err := f.Float32(a)
	if err != nil {
		return false, err
	}
	y, err := f.Float32(b)
	return slices.Equal(x, y), err
}

// HubNames presents the table of token embeddings as shared.weight, whichever of its names a file
// has it under.
func HubNames(f *weights.File, specs []weights.Spec) (*weights.File, error) {
	if _, has := f.Entry(hubTables[0]); has {
		return f, nil
	}
	for _, name := range hubTables[1:] {
		if _, has := f.Entry(name); !has {
			continue
		}
		return weights.Renamed(func(ours string) string {
			if ours == hubTables[0] {
				return name
			}
			return ours
		})(f, specs)
	}
	return f, nil
}

// HubSkip reports whether a tensor is a copy of the token embeddings, or one of the cross-attention
// biases that old files have and no version of T5 reads.
func HubSkip(theirs string) bool {
	return slices.Contains(hubTables[1:3], theirs) ||
		strings.HasPrefix(theirs, "decoder.") && strings.HasSuffix(theirs, ".EncDecAttention.relative_attention_bias.weight")
}

// ToHubConfig returns the config.json from which transformers makes the model, version 4 where it
// can and version 5 always. Models with a table of relative biases in each layer are umT5; those
// with mC4's vocabulary and without scaled logits are mT5; others are T5.
func ToHubConfig(m *Model) (map[string]any, error) {
	c := m.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("writing config.json: %w", err)
	}
	modelType, class := "t5", "T5ForConditionalGeneration"
	switch {
	case c.LayerBias:
		modelType, class = "umt5", "UMT5ForConditionalGeneration"
	case c.Vocab == vocabMC4 && !c.scalesLogits():
		modelType, class = "mt5", "MT5ForConditionalGeneration"
	}
	dense, gated := strings.CutPrefix(string(c.Activation), "gated-")
	if c.Activation == block.GatedGELU {
		dense = "gelu_new"
	}
	return map[string]any{
		"architectures": []string{class}, "model_type": modelType, "is_encoder_decoder": true,
		"d_model": c.Width, "d_ff": c.MLP, "num_heads": c.Heads, "d_kv": c.HeadDim,
		"num_layers": c.EncoderLayers, "num_decoder_layers": c.DecoderLayers, "vocab_size": c.Vocab,
		"feed_forward_proj": string(c.Activation), "dense_act_fn": dense, "is_gated_act": gated,
		"relative_attention_num_buckets": c.Buckets, "relative_attention_max_distance": c.MaxDistance,
		"layer_norm_epsilon": block.Epsilon, "dropout_rate": c.Dropout,
		"tie_word_embeddings": c.Tied, "scale_decoder_outputs": c.scalesLogits(),
		"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0, "use_cache": true, "dtype": "float32",
	}, nil
}

// toHubConfig returns the config.json from which transformers makes an encoder.
func (m *Encoder) toHubConfig() (map[string]any, error) {
	config, err := ToHubConfig(&Model{m.Config})
	if err != nil {
		return nil, err
	}
	class := config["architectures"].([]string)[0]
	config["architectures"] = []string{strings.Replace(class, "ForConditionalGeneration", "EncoderModel", 1)}
	config["is_encoder_decoder"] = false
	return config, nil
}

// setScale sets LogitScale to what scales says, to "" where that is the default.
func (c *Config) setScale(scales bool) {
	switch {
	case scales == c.Tied:
		c.LogitScale = ""
	case scales:
		c.LogitScale = RootOfWidth
	default:
		c.LogitScale = NoScale
	}
}

// hubDefaults are those of a model type's config in transformers.
type hubDefaults struct {
	vocab, mlp, layers, heads int
	act                       block.Activation
}

// hubTypes holds the defaults by model_type (transformers configuration_t5.py and its siblings).
var hubTypes = map[string]hubDefaults{
	"t5":   {32_128, 2048, 6, 8, block.PlainReLU},
	"mt5":  {250_112, 1024, 8, 6, block.GatedGELU},
	"umt5": {250_112, 1024, 8, 6, block.GatedGELU},
}

// hubActivations are the activations of feed_forward_proj, by all names of each.
var hubActivations = map[string]block.Activation{
	"relu": block.PlainReLU, "gelu": block.PlainExactGELU, "gelu_python": block.PlainExactGELU,
	"gelu_new": block.PlainGELU, "gelu_pytorch_tanh": block.PlainGELU, "silu": block.PlainSiLU, "swish": block.PlainSiLU,
	"gated-relu": block.GatedReLU, "gated-gelu_python": block.GatedExactGELU,
	"gated-gelu": block.GatedGELU, "gated-gelu_new": block.GatedGELU, "gated-gelu_pytorch_tanh": block.GatedGELU,
	"gated-silu": block.GatedSiLU, "gated-swish": block.GatedSiLU,
}

// readHubConfig reads a config.json, and says whether it is that of an encoder alone.
func readHubConfig(content []byte) (c Config, encoder bool, err error) {
	h, err := parseHub(content)
	if err != nil {
		return c, false, err
	}
	modelType := h.text("model_type", "")
	d, known := hubTypes[modelType]
	if !known {
		h.problem("model_type is %q; legal are t5, mt5, umt5", modelType)
	}
	layers := h.size("num_layers", d.layers, 1<<10)
	c = Config{
		Width: h.size("d_model", 512, 1<<16), MLP: h.size("d_ff", d.mlp, 1<<20),
		Heads: h.size("num_heads", d.heads, 1<<12), HeadDim: h.size("d_kv", 64, 1<<14),
		EncoderLayers: layers, DecoderLayers: h.size("num_decoder_layers", layers, 1<<10),
		Vocab:   h.size("vocab_size", d.vocab, 1<<24),
		Buckets: h.size("relative_attention_num_buckets", 32, 1<<16), MaxDistance: h.size("relative_attention_max_distance", 128, 1<<24),
		Dropout:   h.number("dropout_rate", 0.1),
		LayerBias: modelType == "umt5",
		// Version 4's mT5 is untied unless it says otherwise.
		Tied: h.flag("tie_word_embeddings", modelType != "mt5"),
	}
	c.setScale(modelType != "mt5" && h.flag("scale_decoder_outputs", c.Tied))
	c.Activation = h.activation(d.act)
	encoder = h.encoderAlone()
	h.fixed(encoder)
	h.bounded(c)
	if err := errors.Join(h.problems...); err != nil {
		return Config{}, false, err
	}
	return c, encoder, c.Validate()
}

// encoderAlone reports whether architectures names encoders, such as T5EncoderModel.
func (h *hubFile) encoderAlone() bool {
	classes := h.texts("architectures")
	return len(classes) > 0 && !slices.ContainsFunc(classes, func(class string) bool { return !strings.HasSuffix(class, "EncoderModel") })
}

// largest is the most parameters that a config may ask for: ten times the largest T5.
const largest = 1e11

// bounded refuses models with more parameters than any there is.
func (h *hubFile) bounded(c Config) {
	w, inner := float64(c.Width), float64(c.Heads)*float64(c.HeadDim)
	layer := 4*w*inner + 3*w*float64(c.MLP)
	total := 2*w*float64(c.Vocab) + float64(c.EncoderLayers+2*c.DecoderLayers)*layer
	if total > largest {
		h.problem("its sizes make about %.3g parameters; the most read is %.3g", total, float64(largest))
	}
}

// activation reads feed_forward_proj, and refuses a dense_act_fn that contradicts it, which
// transformers 5 would obey.
func (h *hubFile) activation(fallback block.Activation) block.Activation {
	written := h.text("feed_forward_proj", string(fallback))
	act, known := hubActivations[written]
	if !known {
		h.problem("feed_forward_proj is %q; legal are %q", written, block.Activations())
		return fallback
	}
	if !h.has("dense_act_fn") && !h.has("is_gated_act") {
		return act
	}
	dense, gated := strings.CutPrefix(written, "gated-")
	name := h.text("dense_act_fn", dense)
	if h.flag("is_gated_act", gated) {
		// Here "gelu" is exact, while in feed_forward_proj "gated-gelu" is not.
		if name == "gelu" && h.has("dense_act_fn") {
			name = "gelu_python"
		}
		name = "gated-" + name
	}
	if got := hubActivations[name]; got != act {
		h.problem("feed_forward_proj is %q, but dense_act_fn and is_gated_act say %q; make them agree", written, name)
	}
	return act
}

// fixed refuses values of keys that this package has one value for.
func (h *hubFile) fixed(encoder bool) {
	for key, want := range map[string]float64{"pad_token_id": 0, "decoder_start_token_id": 0, "layer_norm_epsilon": block.Epsilon} {
		if got := h.number(key, want); got != want {
			h.problem("%s is %g; only %g is supported", key, got, want)
		}
	}
	h.endsWith(1)
	if h.flag("is_decoder", false) || !h.flag("is_encoder_decoder", true) && !encoder {
		h.problem("is_decoder is true or is_encoder_decoder is false; only whole encoder-decoders and encoders (architectures T5EncoderModel) are read")
	}
	if h.flag("tie_encoder_decoder", false) {
		h.problem("tie_encoder_decoder is true; models whose stacks share weights are not read")
	}
	if h.has("quantization_config") {
		h.problem("quantization_config is set; quantised weights are not read: save the model without it")
	}
	for _, class := range h.texts("architectures") {
		if !encoder && !strings.HasSuffix(class, "ForConditionalGeneration") && !strings.HasSuffix(class, "WithLMHeadModel") {
			h.problem("architectures has %q; only models for conditional generation, with a decoder and output weights, and encoders are read", class)
		}
	}
}

// hubFile is a config.json and what is wrong with it.
type hubFile struct {
	values   map[string]json.RawMessage
	problems []error
}

// hubAliases are other names of keys (attribute_map of transformers' configs).
var hubAliases = map[string]string{
	"d_model": "hidden_size", "num_heads": "num_attention_heads", "num_layers": "num_hidden_layers", "d_kv": "head_dim",
}

func parseHub(content []byte) (*hubFile, error) {
	if len(content) > 1<<20 {
		return nil, fmt.Errorf("it has %d bytes; the most read is 1 MiB", len(content))
	}
	h := &hubFile{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&h.values); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if h.values == nil || decoder.More() {
		return nil, fmt.Errorf("it is not one JSON object")
	}
	for key, alias := range hubAliases {
		if _, has := h.values[key]; !has && h.values[alias] != nil {
			h.values[key] = h.values[alias]
		}
	}
	return h, nil
}

func (h *hubFile) problem(format string, values ...any) {
	h.problems = append(h.problems, fmt.Errorf(format, values...))
}

// has reports whether a key has a value other than null.
func (h *hubFile) has(key string) bool {
	raw, has := h.values[key]
	return has && string(raw) != "null"
}

// read decodes a key into a value that want describes. It leaves the value if the key is absent.
func (h *hubFile) read(key, want string, into any) {
	if h.has(key) && json.Unmarshal(h.values[key], into) != nil {
		h.problem("%s is %s, want %s", key, short(h.values[key]), want)
	}
}

func (h *hubFile) size(key string, fallback, most int) int {
	n := json.Number(strconv.Itoa(fallback))
	h.read(key, "a whole number", &n)
	size, err := strconv.Atoi(string(n))
	if err != nil || size < 1 || size > most {
		h.problem("%s is %s, want a whole number from 1 to %d", key, short([]byte(n)), most)
		return 1
	}
	return size
}

func (h *hubFile) number(key string, fallback float64) float64 {
	value := fallback
	h.read(key, "a number", &value)
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return fallback
	}
	return value
}

func (h *hubFile) flag(key string, fallback bool) bool {
	value := fallback
	h.read(key, "true or false", &value)
	return value
}

func (h *hubFile) text(key, fallback string) string {
	value := fallback
	h.read(key, "text", &value)
	return value
}

func (h *hubFile) texts(key string) (all []string) {
	h.read(key, "a list of texts", &all)
	return all
}

// endsWith refuses an eos_token_id other than want; it may be a list of that alone.
func (h *hubFile) endsWith(want int) {
	if !h.has("eos_token_id") {
		return
	}
	raw := h.values["eos_token_id"]
	var one int
	var several []int
	if json.Unmarshal(raw, &one) == nil {
		several = []int{one}
	} else if json.Unmarshal(raw, &several) != nil {
		h.problem("eos_token_id is %s, want a whole number", short(raw))
		return
	}
	if !slices.Equal(several, []int{want}) {
		h.problem("eos_token_id is %s; only %d is supported", short(raw), want)
	}
}

// short returns the beginning of a value for a message.
func short(raw []byte) string {
	if len(raw) > 60 {
		return string(raw[:60]) + "..."
	}
	return string(raw)
}
