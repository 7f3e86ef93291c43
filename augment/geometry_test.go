package augment

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// marked is a dark PNG with one white pixel.
func marked(t testing.TB, width, height, atX, atY int) []byte {
	return encodePNG(t, width, height, func(x, y int) color.Color {
		if x == atX && y == atY {
			return color.NRGBA{255, 255, 255, 255}
		}
		return color.NRGBA{A: 255}
	})
}

// TestGeometry_FollowsAMarkedPixel checks that the brightest place of what the ops make is in the
// moved box of the pixel that was white, if enough of the box is left.
func TestGeometry_FollowsAMarkedPixel(t *testing.T) {
	for _, ops := range geometricOps {
		p := MustParse("decode|" + ops)
		seen := 0
		for i := range uint64(60) {
			rng := random.New(i)
			width, height := 20+rng.IntN(25), 20+rng.IntN(25)
			x, y := rng.IntN(width), rng.IntN(height)
			got, g, err := p.ApplyWithGeometry(marked(t, width, height, x, y), random.New(i, 1))
			if err != nil {
				t.Fatalf("%s: %v", ops, err)
			}
			w, h := float64(width), float64(height)
			box, left := g.Box([4]float64{float64(y) / h, float64(x) / w, float64(y+1) / h, float64(x+1) / w})
			if left < 0.9 {
				if left == 0 && brightest(got) > 100 && g.Upright() && !strings.Contains(ops, "resize") {
					t.Errorf("%s, image %d: nothing is left of the box, and the pixel is there", ops, i)
				}
				continue
			}
			seen++
			// A resize blurs by a pixel to each side.
			top, bottom := int(math.Floor(box[0]*float64(got.Height)-1)), int(math.Ceil(box[2]*float64(got.Height)+1))
			from, to := int(math.Floor(box[1]*float64(got.Width)-1)), int(math.Ceil(box[3]*float64(got.Width)+1))
			best, bestX, bestY := float32(-1), 0, 0
			for at := 0; at < len(got.Pix); at += 3 {
				if v := got.Pix[at]; v > best {
					best, bestX, bestY = v, at/3%got.Width, at/3/got.Width
				}
			}
			if best > 30 && (bestX < from || bestX >= to || bestY < top || bestY >= bottom) {
				t.Errorf("%s, image %d: pixel %d,%d of %dx%d is at %d,%d of %dx%d, and its box says %d..%d, %d..%d (%s)",
					ops, i, x, y, width, height, bestX, bestY, got.Width, got.Height, from, to, top, bottom, g.Affine())
			}
		}
		if seen == 0 {
			t.Errorf("%s: every pixel was lost", ops)
		}
	}
}

// geometricOps move what is in an image, in every way and one after the other.
var geometricOps = []string{
	"resize(31, 17)",
	"resize_small(40)",
	"resize_long(40)|pad_to_shape(44, 50, 0, both)|flip_lr",
	"pad_to_shape(50, 60)|central_crop(40)|resize_inside(30, 60)",
	"central_crop_to_sequence(4, 12)",
	"patchify(7, 100)",
	"central_crop(14, 18)",
	"random_crop(15)",
	"flip_lr",
	"inception_crop(24, area_min=20)",
	"resize(30)|random_crop(24)|flip_lr|resize(40, 20)",
	"flip_lr|inception_crop(24, area_min=50)|flip_lr|central_crop(20)",
}

func brightest(t Tensor) (most float32) {
	for _, v := range t.Pix {
		most = max(most, v)
	}
	return most
}

func TestGeometry_ClipsAndMeasuresBoxes(t *testing.T) {
	var whole Geometry
	half := whole.then(Affine{XX: 2, YY: 1})             // the left half
	mirrored := half.then(Affine{XX: -1, X0: 1, YY: 1})  // flipped
	padded := half.then(Affine{XX: 0.5, X0: 0.5, YY: 1}) // in the right half of a wider image
	turned := whole.then(Affine{XY: -1, X0: 1, YX: 1})   // clockwise by a quarter
	diamond := whole.then(rotation(math.Pi / 4))         // by an eighth, about the middle
	backAgain := diamond.then(rotation(-math.Pi / 4))    // the corners are lost
	for _, c := range []struct {
		name string
		g    Geometry
		box  [4]float64
		want [4]float64
		left float64
	}{
		{"whole", whole, [4]float64{0.1, 0.2, 0.3, 0.4}, [4]float64{0.1, 0.2, 0.3, 0.4}, 1},
		{"beyond the edge", whole, [4]float64{0.5, 0.5, 1, 1.5}, [4]float64{0.5, 0.5, 1, 1}, 0.5},
		{"cut", half, [4]float64{0, 0.4, 1, 0.8}, [4]float64{0, 0.8, 1, 1}, 0.25},
		{"outside", half, [4]float64{0, 0.6, 1, 0.8}, [4]float64{}, 0},
		{"mirrored", mirrored, [4]float64{0, 0.4, 1, 0.8}, [4]float64{0, 0, 1, 0.2}, 0.25},
		{"padded", padded, [4]float64{0, 0.4, 1, 0.8}, [4]float64{0, 0.9, 1, 1}, 0.25},
		{"padded whole", padded, [4]float64{0, 0, 1, 0.5}, [4]float64{0, 0.5, 1, 1}, 1},
		{"turned", turned, [4]float64{0, 0, 0.5, 0.25}, [4]float64{0, 0.5, 0.25, 1}, 1},
		{"lost corner", backAgain, [4]float64{0, 0, 0.1, 0.1}, [4]float64{}, 0},
		{"no area", half, [4]float64{0.5, 0.25, 0.5, 0.25}, [4]float64{0.5, 0.5, 0.5, 0.5}, 1},
	} {
		got, left := c.g.Box(c.box)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 || math.Abs(left-c.left) > 1e-9 {
				t.Errorf("%s: %v, of which %v is left; want %v and %v", c.name, got, left, c.want, c.left)
				break
			}
		}
	}
	if box, _ := half.Inverse().Box([4]float64{0, 0, 1, 1}); box != [4]float64{0, 0, 1, 0.5} {
		t.Errorf("back: %v", box)
	}
	if mirrored.Upright() || !half.Upright() || turned.Upright() || whole.Moves() || !half.Moves() {
		t.Error("Upright or Moves")
	}
}

