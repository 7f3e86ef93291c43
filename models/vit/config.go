// Package vit is the image encoder of PaLI-3: the Vision Transformer of big_vision's models/vit.py,
// with the multihead attention pooling (MAP) head that SigLIP trains it with.
//
// [Encode] returns the tokens that PaLI-3 feeds to its language model, [Pool] the vector that
// SigLIP compares with texts.
package vit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Config is the shape of an image encoder.
type Config struct {
	// Width of the tokens. Required. Legal: a multiple of heads.
	Width int `yaml:"width" json:"width"`
	// Depth is the number of blocks. Required. Legal: 1 and above.
	Depth int `yaml:"depth" json:"depth"`
	// MLP is the hidden width of the blocks' perceptrons; 4 times the width is usual. Required.
	// Legal: 1 and above.
	MLP int `yaml:"mlp" json:"mlp"`
	// Heads of the attention; 64 of the width for each are usual. Required. Legal: 1 and above.
	Heads int `yaml:"heads" json:"heads"`
	// Patch is the side of a patch in pixels. Required. Legal: a divisor of the images' side.
	Patch int `yaml:"patch" json:"patch"`
	// Image is the side of the square image in pixels, a multiple of patch. Default: what the image
	// ops give.
	Image int `yaml:"image" json:"image"`
}

// variants are the shapes of big_vision's models/vit.py, decode_variant, which cites table 2 of
// "Scaling Vision Transformers" (arXiv 2106.04560).
var variants = map[string]Config{
	"B":      {Width: 768, Depth: 12, MLP: 3072, Heads: 12},
	"L":      {Width: 1024, Depth: 24, MLP: 4096, Heads: 16},
	"So400m": {Width: 1152, Depth: 27, MLP: 4304, Heads: 16},
	"g":      {Width: 1408, Depth: 40, MLP: 6144, Heads: 16},
	"g-opt":  {Width: 1536, Depth: 40, MLP: 6144, Heads: 16},
	"G":      {Width: 1664, Depth: 48, MLP: 8192, Heads: 16},
	"G-opt":  {Width: 1536, Depth: 48, MLP: 8192, Heads: 16},
	"e":      {Width: 1792, Depth: 56, MLP: 15360, Heads: 16},
}

// Variant returns the shape for a name such as "G/14": the variant, a slash, and the side of a
// patch in pixels. Images have 224 by 224 pixels.
func Variant(name string) (Config, error) {
	size, patch, _ := strings.Cut(name, "/")
	config, known := variants[size]
	if !known {
		legal := slices.Sorted(maps.Keys(variants))
		return Config{}, fmt.Errorf("image encoder %q: variant %q is none of %s", name, size, strings.Join(legal, ", "))
	}
	side, err := strconv.Atoi(patch)
	if err != nil {
		return Config{}, fmt.Errorf("image encoder %q: the patch's side %q is not a number", name, patch)
	}
	config.Patch, config.Image = side, 224
	return config, config.Validate()
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	for _, field := range []struct {
		name  string
		value int
	}{{"width", c.Width}, {"depth", c.Depth}, {"mlp", c.MLP}, {"heads", c.Heads}, {"patch", c.Patch}, {"image", c.Image}} {
		if field.value < 1 {
			return fmt.Errorf("image encoder: %s is %d, want 1 or more", field.name, field.value)
		}
	}
	if c.Width%c.Heads != 0 {
		return fmt.Errorf("image encoder: width %d is not a multiple of heads %d", c.Width, c.Heads)
	}
	if c.Image%c.Patch != 0 {
		return fmt.Errorf("image encoder: image %d is not a multiple of patch %d; let the image ops end in %d or %d pixels, or choose another patch",
			c.Image, c.Patch, max(c.Image/c.Patch, 1)*c.Patch, (c.Image/c.Patch+1)*c.Patch)
	}
	return nil
}

// Grid returns the number of patches along a side.
func (c Config) Grid() int { return c.Image / c.Patch }

// Tokens returns the number of tokens of an image.
func (c Config) Tokens() int { return c.Grid() * c.Grid() }
