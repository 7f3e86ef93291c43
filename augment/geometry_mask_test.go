package augment

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/pali3/pali3/random"
)

// drawn is a picture of a mask: white where it is, on a size that no op keeps.
func drawn(t *testing.T, height, width int) (mask *image.Gray, encoded []byte) {
	t.Helper()
	mask = image.NewGray(image.Rect(0, 0, width, height))
	rng := random.New(uint64(height), uint64(width))
	for range 12 {
		y, x, h, w := rng.IntN(height), rng.IntN(width), 1+rng.IntN(height/2), 1+rng.IntN(width/2)
		for i := y; i < min(y+h, height); i++ {
			for j := x; j < min(x+w, width); j++ {
				mask.Pix[mask.PixOffset(j, i)] ^= 255
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, mask); err != nil {
		t.Fatal(err)
	}
	return mask, b.Bytes()
}

// TestGeometryMask_IsTheMaskOfTheMovedImage moves a picture of a mask by image ops, and the mask by
// their geometry. Without resizing, all pixels are equal.
func TestGeometryMask_IsTheMaskOfTheMovedImage(t *testing.T) {
	for _, ops := range []string{
		"decode", "decode|flip_lr", "decode|random_crop(20)|flip_lr", "decode|central_crop(31, 17)", "decode|flip_lr|random_crop(25, 30)|flip_lr",
		"decode|pad_to_shape(90)", "decode|pad_to_shape(80, 70, where=both)|flip_lr", "decode|pad_to_shape(77, where=before)|random_crop(50)",
	} {
		for seed := range uint64(12) {
			mask, encoded := drawn(t, 41+int(seed), 37)
			moved, g, err := MustParse(ops).ApplyWithGeometry(encoded, random.New(seed))
			if err != nil {
				t.Fatal(err)
			}
			got, err := g.Mask(mask, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if got.Rect.Dy() != moved.Height || got.Rect.Dx() != moved.Width {
				t.Fatalf("%s: a mask of %v for %dx%d", ops, got.Rect, moved.Height, moved.Width)
			}
			differ := 0
			for i, v := range got.Pix {
				if float32(v) != moved.Pix[3*i] {
					differ++
				}
			}
			if differ > 0 {
				t.Errorf("%s, seed %d: %d of %d pixels differ", ops, seed, differ, len(got.Pix))
			}
		}
	}
}

// TestGeometryMask_FollowsResizedAndTurnedImages compares inside of the mask, away from its edges:
// resizing blurs them, and turning takes the nearest pixels.
func TestGeometryMask_FollowsResizedAndTurnedImages(t *testing.T) {
	turn := Op{Name: "turn", Build: func(*Arguments) (Action, error) {
		return Action{Moves: Turning, Random: true, KeepsSize: true, Run: func(p *Pixels, rng *random.Stream) error {
			p.project(rotationBy(60*rng.Float64()-30, p.eightBit().Height, p.image.Width))
			p.project([6]float32{1, 0.2, 3, 0, 1, -2})
			return nil
		}}, nil
	}}
	language := append(BuiltinOps(), turn)
	for _, ops := range []string{
		"decode|resize(40)|flip_lr", "decode|flip_lr|inception_crop(48, area_min=30)", "decode|turn", "decode|flip_lr|turn|resize(80, 60)",
		"decode|resize_long(60)|pad_to_shape(60)|flip_lr",
	} {
		wrong, all := 0, 0
		pipeline, err := language.Parse(ops)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(40) {
			mask, encoded := drawn(t, 60, 50)
			moved, g, err := pipeline.ApplyWithGeometry(encoded, random.New(seed))
			if err != nil {
				t.Fatal(err)
			}
			got, err := g.Mask(mask, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if n := got.Rect.Dy() * got.Rect.Dx(); n > 60*50*4 {
				t.Errorf("%s: a mask of %v", ops, got.Rect)
			}
			for y := range moved.Height {
				for x := range moved.Width {
					at := got.GrayAt(x*got.Rect.Dx()/moved.Width, y*got.Rect.Dy()/moved.Height).Y
					if v := moved.Pix[3*(y*moved.Width+x)]; v < 8 && at == 255 || v > 247 && at == 0 {
						wrong++
					}
					all++
				}
			}
		}
		if all == 0 || float64(wrong) > 0.03*float64(all) {
			t.Errorf("%s: %d of %d pixels are on the wrong side", ops, wrong, all)
		}
	}
}

func TestGeometryMask_IsBounded(t *testing.T) {
	mask, _ := drawn(t, 60, 50)
	tiny := Geometry{}.then(Affine{XX: 1e-6, YY: 1e-6})
	got, err := tiny.Mask(mask, 1000)
	if err != nil || len(got.Pix) > 1100 {
		t.Errorf("%v %v", got.Rect, err)
	}
	if _, err := (Geometry{}.then(Affine{XX: 1})).Mask(mask, 1000); err == nil {
		t.Error("ops without area are accepted")
	}
	if _, err := (Geometry{}).Mask(image.NewGray(image.Rectangle{}), 1000); err == nil {
		t.Error("an empty mask is accepted")
	}
}
