package augment

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// calls are ops with legal arguments, of which FuzzApply makes pipelines.
var calls = []string{
	"resize(7)", "resize(9, 4, bicubic)", "resize(5, nearest)", "resize_r(6)", "resize_small(6)", "resize_long(11)", "resize_inside(8, 12)",
	"resize_to_sequence(4, 9)", "central_crop_to_sequence(2, 5)", "patchify(3, 40)", "central_crop", "central_crop(4)", "crop_border(1)", "random_crop(3, 5)",
	"inception_crop(6, area_min=10)", "inception_crop(4, ratio_min=0.2, ratio_max=5)", "pad_to_shape(16)", "pad_to_shape(20, 9, 7.5, both)",
	"inception_box(20)", "inception_box(5, 90, min_object_covered=0.4)", "flip_lr", "draw_bbox(#00ff00, 3)", "draw_box(0, 0.25, 1, 0.75)", "grayscale", "grayscale(0.5)", "color_jitter(0.4, 0.4, 0.4, 0.2)",
	"randaug", "randaug(3, 30)", "random_jpeg(1)", "random_jpeg(0.5, 1, 100)", "value_range", "value_range(0, 1, clip_values=true)",
	"vgg_value_range", "clip_value_range",
}

// FuzzApply runs pipelines of the built-in ops on small images: an op may refuse an image, but
// boxes stay in the image, values are finite, and what is prepared gives what is applied at once.
func FuzzApply(f *testing.F) {
	f.Add(uint8(9), uint8(5), uint64(1), []byte{0, 13, 16, 22, 24})
	f.Add(uint8(1), uint8(1), uint64(2), []byte{22, 22, 22, 14, 21})
	f.Add(uint8(3), uint8(90), uint64(3), []byte{6, 8, 17, 26, 28})
	f.Fuzz(func(t *testing.T, width, height uint8, seed uint64, chosen []byte) {
		if width == 0 || height == 0 || len(chosen) > 12 {
			return
		}
		ops := []string{"decode"}
		for _, c := range chosen {
			ops = append(ops, calls[int(c)%len(calls)])
		}
		text := strings.Join(ops, "|")
		p, err := Parse(text)
		if err != nil {
			return // an op of 8 bits after one that maps values
		}
		limits := DefaultLimits()
		limits.MaxPixels = 1 << 16
		p = p.WithLimits(limits).WithBoxes([4]float64{0.2, 0.3, 0.6, 0.9})
		encoded := encodePNG(t, int(width), int(height), func(x, y int) color.Color {
			return color.NRGBA{uint8(x * 7), uint8(y * 5), uint8(x * y), 255}
		})
		got, g, err := p.ApplyWithGeometry(encoded, random.New(seed))
		if err != nil {
			return
		}
		if h, w := p.Size(); h != 0 && (h != got.Height || w != got.Width) || len(got.Pix) != 3*got.Height*got.Width {
			t.Fatalf("%s: %d values of %dx%d, want %dx%d", text, len(got.Pix), got.Height, got.Width, h, w)
		}
		for _, v := range got.Pix {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Fatalf("%s: a value is %v", text, v)
			}
		}
		box, left := g.Box([4]float64{0.25, 0, 1, 0.5})
		for i, edge := range box {
			if !(edge >= -1e-9 && edge <= 1+1e-9) || left < 0 || left > 1 || box[i%2] > box[i%2+2] {
				t.Fatalf("%s: the box becomes %v, of which %v is left", text, box, left)
			}
		}
		prepared, err := p.Prepare(encoded)
		if err != nil {
			t.Fatal(text, err)
		}
		again, err := p.Finish(prepared, random.New(seed))
		if err != nil || again.Shape() != got.Shape() || !slices.Equal(again.Pix, got.Pix) {
			t.Fatalf("%s: prepared, it gives another result, %v", text, err)
		}
	})
}
