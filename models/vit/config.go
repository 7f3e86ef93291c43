// Package vit is the image encoder of PaLI-3: the Vision Transformer of big_vision's models/vit.py,
// with the multihead attention pooling (MAP) head that SigLIP trains it with.
//
// [Encode] returns the tokens that PaLI-3 feeds to its language model, [Pool] the vector that
// SigLIP compares with texts.
package vit

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/models/family"
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
	// Patch is the side of a patch in pixels. Required. Legal: a divisor of the images' sides.
	Patch int `yaml:"patch" json:"patch"`
	// Image is the size of an image in pixels: one number for a square, or [height, width], each a
	// multiple of patch. Default: what the image ops give.
	Image Size `yaml:"image" json:"image"`
	// DropRest ignores the pixels at the right and at the bottom that do not fill a patch, as a
	// convolution without padding does. Then image need not be a multiple of patch: SigLIP
	// So400m/14 has images of 384 pixels, 27 patches and a rest of 6. Default: false.
	DropRest bool `yaml:"drop_rest,omitempty" json:"drop_rest,omitempty"`
	// Positions are a learned table, or sincos2d: fixed sines and cosines, as in MoCo v3. Default:
	// learned. Legal: learned, sincos2d.
	Positions string `yaml:"positions,omitempty" json:"positions,omitempty"`
	// Resize is how a position table from a file is resized to another grid: bilinear is
	// big_vision's rule, bicubic that of transformers' interpolate_pos_encoding. A table with as
	// many rows as the new grid is taken as it is. Default: bilinear. Legal: bilinear, bicubic.
	Resize string `yaml:"resize,omitempty" json:"resize,omitempty"`
	// NaFlex is the side of the position table in patches, 16 in SigLIP 2, for an encoder of images
	// of any size and aspect: the table is resized to the grid of each image. Default: 0, a table
	// for the grid of image.
	NaFlex int `yaml:"naflex,omitempty" json:"naflex,omitempty"`
	// Pool is how one vector is made of the tokens where a model needs one: map, by attention with
	// a learned query; gap, their mean; tok, a class token before the patches; none, not at all.
	// Default: map. Legal: map, gap, tok, none.
	Pool string `yaml:"pool,omitempty" json:"pool,omitempty"`
	// PreLogits is the width of a dense layer with tanh after pooling. Default: 0, no such layer.
	PreLogits int `yaml:"pre_logits,omitempty" json:"pre_logits,omitempty"`
}

// variants are the shapes of big_vision's models/vit.py, decode_variant, which cites table 2 of
// "Scaling Vision Transformers" (arXiv 2106.04560).
var variants = map[string]Config{
	"mu":     {Width: 32, Depth: 1, MLP: 128, Heads: 2},
	"Ti":     {Width: 192, Depth: 12, MLP: 768, Heads: 3},
	"S":      {Width: 384, Depth: 12, MLP: 1536, Heads: 6},
	"M":      {Width: 512, Depth: 12, MLP: 2048, Heads: 8},
	"B":      {Width: 768, Depth: 12, MLP: 3072, Heads: 12},
	"L":      {Width: 1024, Depth: 24, MLP: 4096, Heads: 16},
	"So400m": {Width: 1152, Depth: 27, MLP: 4304, Heads: 16},
	"H":      {Width: 1280, Depth: 32, MLP: 5120, Heads: 16},
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
	config.Patch, config.Image = side, Side(224)
	return config, config.Validate()
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	for _, field := range []struct {
		name  string
		value int
	}{{"width", c.Width}, {"depth", c.Depth}, {"mlp", c.MLP}, {"heads", c.Heads}, {"patch", c.Patch},
		{"image", c.Image.Height}, {"image", c.Image.Width}} {
		if field.value < 1 {
			return fmt.Errorf("image encoder: %s is %d, want 1 or more", field.name, field.value)
		}
	}
	if c.Width%c.Heads != 0 {
		return fmt.Errorf("image encoder: width %d is not a multiple of heads %d", c.Width, c.Heads)
	}
	for _, choice := range []struct {
		name, value string
		legal       []string
	}{
		{"positions", c.Positions, []string{"learned", "sincos2d"}},
		{"resize", c.Resize, []string{"bilinear", "bicubic"}},
		{"pool", c.Pool, []string{"map", "gap", "tok", "none"}},
	} {
		if choice.value != "" && !slices.Contains(choice.legal, choice.value) {
			return fmt.Errorf("image encoder: %s is %q; legal are %s", choice.name, choice.value, strings.Join(choice.legal, ", "))
		}
	}
	switch {
	case c.Positions == "sincos2d" && (c.Width%4 != 0 || c.Width < 8):
		return fmt.Errorf("image encoder: positions sincos2d need a width that is a multiple of 4 and at least 8, not %d", c.Width)
	case c.NaFlex < 0 || c.PreLogits < 0:
		return fmt.Errorf("image encoder: naflex is %d and pre_logits %d, want 0 or more", c.NaFlex, c.PreLogits)
	case c.NaFlex > 0 && (c.Positions == "sincos2d" || c.Pool == "tok"):
		return fmt.Errorf("image encoder: naflex goes with learned positions and without a class token")
	}
	return c.fitsPatches()
}

