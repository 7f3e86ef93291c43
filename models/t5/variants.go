package t5

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/block"
)

// The vocabularies of public models, with sentinels and padding rows (google-research/t5x
// configs and transformers' config.json of each model).
const (
	vocabT5   = 32_128  // SentencePiece cc_all.32000 and 100 sentinels
	vocabMC4  = 250_112 // mc4.250000 and 100 sentinels
	vocabUMT5 = 256_384 // umt5.256000 and 300 sentinels
)

// size is a model's shape. The decoder has as many layers as the encoder.
type size struct{ width, mlp, heads, headDim, layers int }

// The published sizes of T5 1.0 (arXiv 1910.10683, section 3.7) and of T5 1.1, which mT5 and umT5
// share but for "large" (t5x examples/t5/t5_1_1 and examples/t5/mt5; transformers' google/umt5-*).
var (
	sizes10 = map[string]size{
		"small": {512, 2048, 8, 64, 6},
		"base":  {768, 3072, 12, 64, 12},
		"large": {1024, 4096, 16, 64, 24},
		"3b":    {1024, 16384, 32, 128, 24},
		"11b":   {1024, 65536, 128, 128, 24},
	}
	sizes11 = map[string]size{
		"small": {512, 1024, 6, 64, 8},
		"base":  {768, 2048, 12, 64, 12},
		"large": {1024, 2816, 16, 64, 24},
		"xl":    {2048, 5120, 32, 64, 24},
		"xxl":   {4096, 10240, 64, 64, 24},
	}
	sizeUL2 = size{4096, 16384, 16, 256, 32}
)

func (s size) config(vocab int, act block.Activation) Config {
	return Config{
		Width: s.width, MLP: s.mlp, Heads: s.heads, HeadDim: s.headDim, EncoderLayers: s.layers, DecoderLayers: s.layers,
		Vocab: vocab, Activation: act, ZLoss: 1e-4,
	}.WithDefaults()
}

// Variants lists the names that [Variant] knows.
func Variants() []string {
	return []string{
		"t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b",
		"t5-1.1-small", "t5-1.1-base", "t5-1.1-large", "t5-1.1-xl", "t5-1.1-xxl",
		"flan-t5-small", "flan-t5-base", "flan-t5-large", "flan-t5-xl", "flan-t5-xxl",
		"mt5-small", "mt5-base", "mt5-large", "mt5-xl", "mt5-xxl",
		"umt5-small", "umt5-base", "umt5-xl", "umt5-xxl",
		"ul2-3b", "ul2-20b", "flan-ul2",
	}
}

// Variant returns a model by name. All but one are published. The shape of PaLI-3's 3B UL2 is not:
// "ul2-3b" is the shape of T5 1.1 XL with UL2's activation and mC4's 250,112 pieces. Flan models
// are T5 1.1 and UL2 with other weights.
func Variant(name string) (Config, error) {
	if !slices.Contains(Variants(), name) {
		return Config{}, fmt.Errorf("language model %q is none of %s", name, strings.Join(Variants(), ", "))
	}
	kind, of := name, ""
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		kind, of = name[:i], name[i+1:]
	}
	switch kind {
	case "t5":
		c := sizes10[of].config(vocabT5, block.PlainReLU)
		c.Tied = true
		return c, nil
	case "t5-1.1", "flan-t5":
		return sizes11[of].config(vocabT5, block.GatedGELU), nil
	case "mt5":
		return sizes11[of].config(vocabMC4, block.GatedGELU), nil
	case "umt5":
		c := sizes11[of].config(vocabUMT5, block.GatedGELU)
		c.LayerBias = true
		return c, nil
	}
	if name == "ul2-3b" {
		return sizes11["xl"].config(vocabMC4, block.GatedSiLU), nil
	}
	return sizeUL2.config(vocabT5, block.GatedSiLU), nil
}