// rotation turns about the middle of a square image.
func rotation(angle float64) Affine {
	s, c := math.Sincos(angle)
	return Affine{XX: c, XY: -s, X0: 0.5 - 0.5*c + 0.5*s, YX: s, YY: c, Y0: 0.5 - 0.5*s - 0.5*c}
}

func TestPipeline_MovingNamesTheOp(t *testing.T) {
	for ops, want := range map[string]string{
		"decode|resize(8)|value_range(-1,1)":     " in place",
		"decode|resize(10)| central_crop(8)":     "central_crop(8) cropping",
		"decode|random_crop(8)|flip_lr":          "flip_lr turning",
		"decode|resize_small(9)|central_crop(8)": "central_crop(8) cropping",
	} {
		if op, how := MustParse(ops).Moving(); op+" "+how.String() != want {
			t.Errorf("%s: %s %s, want %s", ops, op, how, want)
		}
	}
}

func TestOps_ThatMoveInSecretFail(t *testing.T) {
	run := map[string]func(*Pixels, *random.Stream) error{
		"crops":   func(p *Pixels, _ *random.Stream) error { return p.Crop(0, 0, 1, 1) },
		"mirrors": func(p *Pixels, _ *random.Stream) error { p.Mirror(); return nil },
		"outside": func(p *Pixels, _ *random.Stream) error { return p.Crop(1, 0, 2, 1) },
	}
	for _, c := range []struct {
		name  string
		moves Movement
		want  string
	}{
		{"crops", InPlace, "Moves says that it does not"},
		{"crops", Cropping, ""},
		{"mirrors", Cropping, "only crops"},
		{"mirrors", Turning, ""},
		{"outside", Cropping, "out of an image of 2x2"},
	} {
		own := Op{Name: "own", Usage: "own", Build: func(*Arguments) (Action, error) {
			return Action{Moves: c.moves, Run: run[c.name]}, nil
		}}
		p, err := append(BuiltinOps(), own).Parse("decode|own")
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Apply(numbered(t, 2, 2), nil)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s as %s: %v, want %q", c.name, c.moves, err, c.want)
		}
	}
}

// TestRandAug_GeometryFollowsAMarkedPixel checks the turning changes of RandAugment one by one.
func TestRandAug_GeometryFollowsAMarkedPixel(t *testing.T) {
	for _, a := range randAugments {
		seen := 0
		for i := range uint64(80) {
			rng := random.New(i)
			m, x, y := newImage(30, 41), rng.IntN(41), rng.IntN(30)
			copy(m.Pix[3*(41*y+x):], []uint8{255, 255, 255})
			p := &Pixels{image: m, limits: DefaultLimits()}
			a.apply(p, 1+float64(i%3), rng)
			box, left := p.geometry.Box([4]float64{float64(y) / 30, float64(x) / 41, float64(y+1) / 30, float64(x+1) / 41})
			if !p.geometry.Moves() || left < 0.99 {
				continue
			}
			for at := 0; at < len(p.image.Pix); at += 3 {
				if p.image.Pix[at] != 255 {
					continue
				}
				seen++
				toX, toY := float64(at/3%41)+0.5, float64(at/3/41)+0.5
				if toX < box[1]*41-0.51 || toX > box[3]*41+0.51 || toY < box[0]*30-0.51 || toY > box[2]*30+0.51 {
					t.Errorf("%s: pixel %d,%d is at %v,%v, and its box is %v", a.name, x, y, toX, toY, box)
				}
			}
		}
		if turns := slices.Contains([]string{"Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY"}, a.name); turns != (seen > 20) {
			t.Errorf("%s: %d pixels were followed", a.name, seen)
		}
	}
}
