package augment

import (
	"errors"
	"image/color"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pali3/pali3/random"
)

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		pipeline string
		position int
		says     string
	}{
		{"", 0, "an op is missing"},
		{"decode||flip_lr", 7, "an op is missing"},
		{"decode|resiez(224)", 7, `did you mean "resize"?`},
		{"decode| resize(224", 8, "brackets do not match"},
		{"decode|resize", 7, "size is missing"},
		{"decode|resize()", 7, "size is missing"},
		{"decode|resize(0)", 7, "not a whole number"},
		{"decode|resize(2.5)", 7, "not a whole number"},
		{"decode|resize(1e9)", 7, "not a whole number"},
		{"decode|resize(224, 224, 3, 4)", 7, `no method is called "3"`},
		{"decode|resize(224, methd=bicubic)", 7, `did you mean "method"?`},
		{"decode|resize(224, method=cubic)", 7, `did you mean "bicubic"?`},
		{"decode|resize(224, antialias=perhaps)", 7, "not true, false or pil"},
		{"decode|resize(224,)", 7, "an argument is empty"},
		{"decode|resize(method=bilinear, 224)", 7, "after one by name"},
		{"decode|resize(224, method=bilinear, method=bicubic)", 7, "given twice"},
		{"decode|flip_lr(3)", 7, "too many"},
		{"decode(background=blakc)", 0, "write white, black or #rrggbb"},
		{"decode(background=#12345g)", 0, "write white, black or #rrggbb"},
		{"decode(ground=white)", 0, `did you mean "background"?`},
		{"decode|value_range(1)", 7, "the same"},
		{"decode|value_range(-1e300, 1)", 7, "low is \"-1e300\", beyond numbers of 32 bits"},
		{"decode|value_range(0, 1, 0, 1e-300)", 7, "beyond numbers of 32 bits"},
		{"decode|value_range(-3e38, 3e38)", 7, "beyond numbers of 32 bits"},
		{"decode|value_range(0, 1e-38, 0, 1e38)", 7, "beyond numbers of 32 bits"},
		{"decode|vgg_value_range(0, 0, 0, 1, 1e-40, 1)", 7, "beyond numbers of 32 bits"},
		{"decode|color_jitter(1e39)", 7, "beyond numbers of 32 bits"},
		{"decode|vgg_value_range(123, 117)", 7, "mean has 2 of 3 numbers"},
		{"decode|vgg_value_range(1, 2, 3, std_g=5)", 7, "std has 1 of 3 numbers"},
		{"decode|value_range(-1, 1, 5, 5)", 7, "the same"},
		{"decode|value_range(-1, 1, nan)", 7, "not a number"},
		{"decode|grayscale(1.5)", 7, "probability"},
		{"decode|inception_crop(224, area_min=0)", 7, "percentages"},
		{"resize(224)", 0, "decode must be the first"},
		{"decode|resize(224)|decode", 19, "decode must be the first"},
		{strings.Repeat("decode|", 100), 448, "decode must be the first"},
	} {
		_, err := Parse(c.pipeline)
		parse, ok := errors.AsType[*ParseError](err)
		if !ok || !strings.Contains(parse.Message, c.says) {
			t.Errorf("%q: %v, want %q", c.pipeline, err, c.says)
		} else if parse.Position != c.position && len(c.pipeline) < 100 {
			t.Errorf("%q: at byte %d, want %d", c.pipeline, parse.Position, c.position)
		}
	}
}

func TestSizeAndRandom(t *testing.T) {
	for _, c := range []struct {
		pipeline      string
		height, width int
		random        bool
	}{
		{"decode", 0, 0, false},
		{"decode|resize(224)|value_range(-1,1)", 224, 224, false},
		{"decode|resize(height=8, 16, method=nearest)", 0, 0, false},
		{"decode|resize(8, 16, nearest)", 8, 16, false},
		{"decode|resize(8, bicubic, false)", 8, 8, false},
		{"decode|resize_small(256)", 0, 0, false},
		{"decode|resize_small(256)|central_crop(224)", 224, 224, false},
		{"decode|resize_small(256)|random_crop(224, 200)|flip_lr", 224, 200, true},
		{"decode|inception_crop(64, area_min=50)", 64, 64, true},
		{"decode|resize(9)|grayscale", 9, 9, false},
		{"decode|resize(9)|grayscale(p=0.1)", 9, 9, true},
	} {
		p, err := Parse(c.pipeline)
		if strings.Contains(c.pipeline, "height=8") {
			if err == nil {
				t.Errorf("%q parses", c.pipeline)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.pipeline, err)
			continue
		}
		if h, w := p.Size(); h != c.height || w != c.width || p.Random() != c.random {
			t.Errorf("%q: %dx%d, random %v", c.pipeline, h, w, p.Random())
		}
	}
}

// numbered is an image whose red is x and whose green is y.
func numbered(t testing.TB, width, height int) []byte {
	return encodePNG(t, width, height, func(x, y int) color.Color {
		return color.NRGBA{uint8(x), uint8(y), 200, 255}
	})
}

