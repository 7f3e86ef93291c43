package vit

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// EncodePatches encodes images of different sizes and aspects with a NaFlex encoder (SigLIP 2,
// arXiv 2502.14786, section 2.4.2). Patches [B, T, p·p·3] are the patches of each image, row by
// row, followed by padding; each patch has its values in the order row, column, channel. Grids
// [B, 2], int32, are the rows and columns of patches of each image. Mask [B, T], float32, is 1 for
// patches and 0 for padding; nil derives it from the grids.
//
// Tokens attend to patches only. What comes out in the places of padding means nothing.
func EncodePatches(s *weights.Scope, c Config, patches, grids, mask *Node) Out {
	if c.NaFlex < 1 {
		panic(fmt.Errorf("image encoder: patches of any grid need an encoder with naflex positions"))
	}
	length := patches.Shape().Dimensions[1]
	if mask == nil {
		mask = withinGrid(grids, length)
	}
	x := project(s.In("embeddings"), c, patches)
	x = Add(x, resizedPositions(s.In("embeddings"), c, grids, length))
	return encode(s, c, s.In("embeddings").Note(x), mask)
}

// withinGrid marks with 1 which of length tokens are patches of grids [B, 2]: [B, length].
func withinGrid(grids *Node, length int) *Node {
	places := Iota(grids.Graph(), shapes.Make(dtypes.Int32, 1, length), 1)
	patches := Mul(columns(grids, 0, 1), columns(grids, 1, 2)) // [B, 1]
	places, patches = together(places, patches)
	return ConvertDType(LessThan(places, patches), dtypes.Float32)
}

// together broadcasts two nodes of equal rank to each other's dimensions.
func together(a, b *Node) (*Node, *Node) {
	dims := slices.Clone(a.Shape().Dimensions)
	for i, d := range b.Shape().Dimensions {
		dims[i] = max(dims[i], d)
	}
	return BroadcastToDims(a, dims...), BroadcastToDims(b, dims...)
}

// resizedPositions resizes the position table of n by n patches to grids [B, 2] and returns the
// positions of the first length tokens, [B, length, W]. Padding has the position of the first
// patch. Resizing is bilinear with antialiasing and does not align corners, like jax.image's
// scale_and_translate (big_vision naflex_vit.py, _pos_emb_resize) and torch's interpolate
// (transformers Siglip2VisionEmbeddings). It is linear in the table, which keeps its gradient.
func resizedPositions(s *weights.Scope, c Config, grids *Node, length int) *Node {
	places := Iota(grids.Graph(), shapes.Make(dtypes.Int32, 1, length), 1)
	// No grid is empty, whatever the input says.
	one := ScalarOne(grids.Graph(), grids.DType())
	rows, wide := Max(columns(grids, 0, 1), one), Max(columns(grids, 1, 2), one) // [B, 1]
	p, all := together(places, Mul(rows, wide))
	p = Where(LessThan(p, all), p, ZerosLike(p)) // [B, length]
	_, perRow := together(p, wide)
	row := Div(p, perRow)
	column := Sub(p, Mul(row, perRow))
	byRow := interpolation(row, rows, c.NaFlex)                                // [B, length, n]
	byColumn := interpolation(column, wide, c.NaFlex)                          // [B, length, n]
	both := Mul(InsertAxes(byRow, -1), InsertAxes(byColumn, 2))                // [B, length, n, n]
	both = Reshape(both, p.Shape().Dimensions[0], length, c.NaFlex*c.NaFlex)   // [B, length, n·n]
	return DotGeneral(both, []int{2}, nil, positions(s, c), []int{0}, []int{}) // [B, length, W]
}

// interpolation returns the share that each of n old places has in the new places at [B, length]
// of an axis with to [B, 1] new places: [B, length, n]. With scale = n/to and support = max(scale,
// 1), the share is a triangle, max(0, 1 - |old - centre|/support), divided by the sum over old
// places.
func interpolation(at, to *Node, n int) *Node {
	scale := Div(Scalar(to.Graph(), dtypes.Float32, n), ConvertDType(to, dtypes.Float32)) // [B, 1]
	centre := AddScalar(Mul(AddScalar(ConvertDType(at, dtypes.Float32), 0.5), scale), -0.5)
	support := Max(scale, OnesLike(scale))
	old := Iota(to.Graph(), shapes.Make(dtypes.Float32, 1, 1, n), 2)
	distance := Div(Abs(Sub(old, InsertAxes(centre, -1))), InsertAxes(support, -1))
	share := Max(OneMinus(distance), ZerosLike(distance))
	return Div(share, ReduceAndKeep(share, ReduceSum, -1))
}

// adaptPatchKernel converts a stored patch kernel, [W, 3, p, p] or [W, p·p·3], to the other of the
// two forms, which the config asks for.
func adaptPatchKernel(stored []float32, shape []int, c Config) ([]float32, error) {
	area := c.Patch * c.Patch
	dense, convolution := []int{c.Width, area * 3}, []int{c.Width, 3, c.Patch, c.Patch}
	want, have := convolution, dense
	if c.NaFlex > 0 {
		want, have = dense, convolution
	}
	if !slices.Equal(shape, have) {
		return nil, fmt.Errorf("a patch kernel of shape %v cannot become one of %v", shape, want)
	}
	adapted := make([]float32, len(stored))
	for row := 0; row < len(stored); row += area * 3 {
		for pixel := range area {
			for channel := range 3 {
				first, last := row+channel*area+pixel, row+pixel*3+channel
				if c.NaFlex > 0 {
					adapted[last] = stored[first]
				} else {
					adapted[first] = stored[last]
				}
			}
		}
	}
	return adapted, nil
}
