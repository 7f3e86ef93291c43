// Command imageop applies image ops to an image and writes the pixels as PNG, with an op of its own
// beside the built-in ones:
//
//	imageop IMAGE 'decode|brighten(40)|resize(224)' OUT.png
//
// In a [mixture.Registry], the same table lets recipes use the op. See examples/command for that.
package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"os"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

// brighten adds a random number from -strength to strength to every value.
var brighten = augment.Op{
	Name: "brighten", Usage: "brighten(strength)", Help: "change the brightness at random",
	Build: func(a *augment.Arguments) (augment.Action, error) {
		strength := a.Number("strength")
		if strength < 0 || strength > 255 {
			return augment.Action{}, errors.New("strength must be from 0 to 255")
		}
		return augment.Action{Random: true, KeepsSize: true, Run: func(p *augment.Pixels, rng *random.Stream) error {
			by := float32(strength * (2*rng.Float64() - 1))
			values := p.Tensor().Pix
			for i, v := range values {
				values[i] = min(max(v+by, 0), 255)
			}
			return nil
		}}, nil
	},
}

// ops are the built-in image ops and our own.
func ops() augment.Ops { return append(augment.BuiltinOps(), brighten) }

func main() {
	if len(os.Args) != 4 {
		log.Fatalf("usage: imageop IMAGE OPS OUT.png; ops are\n%s", ops())
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], 0); err != nil {
		log.Fatal(err)
	}
}

// run writes the image that the ops make. Random ops draw from a stream of the seed.
func run(path, pipeline, out string, seed uint64) error {
	p, err := ops().Parse(pipeline)
	if err != nil {
		return err
	}
	encoded, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	t, err := p.Apply(encoded, random.New(seed, random.Name(path)))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(file, toImage(t)), file.Close())
}

// toImage converts pixels of 0 to 255.
func toImage(t augment.Tensor) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, t.Width, t.Height))
	for i := range t.Height * t.Width {
		rgb := t.Pix[3*i:]
		m.Set(i%t.Width, i/t.Width, color.NRGBA{uint8(rgb[0] + 0.5), uint8(rgb[1] + 0.5), uint8(rgb[2] + 0.5), 255})
	}
	return m
}
