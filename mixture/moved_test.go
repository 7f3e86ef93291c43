package mixture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// spots writes samples with a white rectangle each, whose box has the label spot, codes of a mask,
// and a caption that names its place.
func spots(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spots")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i := range 40 {
			const size = 64
			x0, y0 := 3*i%40, 5*i%40
			m := image.NewGray(image.Rect(0, 0, size, size))
			for y := y0; y < y0+20; y++ {
				for x := x0; x < x0+16; x++ {
					m.SetGray(x, y, color.Gray{Y: 255})
				}
			}
			var b bytes.Buffer
			png.Encode(&b, m)
			box := shards.Box{Label: "spot", Y0: float32(y0) / size, X0: float32(x0) / size, Y1: float32(y0+20) / size, X1: float32(x0+16) / size}
			at, err := tokenize.Locate([4]float64{float64(box.Y0), float64(box.X0), float64(box.Y1), float64(box.X1)})
			if err != nil {
				t.Error(err)
			}
			s := shards.Sample{
				Key: fmt.Sprintf("s%02d", i), Split: "train",
				Images: []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: size, Height: size}},
				Texts:  []shards.Text{{Kind: shards.Caption, Language: "en", Value: tokenize.Region{Box: at, Label: "spot"}.String()}},
				Boxes:  []shards.Box{box},
			}
			if err := SetMaskCodes(&s, [][]int32{make([]int32, tokenize.CodesOfMask)}); err != nil {
				t.Error(err)
			}
			if !yield(s, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spotRecipe is a recipe of one task over spots.
func spotRecipe(t *testing.T, data, ops, task string) Recipe {
	t.Helper()
	text := fmt.Sprintf(`
data: %q
tokenizer: {model: %q, sentinels: 64, locations: 1024, segments: 128}
images: {ops: %q, eval_ops: "decode|resize(16)|value_range(-1,1)"}
lengths: {encoder: 32, decoder: 32}
batch: 20
tasks: [{name: spots, weight: 1, %s}]
`, data, model, ops, task)
	r, err := ParseRecipe([]byte(text), "test.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// contrastIn returns the mean of the pixels within a box, in parts of the image, and outside it,
// without the pixels near the edge.
func contrastIn(m augment.Tensor, edges [4]float64) (inside, outside float64, enough bool) {
	var sums, counts [2]float64
	for y := range m.Height {
		for x := range m.Width {
			fy, fx := (float64(y)+0.5)/float64(m.Height), (float64(x)+0.5)/float64(m.Width)
			margin := 1.5 / float64(m.Width)
			v := float64(m.Pix[3*(y*m.Width+x)])
			switch {
			case fy > edges[0]+margin && fy < edges[2]-margin && fx > edges[1]+margin && fx < edges[3]-margin:
				sums[0], counts[0] = sums[0]+v, counts[0]+1
			case fy < edges[0]-margin || fy > edges[2]+margin || fx < edges[1]-margin || fx > edges[3]+margin:
				sums[1], counts[1] = sums[1]+v, counts[1]+1
			}
		}
	}
	return sums[0] / counts[0], sums[1] / counts[1], counts[0] > 0 && counts[1] > 0
}

// TestStream_BoxesFollowTheImages checks, for each kind that writes places, that the place which
// the target names is white in the image that the model sees.
func TestStream_BoxesFollowTheImages(t *testing.T) {
	data := spots(t)
	const crop, flip = "decode|random_crop(40)|resize(16)|value_range(-1,1)", "decode|flip_lr|inception_crop(16, area_min=30)|value_range(-1,1)"
	for _, c := range []struct{ ops, task string }{
		{crop, "kind: detect"}, {flip, "kind: detect"}, {crop, "kind: segment"},
		{crop, "kind: caption, languages: [en]"}, {flip, "kind: caption, languages: [en]"},
		{"decode|central_crop(48)|resize(16)|value_range(-1,1)", "kind: detect"},
	} {
		r := spotRecipe(t, data, c.ops, c.task)
		s := open(t, r, Options{Workers: 2})
		unseen := open(t, r, Options{NoPixels: true})
		places := map[string]bool{}
		for step := range 4 {
			b := batch(t, s, step)
			described := s.Describe(b)
			for row, e := range described {
				found, invalid := tokenize.ParseRegions(e.Target)
				if len(found) != 1 || len(invalid) > 0 || found[0].Label != "spot" {
					t.Fatalf("%s, %s: target %q", c.ops, c.task, e.Target)
				}
				edges := found[0].Fractions()
				in, out, enough := contrastIn(b.Image(row), edges)
				if enough && (in < 0.8 || out > -0.8) {
					t.Errorf("%s, %s: %s is at %v: %.2f inside, %.2f outside", c.ops, c.task, e.Key, edges, in, out)
				}
				places[e.Target] = true
			}
			without := batch(t, unseen, step)
			for row, e := range unseen.Describe(without) {
				if want := described[row]; e.Target != want.Target || e.Key != want.Key {
					t.Errorf("%s, %s: without pixels the target is %q of %s, with them %q of %s", c.ops, c.task, e.Target, e.Key, want.Target, want.Key)
				}
			}
		}
		if len(places) < 8 {
			t.Errorf("%s, %s: only %d places", c.ops, c.task, len(places))
		}
	}
}

func TestStream_MasksThatAreCutAreNotAskedFor(t *testing.T) {
	r := spotRecipe(t, spots(t), "decode|random_crop(38)|resize(16)|value_range(-1,1)", "kind: segment")
	r.Images.MinBoxPart = 0.01
	s := open(t, r, Options{})
	for step := range 4 {
		for _, e := range s.Describe(batch(t, s, step)) {
			found, _ := tokenize.ParseRegions(e.Target)
			if len(found) != 1 || len(found[0].Mask) != tokenize.CodesOfMask {
				t.Fatalf("target %q", e.Target)
			}
			at := found[0].Fractions() // 20 by 16 pixels of 38
			if h, w := (at[2]-at[0])*38, (at[3]-at[1])*38; h < 19.9 || h > 20.1 || w < 15.9 || w > 16.1 {
				t.Errorf("%s: a mask of %.2f by %.2f pixels of 20 by 16 has its codes", e.Key, h, w)
			}
		}
	}
}

func TestLocationMover_FollowsOrSaysWhyNot(t *testing.T) {
	boxed, err := shards.Open(spots(t))
	if err != nil {
		t.Fatal(err)
	}
	defer boxed.Close()
	row, err := boxed.Row(0)
	if err != nil {
		t.Fatal(err)
	}
	geometry := func(ops string) augment.Geometry {
		_, g, err := augment.MustParse(ops).ApplyWithGeometry(row.Images[0].Bytes, nil)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	m := locationMover{geometry: geometry("decode|central_crop(32)"), least: 0.3} // the middle half
	mask := strings.Repeat("<seg001>", tokenize.CodesOfMask)
	for _, c := range []struct{ text, want, says string }{
		{"a cat", "a cat", ""},
		{"", "", ""},
		{"<loc0256><loc0256><loc0767><loc0767> cat", "<loc0000><loc0000><loc1022><loc1022> cat", ""},
		{"<loc0512><loc0512><loc0767><loc0767>" + mask + " cat", "<loc0512><loc0512><loc1022><loc1022>" + mask + " cat", ""},
		{"<loc0256><loc0256><loc0767><loc0767> cat ; <loc0000><loc0000><loc0100><loc0100> dog", "<loc0000><loc0000><loc1022><loc1022> cat", ""},
		{"the cat <loc0512><loc0512><loc0767><loc0767> sleeps", "the cat <loc0512><loc0512><loc1022><loc1022> sleeps", ""},
		{"<loc0000><loc0000><loc0100><loc0100> dog", "", "no region is left by the image ops"},
		{"the dog <loc0000><loc0000><loc0100><loc0100> left", "", "leave too little of it"},
		{"<loc0000><loc0000><loc0767><loc0767>" + mask + " cat", "", "the codes of its mask cannot follow"},
		{"a point <loc0512><loc0512>", "", "is no box, so it cannot follow"},
		{"<loc0512><loc0512><loc0100><loc0100> cat", "", "is no box, so it cannot follow"},
	} {
		got, _, err := m.target(c.text)
		if c.says == "" && (err != nil || got != c.want) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q becomes %q, %v; want %q %q", c.text, got, err, c.want, c.says)
		}
	}
}

func TestStream_CountsBoxesThatAreLost(t *testing.T) {
	data := filepath.Join(t.TempDir(), "two")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		var b bytes.Buffer
		png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40)))
		yield(shards.Sample{
			Key: "two", Split: "train", Images: []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: 40, Height: 40}},
			Boxes: []shards.Box{{Label: "middle", Y0: 0.25, X0: 0.25, Y1: 0.75, X1: 0.75}, {Label: "edge", Y0: 0, X0: 0, Y1: 0.1, X1: 1}},
		}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	s := open(t, spotRecipe(t, data, "decode|central_crop(20)|resize(16)|value_range(-1,1)", "kind: detect"), Options{})
	for _, e := range s.Describe(batch(t, s, 0)) {
		if e.Target != "<loc0000><loc0000><loc1023><loc1023> middle" {
			t.Errorf("target %q", e.Target)
		}
	}
	if all := s.LeftOut(); len(all) != 1 || all[0].Count != 20 || all[0].What != lostBoxes {
		t.Errorf("left out are %v, want a box of each of 20 examples", all)
	}
}

