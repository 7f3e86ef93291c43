package augment_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"slices"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

func Example() {
	encoded, err := os.ReadFile("testdata/images/s420.jpg")
	if err != nil {
		log.Fatal(err)
	}
	pipeline, err := augment.Parse("decode|resize(224)|value_range(-1,1)")
	if err != nil {
		log.Fatal(err)
	}
	pixels, err := pipeline.Apply(encoded, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pixels.Shape(), "random:", pipeline.Random())
	// Output: [224 224 3] random: false
}

// Random ops draw from a stream whose key says what the choice belongs to.
func ExamplePipeline_Apply() {
	encoded, err := os.ReadFile("testdata/images/s420.jpg")
	if err != nil {
		log.Fatal(err)
	}
	pipeline := augment.MustParse("decode|inception_crop(32, area_min=50)|flip_lr|value_range(-1,1)")
	const seed, epoch, example = 7, 0, 1234
	once, _ := pipeline.Apply(encoded, random.New(seed, epoch, example))
	again, _ := pipeline.Apply(encoded, random.New(seed, epoch, example))
	next, _ := pipeline.Apply(encoded, random.New(seed, epoch+1, example))
	fmt.Println(once.Pix[0] == again.Pix[0], once.Pix[0] == next.Pix[0])
	// Output: true false
}

// NaFlex models take images of any aspect as patches: at most 64 of 16 by 16 pixels here.
func ExamplePipeline_Sequence() {
	encoded, err := os.ReadFile("testdata/images/s420.jpg") // 45 by 37 pixels
	if err != nil {
		log.Fatal(err)
	}
	pipeline := augment.MustParse("decode|resize_to_sequence(16, 64)|value_range(-1,1)")
	pixels, err := pipeline.Apply(encoded, nil)
	if err != nil {
		log.Fatal(err)
	}
	sequence := pipeline.Sequence()
	patches := make([]float32, sequence.Values()) // the rest is padding
	rows, columns, err := pixels.WritePatches(patches, sequence.Patch)
	fmt.Println(pixels.Shape(), rows, "by", columns, "patches of at most", sequence.Length, err)
	// Output: [112 144 3] 7 by 9 patches of at most 64 <nil>
}

// This op turns images upside down, and boxes with them.
func ExampleOp() {
	flip := augment.Op{Name: "flip_ud", Usage: "flip_ud", Help: "turn upside down", Build: func(*augment.Arguments) (augment.Action, error) {
		return augment.Action{KeepsSize: true, Moves: augment.Turning, Run: func(p *augment.Pixels, _ *random.Stream) error {
			t := p.Tensor()
			for y, row := range slices.Collect(slices.Chunk(slices.Clone(t.Pix), 3*t.Width)) {
				copy(t.Pix[3*t.Width*(t.Height-1-y):], row)
			}
			p.Moved(augment.Affine{XX: 1, YY: -1, Y0: 1})
			return nil
		}}, nil
	}}
	encoded, err := os.ReadFile("testdata/images/s420.jpg")
	if err != nil {
		log.Fatal(err)
	}
	pipeline, err := append(augment.BuiltinOps(), flip).Parse("decode|flip_ud|resize(8)")
	if err != nil {
		log.Fatal(err)
	}
	_, geometry, err := pipeline.ApplyWithGeometry(encoded, nil)
	fmt.Println(err)
	fmt.Println(geometry.Box([4]float64{0, 0.5, 0.25, 1})) // y0, x0, y1, x1 in parts of the image
	// Output:
	// <nil>
	// [0.75 0.5 1 1] 1
}

func ExampleParse_error() {
	_, err := augment.Parse("decode|resiez(224)")
	fmt.Println(err)
	_, err = augment.Parse("decode|resize(224, metod=bicubic)")
	fmt.Println(err)
	// Output:
	// image ops "decode|resiez(224)", at byte 7: no op is called "resiez"; did you mean "resize"? There are decode, decode_jpeg_and_inception_crop, contact_sheet, resize, resize_small, resize_long, resize_inside, resize_r, resize_to_sequence, central_crop_to_sequence, patchify, central_crop, crop_border, random_crop, inception_crop, inception_box, pad_to_shape, flip_lr, draw_bbox, draw_box, grayscale, color_jitter, randaug, random_jpeg, value_range, vgg_value_range, clip_value_range
	// image ops "decode|resize(224, metod=bicubic)", at byte 7: resize: no argument is called "metod"; did you mean "method"? Write resize(size | height, width, [method], [antialias], [as])
}

func ExampleInspect() {
	encoded, err := os.ReadFile("testdata/images/orientation6.jpg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(augment.Inspect(encoded))
	_, _, _, err = augment.Inspect([]byte("<html>"))
	fmt.Println(errors.Is(err, augment.ErrNotImage))
	// Output:
	// jpeg 16 24 <nil>
	// true
}
