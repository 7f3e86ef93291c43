package augment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// scene is the image of parity/augment_ops_goldens.py.
func scene(height, width int) *Image {
	m := newImage(height, width)
	for y := range height {
		for x := range width {
			for c := range 3 {
				v := y*7 + x*11 + c*53
				switch c {
				case 0:
					v += y / 5 * 90
				case 1:
					v += x / 6 * 40
				}
				if (x+y)%17 < 3 {
					v = y * x
				}
				m.Pix[3*(y*width+x)+c] = uint8(v % 256)
			}
		}
	}
	return m
}

// applied runs one op of a golden.
func applied(t *testing.T, op string, size [2]int, argument json.RawMessage) *Image {
	t.Helper()
	p := &Pixels{image: scene(size[0], size[1]), limits: DefaultLimits()}
	m := p.image
	read := func(v any) {
		if err := json.Unmarshal(argument, v); err != nil {
			t.Fatal(op, err)
		}
	}
	number := func() (v float64) {
		read(&v)
		return v
	}
	n := float32(0)
	if op != "draw_box" && op != "pad_to_shape" && string(argument) != "null" {
		n = float32(number())
	}
	switch op {
	case "AutoContrast", "Equalize", "Invert":
		randAugments[slices.IndexFunc(randAugments, func(a augmentation) bool { return a.name == op })].apply(p, 0, nil)
	case "AutoContrast dull", "Equalize dull":
		m.mapBytes(func(v uint8) uint8 { return v/4 + 90 })
		if op == "Equalize dull" {
			m.equalize()
		} else {
			m.autoContrast()
		}
	case "Rotate":
		p.project(rotationBy(number(), m.Height, m.Width))
	case "Posterize":
		m.posterize(int(n))
	case "Solarize":
		m.solarize(int(n))
	case "Color":
		m.color(n)
	case "Contrast":
		m.contrast(n)
	case "Brightness":
		m.mapBytes(func(v uint8) uint8 { return blend(0, v, n) })
	case "Sharpness":
		m.sharpen(n)
	case "ShearX":
		p.project([6]float32{1, n, 0, 0, 1, 0})
	case "ShearY":
		p.project([6]float32{1, 0, 0, n, 1, 0})
	case "TranslateX":
		p.project([6]float32{1, 0, n, 0, 1, 0})
	case "TranslateY":
		p.project([6]float32{1, 0, 0, 0, 1, n})
	case "SolarizeAdd":
		m.mapBytes(func(v uint8) uint8 {
			if v < 128 {
				return clamp8(int32(v) + int32(n))
			}
			return v
		})
	case "PIL brightness":
		m.brighten(n)
	case "PIL contrast":
		m.raiseContrast(n)
	case "PIL saturation":
		m.saturate(n)
	case "PIL hue":
		m.turnHue(number())
	case "PIL hue cube":
		for i := range m.Pix {
			at := i / 3
			m.Pix[i] = uint8([3]int{at / 144, at / 12 % 12, at % 12}[i%3] * 255 / 11)
		}
		m.turnHue(number())
	case "draw_box":
		var box [4]float64
		read(&box)
		p.draw(box, [3]float32{255, 0, 0}, 1)
	case "pad_to_shape":
		var c [3]any
		read(&c)
		build(t, fmt.Sprintf("pad_to_shape(%v, %v, 9, %v)", c[1], c[2], c[0])).Run(p, nil)
	case "jpeg":
		var err error
		if p.image, err = throughJPEG(m, int(n), false); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("no op %s", op)
	}
	return p.Image()
}

// build builds an op with its arguments.
func build(t *testing.T, call string) Action {
	t.Helper()
	a := &Arguments{}
	if err := a.parse(call); err != nil {
		t.Fatal(err)
	}
	op, err := a.lookUp(builtinOps)
	if err != nil {
		t.Fatal(err)
	}
	action, err := op.Build(a)
	if err := a.finish(op, err); err != nil {
		t.Fatal(err)
	}
	return action
}

