package main

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// bag is the config of the family, the keys of a recipe's model.
type bag struct {
	// Width of the embeddings.
	Width int `yaml:"width" json:"width"`
	// Cells is the number of rows and columns that an image is averaged in.
	Cells int `yaml:"cells" json:"cells"`
	// Side of the image in pixels, a multiple of cells; Vocabulary and Length of texts. They follow
	// from the data.
	Side       int `yaml:"side,omitempty" json:"side"`
	Vocabulary int `yaml:"vocabulary,omitempty" json:"vocabulary"`
	Length     int `yaml:"length,omitempty" json:"length"`
}

// bags is the family: an image is the colours of its cells, a text is the bag of its ids, and both
// are mapped linearly to embeddings that are compared as SigLIP's.
var bags = family.Family{
	Name:    "bag",
	Summary: "Bag: colours of cells and bags of ids, contrastive",
	New:     func() family.Model { return &bag{} },
	Needs:   family.Needs{Images: family.Required, Contrastive: true},
}

var _ family.Embedder = (*bag)(nil)

func (c *bag) SetDefaults() {
	if c.Cells == 0 {
		c.Cells = 4
	}
}

func (c *bag) Loosen() { c.Side, c.Vocabulary, c.Length = 0, 0, 0 }

func (c *bag) Validate() error {
	if c.Width < 1 || c.Cells < 1 || c.Side%c.Cells != 0 {
		return fmt.Errorf("width is %d and cells %d, want 1 or more; the image's side %d must be a multiple of cells", c.Width, c.Cells, c.Side)
	}
	return nil
}

func (c *bag) Fit(d family.Data) (all []family.Problem) {
	if d.Height != d.Width {
		all = append(all, family.Problem{Key: "images.ops", Text: "a bag takes square images"})
	}
	all = append(all, family.FitSize("model.side", &c.Side, d.Height)...)
	all = append(all, family.FitSize("model.vocabulary", &c.Vocabulary, d.Vocabulary)...)
	all = append(all, family.FitSize("model.length", &c.Length, d.Encoder)...)
	return append(all, family.Invalid("model", c.Validate())...)
}

// Specs are collected by running the model once.
func (c *bag) Specs(be compute.Backend) ([]weights.Spec, error) {
	return weights.Collect(be, func(s *weights.Scope) {
		images := c.EmbedImages(s, s.Input(dtypes.Float32, 1, c.Side, c.Side, 3))
		c.Compare(s, images, c.EmbedTexts(s, s.Input(dtypes.Int32, 1, c.Length)))
	})
}

func (c *bag) EmbedImages(s *weights.Scope, images *Node) *Node {
	batch, size := images.Shape().Dimensions[0], c.Side/c.Cells
	cells := ReduceMean(Reshape(images, batch, c.Cells, size, c.Cells, size, 3), 2, 4)
	colours := Reshape(cells, batch, c.Cells*c.Cells*3)
	return normalize(block.Dense(s.In("image"), colours, c.Width, weights.FanInNormal(c.Cells*c.Cells*3), weights.Zeros()))
}

func (c *bag) EmbedTexts(s *weights.Scope, ids *Node) *Node {
	table := s.Table("text.weight", c.Vocabulary, c.Width, weights.FanInNormal(c.Width))
	there := InsertAxes(block.NotPadding(ids), -1)
	return normalize(ReduceSum(Mul(block.Embed(table, ids), there), 1))
}

func (c *bag) Compare(s *weights.Scope, images, texts *Node) *Node {
	cosines := DotGeneral(images, []int{1}, nil, texts, []int{1}, nil)
	scale := s.Vector("scale", 1, weights.Constant(math.Log(10)))
	return Add(Mul(cosines, InsertAxes(Exp(scale), 0)), InsertAxes(s.Vector("bias", 1, weights.Constant(-3)), 0))
}

func normalize(x *Node) *Node {
	return Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceSum, -1), 1e-6)))
}

func (c *bag) Loss(s *weights.Scope, b family.Batch) family.Loss {
	d := b.Pixels.Shape().Dimensions // [B, 1, H, W, 3]
	images := c.EmbedImages(s, Reshape(b.Pixels, d[0], d[2], d[3], d[4]))
	logits := c.Compare(s, images, c.EmbedTexts(s, b.Encoder)) // [B, B·K]
	texts := logits.Shape().Dimensions[1]
	owner := DivScalar(Iota(logits.Graph(), shapes.Make(dtypes.Int32, d[0], texts), 1), texts/d[0])
	wrong := Where(Equal(Iota(logits.Graph(), owner.Shape(), 0), owner), Neg(logits), logits)
	losses := Log1P(Exp(Min(wrong, Scalar(wrong.Graph(), dtypes.Float32, 80)))) // -log sigmoid(-wrong)
	counts := MulScalar(Ones(logits.Graph(), shapes.Make(dtypes.Float32, d[0])), float64(texts/d[0]))
	return family.Loss{Mean: DivScalar(ReduceAllSum(losses), float64(texts)), Sums: ReduceSum(losses, 1), Counts: counts}
}

func (c *bag) ImageSize() (height, width int) { return c.Side, c.Side }

func (c *bag) TextLength() int { return c.Length }

func (c *bag) Inputs() []family.Input {
	return []family.Input{
		{Name: "images", DType: dtypes.Float32, Shapes: [][]int{{0, c.Side, c.Side, 3}}},
		{Name: "input_ids", DType: dtypes.Int32, Shapes: [][]int{{0, 0}}, Vocabulary: c.Vocabulary},
	}
}

func (c *bag) Outputs(s *weights.Scope, in map[string]*Node) (results []weights.Noted) {
	if in["images"] != nil {
		results = append(results, weights.Noted{Name: "image_embeds", Node: c.EmbedImages(s, in["images"])})
	}
	if in["input_ids"] != nil {
		results = append(results, weights.Noted{Name: "text_embeds", Node: c.EmbedTexts(s, in["input_ids"])})
	}
	return results
}

func (c *bag) Parts(family.Lengths) []family.Part {
	return []family.Part{{Name: "image", ForwardFLOPs: family.Product(1, c.Cells*c.Cells*3, c.Width)}, {Name: "text", Tokens: c.Length}}
}