func TestCropsCutWhereTheyShould(t *testing.T) {
	encoded := numbered(t, 20, 10)
	got, err := MustParse("decode|central_crop(4, 6)").Apply(encoded, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Shape() != [3]int{4, 6, 3} || got.Pix[0] != 7 || got.Pix[1] != 3 {
		t.Errorf("shape %v begins with column %v, row %v; want 7 and 3", got.Shape(), got.Pix[0], got.Pix[1])
	}
	seen := map[float32]bool{}
	for i := range uint64(200) {
		got, err := MustParse("decode|random_crop(10, 18)").Apply(encoded, random.New(i))
		if err != nil {
			t.Fatal(err)
		}
		seen[got.Pix[0]] = true
	}
	if len(seen) != 3 {
		t.Errorf("random crops began at columns %v, want 0, 1 and 2", seen)
	}
	if _, err := MustParse("decode|central_crop(11)").Apply(encoded, nil); err == nil || !strings.Contains(err.Error(), "central_crop(11)") {
		t.Errorf("cut 11 out of 10: %v", err)
	}
}

func TestFlipMirrorsEverySecond(t *testing.T) {
	encoded := numbered(t, 5, 2)
	mirrored := 0
	for i := range uint64(1000) {
		got, err := MustParse("decode|flip_lr").Apply(encoded, random.New(i))
		if err != nil {
			t.Fatal(err)
		}
		row := []float32{got.Pix[0], got.Pix[3], got.Pix[6], got.Pix[9], got.Pix[12]}
		if slices.Equal(row, []float32{4, 3, 2, 1, 0}) {
			mirrored++
		} else if !slices.Equal(row, []float32{0, 1, 2, 3, 4}) {
			t.Fatalf("row %v", row)
		}
	}
	if mirrored < 440 || mirrored > 560 {
		t.Errorf("%d of 1000 mirrored", mirrored)
	}
}

func TestInceptionRegionsKeepTheirBounds(t *testing.T) {
	for i := range uint64(2000) {
		rng := random.New(i)
		height, width := 1+rng.IntN(60), 1+rng.IntN(60)
		r := inceptionRegion(rng, height, width, 0.2, 0.9, usualRatios, nil)
		if r.y < 0 || r.x < 0 || r.height < 1 || r.width < 1 || r.y+r.height > height || r.x+r.width > width {
			t.Fatalf("region %+v of %dx%d", r, height, width)
		}
		if part := float64(r.height*r.width) / float64(height*width); part != 1 && (part < 0.2 || part > 0.9) {
			t.Fatalf("region %v is %.3f of %dx%d", r, part, height, width)
		}
	}
}

func TestResizeSmallKeepsShapeAndRefusesRibbons(t *testing.T) {
	got, err := MustParse("decode|resize_small(30)").Apply(numbered(t, 20, 10), nil)
	if err != nil || got.Height != 30 || got.Width != 60 {
		t.Errorf("20x10 becomes %dx%d, %v", got.Width, got.Height, err)
	}
	if _, err := MustParse("decode|resize_small(16384)").Apply(numbered(t, 200, 1), nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("200x1 to a shorter side of 16384: %v", err)
	}
}

func TestValueRangeAndGrayscale(t *testing.T) {
	encoded := encodePNG(t, 1, 1, func(int, int) color.Color { return color.NRGBA{255, 0, 0, 255} })
	got, err := MustParse("decode|value_range(-1, 1)").Apply(encoded, nil)
	if err != nil || !slices.Equal(got.Pix, []float32{1, -1, -1}) {
		t.Errorf("red in -1..1 is %v, %v", got.Pix, err)
	}
	got, err = MustParse("decode|grayscale|value_range(0, 1)").Apply(encoded, nil)
	if err != nil || got.Pix[0] != got.Pix[2] || got.Pix[0] < 0.298 || got.Pix[0] > 0.3 {
		t.Errorf("red as grey is %v, %v", got.Pix, err)
	}
}

func TestRandomNeedsAStream(t *testing.T) {
	if _, err := MustParse("decode|flip_lr").Apply(numbered(t, 2, 2), nil); err == nil {
		t.Error("flip_lr without a stream did not fail")
	}
}

// TestConcurrentUse shows, under the race detector, that a pipeline can be shared, and that what it
// makes depends on the key alone.
func TestConcurrentUse(t *testing.T) {
	p := MustParse("decode|inception_crop(16)|flip_lr|value_range(-1,1)")
	encoded := numbered(t, 40, 30)
	var wanted []Tensor
	for i := range uint64(8) {
		w, err := p.Apply(encoded, random.New(i))
		if err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, w)
	}
	var all sync.WaitGroup
	for i := range uint64(8) {
		all.Go(func() {
			for range 20 {
				got, err := p.Apply(encoded, random.New(i))
				if err != nil || !slices.Equal(got.Pix, wanted[i].Pix) {
					t.Errorf("key %d gives other pixels, %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func FuzzParse(f *testing.F) {
	f.Add("decode|resize(224)|value_range(-1,1)")
	f.Add("decode|inception_crop(224, area_min=8, method='bicubic')|flip_lr|grayscale(0.2)")
	f.Add("decode|resize_small(256)|random_crop(224, 200)|central_crop(9)")
	encoded := numbered(f, 3, 2)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			if parse, ok := errors.AsType[*ParseError](err); !ok || parse.Position < 0 || parse.Position > len(text) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := Parse(p.String()); err != nil || len(again.steps) != len(p.steps) {
			t.Errorf("%q does not parse again: %v", text, err)
		}
		limits := DefaultLimits()
		limits.MaxPixels = 1 << 12
		p.WithLimits(limits).Apply(encoded, random.New(1)) // may fail, for example by its limits
	})
}

func TestDecode_LaysTransparencyOverTheBackground(t *testing.T) {
	half := color.NRGBA{200, 100, 0, 128}
	encoded := encodePNG(t, 2, 1, func(x, y int) color.Color {
		if x == 0 {
			return half
		}
		return color.NRGBA{}
	})
	for pipeline, want := range map[string][]float32{
		"decode":                     {227, 177, 127, 255, 255, 255},
		"decode()":                   {227, 177, 127, 255, 255, 255},
		"decode(background=white)":   {227, 177, 127, 255, 255, 255},
		"decode(black)":              {100, 50, 0, 0, 0, 0},
		"decode(background=#0a141e)": {105, 60, 15, 10, 20, 30},
	} {
		got, err := MustParse(pipeline).Apply(encoded, nil)
		if err != nil || !slices.Equal(got.Pix, want) {
			t.Errorf("%s: %v, %v; want %v", pipeline, got.Pix, err, want)
		}
	}
}

func TestPipeline_PrepareAndFinishAreApply(t *testing.T) {
	encoded := numbered(t, 20, 10)
	for _, ops := range []string{
		"decode|random_crop(6)|value_range(-1,1)",                 // in place on 8-bit pixels
		"decode|resize(8)|flip_lr|value_range(-1,1)",              // in place on floats
		"decode|resize(8)|value_range(0,1)|flip_lr|grayscale",     // fixed ops after random ones
		"decode|resize(8, antialias=pil)|flip_lr|grayscale(p=.5)", // in place on 8-bit pixels
		"decode|resize(8)|value_range(-1,1)",                      // nothing random
	} {
		p := MustParse(ops)
		prepared, err := p.Prepare(encoded)
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(10) {
			want, err := p.Apply(encoded, random.New(i))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Finish(prepared, random.New(i))
			if err != nil {
				t.Fatal(err)
			}
			if got.Shape() != want.Shape() || !slices.Equal(got.Pix, want.Pix) {
				t.Fatalf("%s, visit %d: prepared pixels give another tensor", ops, i)
			}
		}
	}
}

// TestApplyTo_EqualsApply makes tensors in rooms that held other values.
func TestApplyTo_EqualsApply(t *testing.T) {
	encoded := encodePNG(t, 60, 40, func(x, y int) color.Color { return color.NRGBA{uint8(4 * x), uint8(6 * y), uint8(x * y), 255} })
	for _, ops := range []string{
		"decode|resize(24)|value_range(-1,1)", "decode|resize(24,as=pil)|value_range(-1,1)", "decode|resize(24,as=tf)",
		"decode|resize(24)|resize(24,bicubic)", "decode|resize(30)|resize(24)|flip_lr", "decode|value_range|resize(24)",
		"decode|inception_crop(24)|flip_lr|value_range(0,1)", "decode|resize(40)|random_crop(24)", "decode|resize(20)|pad_to_shape(24)",
	} {
		p := MustParse(ops)
		want, geometry, err := p.ApplyWithGeometry(encoded, random.New(7))
		if err != nil {
			t.Fatal(err)
		}
		prepared, err := p.Prepare(encoded)
		if err != nil {
			t.Fatal(err)
		}
		for name, write := range map[string]func(dst []float32) (Geometry, error){
			"ApplyTo":  func(dst []float32) (Geometry, error) { return p.ApplyTo(dst, encoded, random.New(7)) },
			"FinishTo": func(dst []float32) (Geometry, error) { return p.FinishTo(dst, prepared, random.New(7)) },
		} {
			values := slices.Repeat([]float32{-7}, len(want.Pix)+2)
			g, err := write(values[1 : len(values)-1])
			if err != nil || !reflect.DeepEqual(g, geometry) || values[0] != -7 || values[len(values)-1] != -7 {
				t.Errorf("%s of %s: %v, %v, and %v and %v around", name, ops, g, err, values[0], values[len(values)-1])
			}
			same(t, name+" of "+ops, len(want.Pix), values[1:len(values)-1], want.Pix)
			if _, err := write(values[:5]); err == nil || !slices.Equal(values[:5], []float32{0, 0, 0, 0, 0}) {
				t.Errorf("%s of %s into 5 values: %v, %v", name, ops, values[:5], err)
			}
		}
	}
}