func TestStream_NamesSamplesWithoutAnyBoxLeft(t *testing.T) {
	s := open(t, spotRecipe(t, spots(t), "decode|central_crop(20)|resize(16)|value_range(-1,1)", "kind: detect"), Options{})
	batch(t, s, 0)
	for _, why := range s.Skipped().Reasons {
		if !strings.Contains(why.Reason, "no box is left by the image ops: of each of the 1 less than 0.3 is seen") {
			t.Error(why.Reason)
		}
	}
	if s.Skipped().Samples == 0 {
		t.Error("no sample is skipped")
	}
}

func TestStream_DrawsTheBoxesOfSamples(t *testing.T) {
	data := spots(t)
	for _, ops := range []string{"decode|draw_bbox(width=4)|resize(16)|value_range(-1,1)", "decode|random_crop(60)|draw_bbox(width=4)|resize(16)|value_range(-1,1)"} {
		s := open(t, spotRecipe(t, data, ops, "kind: caption, languages: [en]"), Options{})
		b := batch(t, s, 0)
		for row, e := range s.Describe(b) {
			found, _ := tokenize.ParseRegions(e.Target)
			edges, m := found[0].Fractions(), b.Image(row)
			y, x := int((edges[0]+edges[2])/2*float64(m.Height)), int(edges[1]*float64(m.Width)+0.5)
			if at := m.Pix[3*(y*m.Width+min(x, m.Width-1)):]; at[0]-at[1] < 0.5 {
				t.Errorf("%s: %s has %v at the left edge of its box, want red", ops, e.Key, at[:3])
			}
		}
	}
}