// TestOps_EqualReferences compares with TensorFlow, big_vision and Pillow
// (parity/augment_ops_goldens.py). All bytes are equal, but for sharpness, whose sums TensorFlow
// adds in another order.
func TestOps_EqualReferences(t *testing.T) {
	var cases []struct {
		Op       string
		Size, To [2]int
		Argument json.RawMessage
		Want     []byte
	}
	if err := json.Unmarshal(readFile(t, "testdata/ops.json"), &cases); err != nil || len(cases) < 80 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		got := applied(t, c.Op, c.Size, c.Argument)
		if got.Height != c.To[0] || got.Width != c.To[1] {
			t.Errorf("%s(%s): %dx%d, want %v", c.Op, c.Argument, got.Height, got.Width, c.To)
			continue
		}
		most, differ := 0, 0
		for i, v := range c.Want {
			d := int(got.Pix[i]) - int(v)
			if d < 0 {
				d = -d
			}
			most = max(most, d)
			if d > 0 {
				differ++
			}
		}
		if most > 0 && (c.Op != "Sharpness" || most > 1) {
			t.Errorf("%s(%s) of %v: %d values differ, by %d at most", c.Op, c.Argument, c.Size, differ, most)
		}
	}
}

// animation is a GIF whose frame i is a square of palette colour i+1 at 2i, on one whole first
// frame.
func animation(t testing.TB, frames int) []byte {
	g := &gif.GIF{Config: image.Config{Width: 12, Height: 8, ColorModel: color.Palette(palette.Plan9)}}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, 12, 8), palette.Plan9)
		if i > 0 {
			m = image.NewPaletted(image.Rect(2*i%10, 2, 2*i%10+2, 4), palette.Plan9)
		}
		for j := range m.Pix {
			m.Pix[j] = uint8(200 + i)
		}
		g.Image, g.Delay, g.Disposal = append(g.Image, m), append(g.Delay, 1), append(g.Disposal, byte(1+i%3))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestContactSheet_ShowsFramesInOrder(t *testing.T) {
	got, err := MustParse("contact_sheet(5, 2, #010203)").Apply(animation(t, 5), nil)
	if err != nil || got.Shape() != [3]int{24, 24, 3} {
		t.Fatal(got.Shape(), err)
	}
	at := func(frame, y, x int) [3]float32 {
		i := 3 * ((frame/2*8+y)*24 + frame%2*12 + x)
		return [3]float32(got.Pix[i:])
	}
	colour := func(i int) (rgb [3]float32) {
		r, g, b, _ := palette.Plan9[i].RGBA()
		return [3]float32{float32(r >> 8), float32(g >> 8), float32(b >> 8)}
	}
	background := [3]float32{1, 2, 3}
	for _, c := range []struct {
		name        string
		frame, y, x int
		want        [3]float32
	}{
		{"the first frame", 0, 7, 11, colour(200)},
		{"the second frame's own square", 1, 2, 2, colour(201)},
		{"where the second frame was, cleared", 2, 2, 2, background},
		{"the third frame's own square", 2, 2, 4, colour(202)},
		{"where the third frame was, restored", 3, 2, 4, colour(200)},
		{"the fourth frame stays", 4, 2, 6, colour(203)},
		{"beyond the last frame", 5, 0, 0, background},
	} {
		if got := at(c.frame, c.y, c.x); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	// Two of five frames, and a still image.
	if got, err := MustParse("contact_sheet(2)").Apply(animation(t, 5), nil); err != nil || [3]float32(got.Pix[3*(2*24+2):]) != colour(201) || got.Pix[3*(2*24+12+6)] != colour(203)[0] {
		t.Errorf("two of five frames: %v", err)
	}
	if got, err := MustParse("contact_sheet(4)|resize(8)").Apply(numbered(t, 6, 6), nil); err != nil || got.Height != 8 {
		t.Errorf("a still image: %v", err)
	}
	_, g, err := MustParse("contact_sheet(4)").ApplyWithGeometry(animation(t, 4), nil)
	if box, left := g.Box([4]float64{0, 0, 1, 1}); err != nil || box != [4]float64{0, 0, 0.5, 0.5} || left != 1 {
		t.Errorf("the first frame's box is %v, %v", box, err)
	}
}

func TestOps_RefuseTooMuchBeforeAllocating(t *testing.T) {
	small := DefaultLimits()
	small.MaxPixels = 1000
	for ops, encoded := range map[string][]byte{
		"decode|pad_to_shape(16384)":     numbered(t, 5, 5),
		"decode|resize(16384)":           numbered(t, 5, 5),
		"decode|inception_crop(16384)":   numbered(t, 5, 5),
		"decode|resize_long(16384)":      numbered(t, 5, 5),
		"decode|resize_inside(2000, 90)": numbered(t, 5, 5),
		"contact_sheet(16384)":           animation(t, 3),
		"contact_sheet(11)":              animation(t, 3),
	} {
		if _, err := MustParse(ops).WithLimits(small).Apply(encoded, random.New(1)); err == nil || !strings.Contains(err.Error(), ErrTooLarge.Error()) {
			t.Errorf("%s: %v", ops, err)
		}
	}
	for _, ops := range []string{"decode|pad_to_shape(1e9)", "contact_sheet(1e6)", "decode|pad_to_shape(8, 8, nan)", "decode|draw_box(0,0,2,1)",
		"decode|randaug(1e9)", "decode|randaug(2, 31)", "decode|random_jpeg(0.5, 0, 90)", "decode|random_jpeg(2)", "decode|color_jitter(hue=0.6)",
		"decode|color_jitter(-1)", "decode|patchify(0, 4)", "decode|draw_bbox(width=0)", "decode|value_range|randaug", "decode|clip_value_range(3)",
		"decode|value_range(0,1)|random_jpeg(1)", "contact_sheet(4, 5)", "decode|contact_sheet(4)", "decode|value_range(vmin=0, low=1)"} {
		if _, err := Parse(ops); err == nil {
			t.Errorf("%s parses", ops)
		}
	}
}

func TestOps_ShapesAndPlaces(t *testing.T) {
	wide := numbered(t, 40, 20)
	for _, c := range []struct {
		ops           string
		height, width int
	}{
		{"decode|resize_long(10)", 5, 10},
		{"decode|resize_inside(10)", 5, 10},
		{"decode|resize_inside(10, 100)", 10, 20},
		{"decode|central_crop", 20, 20},
		{"decode|crop_border(2)", 16, 36},
		{"decode|central_crop()", 20, 20},
		{"decode|patchify(16, 4)", 16, 32},
		{"decode|central_crop_to_sequence(8, 2)", 8, 16},
		{"decode|resize_long(10)|pad_to_shape(10, 12, #ff0000, both)", 10, 12},
		{"decode_jpeg_and_inception_crop(7, ratio_min=0.5, ratio_max=2)", 7, 7},
		{"decode|inception_crop(7, 5, 100, bicubic, ratio_min=1, ratio_max=1)", 7, 7},
		{"decode|randaug(3, 15)|color_jitter(0.4, 0.4, 0.4, 0.1)|random_jpeg(1)|clip_value_range", 20, 40},
	} {
		p := MustParse(c.ops)
		got, err := p.Apply(wide, random.New(3))
		if err != nil || got.Height != c.height || got.Width != c.width {
			t.Errorf("%s: %dx%d, %v", c.ops, got.Height, got.Width, err)
			continue
		}
		prepared, err := p.Prepare(wide)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := p.Finish(prepared, random.New(3)); err != nil || !slices.Equal(again.Pix, got.Pix) {
			t.Errorf("%s: prepared and finished it differs, %v", c.ops, err)
		}
	}
	if _, err := MustParse("decode|patchify(8, 4)").Apply(wide, nil); err == nil || !strings.Contains(err.Error(), "has 10 patches of 8 pixels; legal are 1 to 4") {
		t.Errorf("too many patches: %v", err)
	}
}

func TestPipeline_ImageUndoesTheValueRange(t *testing.T) {
	encoded := numbered(t, 30, 20)
	want, err := Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, ops := range []string{"decode", "decode|value_range", "decode|value_range(vmin=0, vmax=1)", "decode|vgg_value_range", "decode|clip_value_range",
		"decode|value_range(0, 1)|value_range(-1, 1, 0, 1)", "decode|value_range(1, 0)|vgg_value_range(0.5, 0.4, 0.3, 0.2, 0.3, 0.4)"} {
		p := MustParse(ops)
		got, err := p.Apply(encoded, nil)
		if err != nil {
			t.Fatal(err)
		}
		if m := p.Image(got); !slices.Equal(m.Pix, want.Pix) {
			t.Errorf("%s: the image differs", ops)
		}
	}
	got, err := MustParse("decode|value_range(0, 1, 10, 20, clip_values=true)").Apply(encoded, nil)
	if err != nil || slices.Min(got.Pix) != 0 || slices.Max(got.Pix) != 1 {
		t.Errorf("clipped values are %v to %v, %v", slices.Min(got.Pix), slices.Max(got.Pix), err)
	}
}

func TestDrawBBox_DrawsWhereTheBoxesAre(t *testing.T) {
	p := MustParse("decode|resize(40)|central_crop(20)|draw_bbox(#00ff00)")
	if !p.DrawsBoxes() || MustParse("decode").DrawsBoxes() {
		t.Error("DrawsBoxes")
	}
	encoded := numbered(t, 8, 8)
	got, err := p.WithBoxes([4]float64{0.5, 0.5, 1, 1}).Apply(encoded, nil)
	if err != nil {
		t.Fatal(err)
	}
	for y := range 20 {
		for x := range 20 {
			on := got.Pix[3*(20*y+x)+1] == 255 && got.Pix[3*(20*y+x)] == 0
			if want := min(x, y) == 9 || (x == 19 || y == 19) && min(x, y) > 9; on != want {
				t.Fatalf("pixel %d,%d: drawn %v", x, y, on)
			}
		}
	}
	if _, err := p.Apply(encoded, nil); err == nil || !strings.Contains(err.Error(), "no box to draw") {
		t.Errorf("without boxes: %v", err)
	}
}

func TestColorJitter_DrawsFactorsFromItsStream(t *testing.T) {
	p := MustParse("decode|color_jitter(0.4, 0.4, 0.4, 0.1)")
	encoded := numbered(t, 9, 9)
	seen := map[float32]bool{}
	for i := range uint64(20) {
		got, err := p.Apply(encoded, random.New(i))
		if err != nil {
			t.Fatal(err)
		}
		again, _ := p.Apply(encoded, random.New(i))
		if !slices.Equal(got.Pix, again.Pix) {
			t.Fatal("one stream gives two images")
		}
		seen[got.Pix[40]] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d brightnesses of 20", len(seen))
	}
	same, err := MustParse("decode|color_jitter|randaug(0)|random_jpeg(0)").Apply(encoded, random.New(1))
	before, _ := Decode(encoded)
	if err != nil || !slices.Equal(same.Pix, before.Float().Pix) {
		t.Errorf("changes of strength 0 change the image: %v", err)
	}
}

func TestRandAug_DrawsEveryChange(t *testing.T) {
	results := map[string]bool{}
	for i := range uint64(200) {
		got, _, err := MustParse("decode|randaug(1, 9)").ApplyWithGeometry(numbered(t, 60, 50), random.New(i))
		if err != nil {
			t.Fatal(err)
		}
		results[fmt.Sprint(got.Pix[3000:3060])] = true
	}
	if len(results) < 15 {
		t.Errorf("%d different images of 200", len(results))
	}
	if math.IsNaN(float64(enhancement(10))) || len(randAugments) != 16 {
		t.Error(len(randAugments))
	}
}

func TestResizeR_DrawsEveryMethod(t *testing.T) {
	encoded := numbered(t, 23, 31)
	results := map[string]bool{}
	for i := range uint64(200) {
		got, err := MustParse("decode|resize_r(9, 7)").Apply(encoded, random.New(i))
		if err != nil || got.Height != 9 || got.Width != 7 {
			t.Fatal(got.Shape(), err)
		}
		results[fmt.Sprint(got.Pix)] = true
	}
	if len(results) < 9 { // area is the same with antialias and without
		t.Errorf("%d different images, want 9 or 10", len(results))
	}
}