// fitsPatches returns an error if the patches do not cover the image.
func (c Config) fitsPatches() error {
	for _, side := range []int{c.Image.Height, c.Image.Width} {
		switch {
		case side < c.Patch && c.DropRest:
			return fmt.Errorf("image encoder: image %d is smaller than patch %d", side, c.Patch)
		case side%c.Patch != 0 && !c.DropRest:
			return fmt.Errorf("image encoder: image %d is not a multiple of patch %d; let the image ops end in %d or %d pixels, or choose another patch",
				side, c.Patch, max(side/c.Patch, 1)*c.Patch, (side/c.Patch+1)*c.Patch)
		}
	}
	return nil
}

// Grid returns the numbers of patches from top to bottom and from left to right.
func (c Config) Grid() (rows, columns int) { return c.Image.Height / c.Patch, c.Image.Width / c.Patch }

// Tokens returns the number of tokens of an image, without the class token.
func (c Config) Tokens() int {
	rows, columns := c.Grid()
	return rows * columns
}

// OutputWidth returns the width of the vector that [Pool] makes.
func (c Config) OutputWidth() int {
	if c.PreLogits > 0 {
		return c.PreLogits
	}
	return c.Width
}

// Fit sets the image size from the data and returns what does not fit.
func (c *Config) Fit(d family.Data) []family.Problem {
	if d.Patch > 0 {
		return c.fitPatches(d)
	}
	want := Size{Height: d.Height, Width: d.Width}
	have := c.Image
	c.Image = want
	if !have.IsZero() && have != want {
		return []family.Problem{{Key: "model.image.image", Text: fmt.Sprintf("model.image.image is %s, the data has %s; leave it out to follow the data", have, want)}}
	}
	return nil
}

// fitPatches fits an encoder to images of any aspect. The image size is then that of a square image
// with nearly all patches that one may have, for descriptions.
func (c *Config) fitPatches(d family.Data) (all []family.Problem) {
	if c.NaFlex == 0 {
		all = append(all, family.Problem{Key: "model.image.naflex", Text: "model.image.naflex: missing; images of any aspect, " +
			"which images.ops give, need it: the side of the position table in patches, 16 in SigLIP 2"})
	}
	if !c.Image.IsZero() {
		all = append(all, family.Problem{Key: "model.image.image", Text: fmt.Sprintf(
			"model.image.image is %s, and images.ops give images of any size; leave it out", c.Image)})
	}
	if c.Patch != d.Patch && c.Patch != 0 {
		all = append(all, family.Problem{Key: "model.image.patch", Text: fmt.Sprintf(
			"model.image.patch is %d, the patches of images.ops have %d pixels; give both the same", c.Patch, d.Patch)})
	}
	c.Patch, c.Image = d.Patch, Side(int(math.Sqrt(float64(d.Patches)))*d.Patch)
	return all
}

// Part describes the encoder, without a head, as the part of a model whose weights begin with
// prefix.
func (c Config) Part(prefix string) family.Part {
	tokens := c.Tokens()
	patches := family.Product(tokens, c.Patch*c.Patch*3, c.Width)
	if c.Pool == "tok" {
		tokens++
	}
	return family.Part{
		Name: prefix, Tokens: tokens,
		ForwardFLOPs: patches + family.TransformerFLOPs(c.Depth, c.Width, c.MLP, tokens),
		Activations:  family.TransformerActivations(c.Depth, c.Width, c.MLP, c.Heads, tokens),
	}
}
