package maskvae_test

import (
	"fmt"
	"image"
	"image/color"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
)

// Writes a mask as a model is trained to write it, and reads it back from such an answer. These
// weights are random and small; the published ones have 16 channels and codes 512 wide.
func ExampleCodec() {
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	codec, err := maskvae.Open(be, "testdata/small.safetensors")
	if err != nil {
		fmt.Println(err)
		return
	}

	mask := image.NewGray(image.Rect(0, 0, 100, 80)) // a disc of radius 30 around (50, 40)
	for y := range 80 {
		for x := range 100 {
			if (x-50)*(x-50)+(y-40)*(y-40) < 30*30 {
				mask.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	region, err := codec.Region(mask, [4]float64{10. / 80, 20. / 100, 70. / 80, 80. / 100}, "disc")
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := region.String()
	fmt.Println(answer[:len("<loc0000>")*4])

	found, invalid := tokenize.ParseRegions(answer)
	masks, err := codec.Masks(found, 80, 100)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, region := range found {
		fmt.Println(region.Label, len(region.Mask), "codes, a mask of", masks[i].Bounds().Size())
	}
	fmt.Println(len(invalid), "invalid")
	// Output:
	// <loc0128><loc0205><loc0895><loc0818>
	// disc 16 codes, a mask of (100,80)
	// 0 invalid
}

// Takes the loss of a batch and its gradients, as a training step does. With Config.Codebook
// CodebookLoss, every weight has a gradient; with EMA, MoveCodes moves the codes.
func ExampleLoss() {
	config := maskvae.Default()
	config.Codebook = maskvae.CodebookLoss
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := maskvae.Specs(be, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
		loss := maskvae.Loss(weights.Bind(specs, in[1:]), config, in[0]).Total
		return append([]*graph.Node{loss}, graph.Gradient(loss, in[1:]...)...)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	args := []any{tensors.FromFlatDataAndDimensions(make([]float32, 2*64*64), 2, 64, 64)}
	for _, w := range weights.Initial(specs, 1).Tensors() {
		args = append(args, w)
	}
	out, err := step.Call(args...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weights.Parameters(specs), "parameters in", len(specs), "weights")
	fmt.Println("loss", out[0].Shape(), "and", len(out)-1, "gradients")
	// Output:
	// 2050929 parameters in 47 weights
	// loss (Float32) and 47 gradients
}
