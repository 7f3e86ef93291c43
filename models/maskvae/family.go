package maskvae

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

var _ family.Model = (*Config)(nil)

// Family returns the family of mask VQ-VAEs. It trains on images that are masks, cut to their
// boxes, in the value range [-1, 1]; it looks at the first channel and ignores texts. Recipes train
// the codes by their gradient: the moving average is no loss, see [MoveCodes].
func Family() family.Family {
	return family.Family{
		Name:     "maskvae",
		Summary:  "the segmentation VQ-VAE: images that are masks to 16 codes and back",
		New:      func() family.Model { return untrained() },
		Variants: []string{"maskvae-oid"},
		Variant: func(name string) (family.Model, error) {
			c := Default()
			if name != "maskvae-oid" {
				return nil, fmt.Errorf("mask VQ-VAE %q is not maskvae-oid", name)
			}
			return &c, nil
		},
		Needs: family.Needs{Images: family.Required},
		// The published network is an .npz of torch's names and layout, which are ours.
		Hub: &family.Hub{BigVision: func(_ family.Model, set *weights.Set, path string) error { return set.SaveNPZ(path) }},
	}
}

// untrained is the published network with the rule for the codes that recipes can train.
func untrained() *Config {
	c := Default()
	c.Image, c.Codebook = 0, CodebookLoss
	return &c
}

// SetDefaults sets the fields that are zero, but for the image's side.
func (c *Config) SetDefaults() {
	d := untrained()
	for _, field := range []struct {
		have *int
		want int
	}{
		{&c.Hidden, d.Hidden}, {&c.Downsamples, d.Downsamples}, {&c.Codes, d.Codes}, {&c.CodeWidth, d.CodeWidth},
	} {
		if *field.have == 0 {
			*field.have = field.want
		}
	}
	if c.Codebook == "" {
		c.Codebook = d.Codebook
	}
}

// Loosen sets the image's side to 0.
func (c *Config) Loosen() { c.Image = 0 }

// Fit sets the image's side.
func (c *Config) Fit(d family.Data) []family.Problem {
	switch {
	case d.Images != 1:
		return []family.Problem{{Key: "images.per_example", Text: fmt.Sprintf("a maskvae takes one image per example, the mask, and the data has %d", d.Images)}}
	case d.Height != d.Width:
		return []family.Problem{{Key: "images.ops", Text: fmt.Sprintf("a maskvae takes square masks, and the data's have height %d and width %d; end the image ops in resize(64)", d.Height, d.Width)}}
	case c.Codebook == EMA:
		return []family.Problem{{Key: "model.codebook", Text: fmt.Sprintf("model.codebook is %s, which recipes cannot train; want %s", EMA, CodebookLoss)}}
	}
	all := family.FitSize("model.image", &c.Image, d.Height)
	return append(all, family.Invalid("model", c.Validate())...)
}

// Specs lists the weights: see [Specs].
func (c *Config) Specs(be compute.Backend) ([]weights.Spec, error) { return Specs(be, *c) }

// Loss builds the loss of a batch: see [Loss].
func (c *Config) Loss(s *weights.Scope, b family.Batch) family.Loss {
	d := b.Pixels.Shape().Dimensions // [B, 1, H, W, 3]
	first := Reshape(Slice(b.Pixels, AxisRange(), AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 1)), d[0], d[2], d[3])
	l := Loss(s, *c, MulScalar(OnePlus(first), 0.5))
	return family.Loss{Mean: l.Total, Sums: l.PerMask, Counts: OnesLike(l.PerMask)}
}

// Inputs lists masks [B, S, S] with values in [0, 1], and ids [B, G·G].
func (c *Config) Inputs() []family.Input {
	return []family.Input{
		{Name: "masks", DType: dtypes.Float32, Shapes: [][]int{{0, c.Image, c.Image}}},
		{Name: "ids", DType: dtypes.Int32, Shapes: [][]int{{0, c.Tokens()}}, Vocabulary: c.Codes},
	}
}

// Outputs encodes masks as features [B, G, G, D] and nearest [B, G·G], with the loss and the
// reconstructed masks [B, S, S], and decodes ids as decoded [B, S, S].
func (c *Config) Outputs(s *weights.Scope, in map[string]*Node) (results []weights.Noted) {
	if in["masks"] != nil {
		l := Loss(s, *c, in["masks"])
		results = append(results, weights.Noted{Name: "features", Node: l.Features}, weights.Noted{Name: "nearest", Node: l.IDs},
			weights.Noted{Name: "reconstructed", Node: l.Masks}, weights.Noted{Name: "loss", Node: l.Total})
	}
	if in["ids"] != nil {
		results = append(results, weights.Noted{Name: "decoded", Node: reconstruct(s, *c, vectors(s, *c, in["ids"]), in["masks"] == nil)})
	}
	return results
}

// Parts describes the encoder, the codes and the decoder. Tokens are the codes of a mask.
func (c *Config) Parts(family.Lengths) []family.Part {
	grid, widest := c.Tokens(), c.widest()
	encoder, decoder := family.Part{Name: "encoder", Tokens: grid}, family.Part{Name: "decoder", Tokens: grid}
	in := 1
	for i := range c.Downsamples {
		out := c.Hidden << i
		addConv(&encoder, grid<<(2*(c.Downsamples-1-i)), in, out, halving)
		in = out
		addConv(&decoder, grid<<(2*i), widest>>max(i-1, 0), widest>>i, halving)
	}
	for _, part := range []*family.Part{&encoder, &decoder} {
		for range c.Blocks {
			addConv(part, grid, widest, widest, neighbours)
			addConv(part, grid, widest, widest, neighbours)
			addConv(part, grid, widest, widest, pointwise)
		}
	}
	addConv(&encoder, grid, widest, c.CodeWidth, pointwise)
	addConv(&decoder, grid, c.CodeWidth, widest, pointwise)
	addConv(&decoder, c.Image*c.Image, c.Hidden, 1, pointwise)
	codes := family.Part{Name: "_vq_vae", Tokens: grid, ForwardFLOPs: family.Product(grid, c.CodeWidth, c.Codes)}
	codes.Activations = int64(grid * (c.Codes + 2*c.CodeWidth))
	return []family.Part{encoder, codes, decoder}
}

// addConv adds a convolution at the given number of places of the window. The backward pass needs
// the windows and the output before and after the ReLU.
func addConv(p *family.Part, places, in, out int, w block.Window) {
	p.ForwardFLOPs += family.Product(places, w.Side*w.Side*in, out)
	p.Activations += int64(places) * int64(w.Side*w.Side*in+2*out)
}
