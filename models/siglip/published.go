package siglip

import (
	"strings"

	"github.com/pali3/pali3/models/vit"
)

// published are the SigLIP and SigLIP 2 models of the hub, google/NAME, and of big_vision (the
// tables of SigLIP_demo.ipynb and SigLIP2_demo.ipynb). The text tower has the shape of the image
// tower, but for g-opt, which has that of So400m.
var published = []struct {
	name, image, text     string
	pixels, vocab, length int
}{
	{"siglip-base-patch16-224", "B/16", "B", 224, 32_000, 64},
	{"siglip-base-patch16-256", "B/16", "B", 256, 32_000, 64},
	{"siglip-base-patch16-384", "B/16", "B", 384, 32_000, 64},
	{"siglip-base-patch16-512", "B/16", "B", 512, 32_000, 64},
	{"siglip-base-patch16-256-multilingual", "B/16", "B", 256, 250_000, 64},
	{"siglip-large-patch16-256", "L/16", "L", 256, 32_000, 64},
	{"siglip-large-patch16-384", "L/16", "L", 384, 32_000, 64},
	{"siglip-so400m-patch14-224", "So400m/14", "So400m", 224, 32_000, 16},
	{"siglip-so400m-patch14-384", "So400m/14", "So400m", 384, 32_000, 64},
	{"siglip-so400m-patch16-256-i18n", "So400m/16", "So400m", 256, 250_000, 64},
	{"siglip2-base-patch32-256", "B/32", "B", 256, 256_000, 64},
	{"siglip2-base-patch16-224", "B/16", "B", 224, 256_000, 64},
	{"siglip2-base-patch16-256", "B/16", "B", 256, 256_000, 64},
	{"siglip2-base-patch16-384", "B/16", "B", 384, 256_000, 64},
	{"siglip2-base-patch16-512", "B/16", "B", 512, 256_000, 64},
	{"siglip2-large-patch16-256", "L/16", "L", 256, 256_000, 64},
	{"siglip2-large-patch16-384", "L/16", "L", 384, 256_000, 64},
	{"siglip2-large-patch16-512", "L/16", "L", 512, 256_000, 64},
	{"siglip2-so400m-patch14-224", "So400m/14", "So400m", 224, 256_000, 64},
	{"siglip2-so400m-patch14-384", "So400m/14", "So400m", 384, 256_000, 64},
	{"siglip2-so400m-patch16-256", "So400m/16", "So400m", 256, 256_000, 64},
	{"siglip2-so400m-patch16-384", "So400m/16", "So400m", 384, 256_000, 64},
	{"siglip2-so400m-patch16-512", "So400m/16", "So400m", 512, 256_000, 64},
	{"siglip2-giant-opt-patch16-256", "g-opt/16", "So400m", 256, 256_000, 64},
	{"siglip2-giant-opt-patch16-384", "g-opt/16", "So400m", 384, 256_000, 64},
	{"siglip2-base-patch16-naflex", "B/16", "B", 0, 256_000, 64},
	{"siglip2-so400m-patch16-naflex", "So400m/16", "So400m", 0, 256_000, 64},
}

// naflexGrid is the side of the position table of SigLIP 2's NaFlex models, in patches.
const naflexGrid = 16

// Published returns the names of the published models, such as "siglip2-base-patch16-224".
func Published() []string {
	names := make([]string, len(published))
	for i, p := range published {
		names[i] = p.name
	}
	return names
}

// Variant returns a published model by its name on the hub, with or without "siglip-", or the
// towers of a size of [vit.Variant], such as PaLI-3's "G/14": images of 224 pixels, a text tower of
// the image tower's shape, 32,000 pieces and 64 positions.
func Variant(name string) (Config, error) {
	for _, p := range published {
		if p.name != name && strings.TrimPrefix(p.name, "siglip-") != name {
			continue
		}
		c, err := towers(p.image, p.text, p.vocab, p.length)
		if p.pixels == 0 {
			c.Image.NaFlex = naflexGrid
			p.pixels = naflexGrid * c.Image.Patch
		}
		c.Image.Image = vit.Side(p.pixels)
		c.Image.DropRest = p.pixels%c.Image.Patch != 0
		return c, err
	}
	size, _, _ := strings.Cut(name, "/")
	return towers(name, size, 32_000, 64)
}

func towers(image, text string, vocab, length int) (Config, error) {
	i, err := vit.Variant(image)
	if err != nil {
		return Config{}, err
	}
	t, err := vit.Variant(text + "/16")
	if err != nil {
		return Config{}, err
	}
	return Config{Image: i, Text: Text{Width: t.Width, Depth: t.Depth, MLP: t.MLP, Heads: t.Heads, Vocab: vocab, Length: length}}, nil
}
