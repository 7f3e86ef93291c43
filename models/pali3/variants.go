package pali3

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
)

// variant is a model by the names of its parts, or by their sizes.
type variant struct {
	name             string
	vision, language string
	sizes            Config
}

// variants are PaLI-3, smaller models of its shape, and the nearest that public weights can be
// assembled to, since neither its ViT-G nor its UL2 is public.
var variants = []variant{
	// The sizes of `pali3 start --size`, for images of 96 and 128 pixels.
	{name: "pali3-tiny", sizes: Config{
		Vision:   vit.Config{Width: 96, Depth: 3, MLP: 384, Heads: 3, Patch: 16, Image: vit.Side(96)},
		Language: t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3, Vocab: 4096},
	}},
	{name: "pali3-small", sizes: Config{
		Vision:   vit.Config{Width: 256, Depth: 6, MLP: 1024, Heads: 8, Patch: 16, Image: vit.Side(128)},
		Language: t5.Config{Width: 256, MLP: 512, Heads: 8, HeadDim: 32, EncoderLayers: 4, DecoderLayers: 4, Vocab: 32_128},
	}},
	{name: "pali3-base", vision: "B/16", language: "t5-1.1-base"},
	{name: "pali3-5b", vision: "G/14", language: "ul2-3b"}, // the paper's, see t5.Variant
	{name: "pali3-so400m-umt5-xl", vision: "So400m/14", language: "umt5-xl"},
	{name: "pali3-g-opt-mt5-xl", vision: "g-opt/16", language: "mt5-xl"}, // SigLIP 2's image encoder
}

// Variants lists the names of models.
func Variants() []string {
	names := make([]string, len(variants))
	for i, v := range variants {
		names[i] = v.name
	}
	return names
}

// Variant returns a model by name: "pali3-5b" is the paper's ViT-G/14 with a 3B UL2. The others are
// smaller, or assembled of published parts: see [Variants].
func Variant(name string) (Config, error) {
	for _, v := range variants {
		if v.name != name {
			continue
		}
		if v.vision == "" {
			v.sizes.SetDefaults()
			return v.sizes, nil
		}
		vision, err := vit.Variant(v.vision)
		if err != nil {
			return Config{}, err
		}
		language, err := t5.Variant(v.language)
		return Config{Vision: vision, Language: language}, err
	}
	return Config{}, fmt.Errorf("model %q is none of %s", name, strings.Join(Variants(), ", "))
}
