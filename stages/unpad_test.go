package stages

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// paddedBatch draws a batch of examples of all lengths. Example 0 has no image, example 1 neither
// image nor prompt, example 2 no targets; example 3 has a prompt of full length with a hole and a
// target that does not count.
func paddedBatch(rows int, images int) *mixture.Batch {
	b := mixture.NewBatch(0, mixture.Shape{Rows: rows, Images: images, Height: 8, Width: 8, Encoder: 11, Decoder: 9}, images > 0)
	draw := random.New(7)
	for i := range b.Pixels {
		b.Pixels[i] = float32(2*draw.Float64() - 1)
	}
	for row := range rows {
		prompt, target := 1+draw.IntN(6), 1+draw.IntN(5)
		switch row {
		case 1:
			prompt = 0
		case 2:
			target = 0
		case 3:
			prompt, target = 11, 9
		}
		for i := range prompt {
			b.EncoderIDs[row*11+i] = int32(1 + draw.IntN(39))
		}
		for i := range target {
			b.Targets[row*9+i] = int32(1 + draw.IntN(39))
			b.Weights[row*9+i] = 1 + float32(row)/8
		}
		copy(b.DecoderInputs[row*9+1:(row+1)*9], b.Targets[row*9:])
		for i := range images {
			b.ImageMask[row*images+i] = float32(min(row/2, 1))
		}
	}
	b.EncoderIDs[3*11+4] = 0
	b.Weights[3*9+2] = 0
	return b
}

func TestUnpadded_GivesTheLossAndGradientsOfPaddedBatches(t *testing.T) {
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer be.Finalize()
	language := t5.Config{
		Width: 24, MLP: 32, Heads: 3, HeadDim: 8, EncoderLayers: 2, DecoderLayers: 2, Vocab: 40, ZLoss: 1e-2, LabelSmoothing: 0.1,
	}.WithDefaults()
	shared := language
	shared.LayerBias, shared.Tied = true, true
	vision := vit.Config{Width: 16, Depth: 1, MLP: 24, Heads: 2, Patch: 4, Image: vit.Side(8)}
	for name, c := range map[string]struct {
		model  family.Model
		rows   int
		images int
	}{
		"t5":                {&t5.Model{Config: language}, 13, 0},
		"t5, layers' bias":  {&t5.Model{Config: shared}, 6, 0},
		"pali3":             {&pali3.Config{Vision: vision, Language: language}, 13, 1},
		"pali3, two images": {&pali3.Config{Vision: vision, Language: language}, 5, 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := paddedBatch(c.rows, c.images)
			specs, err := c.model.Specs(be)
			if err != nil {
				t.Fatal(err)
			}
			for i := range specs {
				specs[i].Init = weights.Normal(0.2) // also norms and biases
			}
			set := weights.Initial(specs, 3)
			want := gradientsOf(t, be, c.model, set, b, false)
			got := gradientsOf(t, be, c.model, set, b, true)
			names := []string{"loss", "sums", "counts"}
			for _, spec := range specs {
				names = append(names, spec.Name)
			}
			for i, name := range names {
				within := 1e-5
				if i == 0 {
					within = 1e-6
				}
				scale := 0.0
				for _, v := range want[i] {
					scale = max(scale, math.Abs(float64(v)))
				}
				for j := range want[i] {
					if d := math.Abs(float64(got[i][j] - want[i][j])); !(d <= within*scale) {
						t.Fatalf("%s: element %d is %g without padding, %g with it", name, j, got[i][j], want[i][j])
					}
				}
			}
		})
	}
}

// gradientsOf returns the loss, sums and counts by example, and the gradients of all weights.
func gradientsOf(t *testing.T, be compute.Backend, model family.Model, set *weights.Set, b *mixture.Batch, unpads bool) [][]float32 {
	t.Helper()
	size := sizeOf(b, nil)
	size.unpads = unpads
	exec, err := graph.NewExec(be, func(nodes []*graph.Node) []*graph.Node {
		in, bound := size.bind(nodes)
		if unpads && (in.EncoderRows == nil || in.DecoderRows == nil) {
			t.Error("the batch stays padded")
		}
		loss := model.Loss(weights.Bind(set.Specs(), bound), in)
		return append([]*graph.Node{loss.Mean, loss.Sums, loss.Counts}, graph.Gradient(loss.Mean, bound...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	var args []any
	for _, input := range append(size.tensors(b, nil), set.Tensors()...) {
		args = append(args, input)
	}
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float32
	for _, tensor := range out {
		all = append(all, tensors.MustCopyFlatData[float32](tensor))
	}
	return all
}

func TestUnpadded_KeepsWhatItCannotLeaveOut(t *testing.T) {
	real := make([]bool, 64)
	for i := range real {
		real[i] = i%10 > 0
	}
	if places, _ := unpadded(real); places != nil {
		t.Errorf("a tenth of padding left out: %d places", len(places))
	}
	for i := range real {
		real[i] = i%3 == 0
	}
	places, rows := unpadded(real)
	if len(places) != 24 || len(rows) != 64 {
		t.Fatalf("%d places, %d rows; want 24 of 22 real ones, and 64", len(places), len(rows))
	}
	for at, row := range rows {
		switch {
		case real[at] && places[row] != int32(at):
			t.Errorf("position %d is in row %d, which is for position %d", at, row, places[row])
		case !real[at] && row != 23:
			t.Errorf("padding at %d is in row %d, want the last, 23", at, row)
		}
	}
	if real[places[22]] || real[places[23]] {
		t.Errorf("spare rows hold positions %d and %d, which are not padding", places[22], places[23])
	}
}
