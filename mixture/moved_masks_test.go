package mixture

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// gridCodec codes whether the mask is at the centres of 4 by 4 cells of the box: 127 or 0.
type gridCodec struct{}

func (gridCodec) Region(mask *image.Gray, edges [4]float64, label string) (r tokenize.Region, err error) {
	h, w := float64(mask.Rect.Dy()), float64(mask.Rect.Dx())
	for i := range tokenize.CodesOfMask {
		y, x := centre(edges, i)
		r.Mask = append(r.Mask, int32(mask.GrayAt(int(x*w), int(y*h)).Y)/2)
	}
	r.Box, err = tokenize.Locate(edges)
	return r, err
}

// centre is that of a cell in a box.
func centre(edges [4]float64, i int) (y, x float64) {
	return edges[0] + (edges[2]-edges[0])*(float64(i/4)+0.5)/4, edges[1] + (edges[3]-edges[1])*(float64(i%4)+0.5)/4
}

func (gridCodec) Masks(regions []tokenize.Region, height, width int) (all []*image.Gray, err error) {
	for _, r := range regions {
		mask, edges := image.NewGray(image.Rect(0, 0, width, height)), r.Fractions()
		for y := range height {
			for x := range width {
				fy, fx := ((float64(y)+0.5)/float64(height)-edges[0])/(edges[2]-edges[0])*4, ((float64(x)+0.5)/float64(width)-edges[1])/(edges[3]-edges[1])*4
				if fy >= 0 && fx >= 0 && fy < 4 && fx < 4 && r.Mask[4*int(fy)+int(fx)] > 0 {
					mask.Pix[mask.PixOffset(x, y)] = 255
				}
			}
		}
		all = append(all, mask)
	}
	return all, nil
}

// shapes is a dataset of white shapes of 4 by 4 cells, each with a box, the codes of its mask, and
// every second with the mask as a bitmap.
func shapes(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shapes")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		for i := range 40 {
			const size = 64
			rng := random.New(uint64(i))
			y0, x0 := rng.IntN(size-43), rng.IntN(size-31)
			m, bitmap := image.NewGray(image.Rect(0, 0, size, size)), image.NewGray(image.Rect(0, 0, 28, 40))
			codes := make([]int32, tokenize.CodesOfMask)
			for cell := range codes {
				if rng.IntN(2) == 0 && cell != 5 {
					continue
				}
				codes[cell] = 127
				for y := cell / 4 * 10; y < cell/4*10+10; y++ {
					for x := cell % 4 * 7; x < cell%4*7+7; x++ {
						m.Pix[m.PixOffset(x0+x, y0+y)], bitmap.Pix[bitmap.PixOffset(x, y)] = 255, 255
					}
				}
			}
			var whole, part bytes.Buffer
			png.Encode(&whole, m)
			png.Encode(&part, bitmap)
			box := shards.Box{Label: "shape", Y0: float32(y0) / size, X0: float32(x0) / size, Y1: float32(y0+40) / size, X1: float32(x0+28) / size}
			if i%2 == 0 {
				box.Mask = part.Bytes()
			}
			r := tokenize.Region{Mask: codes, Label: "shape"}
			var err error
			if r.Box, err = tokenize.Locate([4]float64{float64(box.Y0), float64(box.X0), float64(box.Y1), float64(box.X1)}); err != nil {
				t.Error(err)
			}
			s := shards.Sample{
				Key: fmt.Sprintf("s%02d", i), Split: "train", Boxes: []shards.Box{box},
				Images: []shards.Image{{Bytes: whole.Bytes(), Format: "png", Width: size, Height: size}},
				Texts:  []shards.Text{{Kind: shards.Caption, Language: "en", Value: r.String()}},
			}
			if err := SetMaskCodes(&s, [][]int32{codes}); err != nil {
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

// shapeRecipe is a recipe with the codec.
func shapeRecipe(t *testing.T, data, ops, task string) (Recipe, error) {
	t.Helper()
	registry := Builtin()
	registry.Masks = func(path string) (MaskCodec, error) {
		if !strings.HasSuffix(path, "vae.npz") {
			return nil, fmt.Errorf("%s is no mask VQ-VAE", path)
		}
		return gridCodec{}, nil
	}
	return ParseRecipe(fmt.Appendf(nil, `
data: %q
tokenizer: {model: %q, sentinels: 64, locations: 1024, segments: 128}
images: {ops: %q, eval_ops: "decode|resize(%d)|value_range(-1,1)", mask_codec: vae.npz}
lengths: {encoder: 32, decoder: 32}
batch: 20
tasks: [{name: shapes, weight: 1, %s}]
`, data, model, ops, augmentedSide(t, ops), task), "test.yaml", registry)
}

func augmentedSide(t *testing.T, ops string) int {
	p, err := augment.Parse(ops)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := p.Size()
	return h
}

// TestStream_MasksFollowTheImages checks, for codes of boxes and codes in texts, that the mask
// which the target has is that of the image that the model sees.
func TestStream_MasksFollowTheImages(t *testing.T) {
	data := shapes(t)
	for _, c := range []struct{ ops, task string }{
		{"decode|central_crop(64)|flip_lr|value_range(-1,1)", "kind: segment"},
		{"decode|random_crop(48)|flip_lr|value_range(-1,1)", "kind: segment"},
		{"decode|random_crop(40)|value_range(-1,1)", "kind: segment"},
		{"decode|pad_to_shape(80, where=both)|flip_lr|value_range(-1,1)", "kind: segment"},
		{"decode|random_crop(56)|resize(112, nearest)|flip_lr|value_range(-1,1)", "kind: segment"},
		{"decode|random_crop(48)|flip_lr|value_range(-1,1)", "kind: caption, languages: [en]"},
	} {
		r, err := shapeRecipe(t, data, c.ops, c.task)
		if err != nil {
			t.Fatal(err)
		}
		s := open(t, r, Options{Workers: 2})
		codes, wrong, mirrored := 0, 0, 0
		for step := range 4 {
			b := batch(t, s, step)
			for row, e := range s.Describe(b) {
				found, invalid := tokenize.ParseRegions(e.Target)
				if len(found) != 1 || len(invalid) > 0 || found[0].Mask == nil {
					t.Fatalf("%s, %s: target %q", c.ops, c.task, e.Target)
				}
				m, edges := b.Image(row), found[0].Fractions()
				for i, code := range found[0].Mask {
					y, x := centre(edges, i)
					fy, fx := y*float64(m.Height), x*float64(m.Width)
					if nearEdge(m, fy, fx) {
						continue // rounding of the box to 1024 steps decides
					}
					codes++
					if (m.Pix[3*(int(fy)*m.Width+int(fx))] > 0) != (code > 0) {
						wrong++
					}
				}
				sample, err := s.Dataset(b.Origins[row]).Row(b.Indices[row])
				if err != nil {
					t.Fatal(err)
				}
				if stored, err := MaskCodes(&sample); err != nil || fmt.Sprint(stored[0]) != fmt.Sprint(found[0].Mask) {
					mirrored++
				}
			}
		}
		if wrong > 0 || codes < 500 || mirrored < 20 {
			t.Errorf("%s, %s: %d of %d codes are wrong; %d masks have changed", c.ops, c.task, wrong, codes, mirrored)
		}
		if skipped := s.Skipped(); skipped.Samples > 0 {
			t.Errorf("%s, %s: skipped %+v", c.ops, c.task, skipped)
		}
	}
}

// nearEdge reports whether pixels around a point have several values.
func nearEdge(m augment.Tensor, y, x float64) bool {
	at := func(dy, dx float64) float32 {
		row, column := min(max(int(y+dy), 0), m.Height-1), min(max(int(x+dx), 0), m.Width-1)
		return m.Pix[3*(row*m.Width+column)]
	}
	for _, d := range [][2]float64{{-.2, 0}, {.2, 0}, {0, -.2}, {0, .2}} {
		if at(d[0], d[1]) != at(0, 0) {
			return true
		}
	}
	return false
}

func TestMaskCodec_Problems(t *testing.T) {
	data := shapes(t)
	const flip = "decode|flip_lr|resize(16)|value_range(-1,1)"
	r, err := shapeRecipe(t, data, flip, "kind: segment")
	if err != nil {
		t.Fatal(err)
	}
	r.Images.MaskCodec = "weights.txt"
	if _, err := Open(r, Options{}); err == nil || !strings.Contains(err.Error(), "images.mask_codec: weights.txt is no mask VQ-VAE") {
		t.Errorf("other weights: %v", err)
	}
	r.Registry = Builtin()
	if _, err := Open(r, Options{}); err == nil || !strings.Contains(err.Error(), "this program opens no mask codecs") {
		t.Errorf("a program without codecs: %v", err)
	}
	r.Images.MaskCodec = ""
	if problems := r.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Text, "Name the weights of the mask VQ-VAE in images.mask_codec") {
		t.Errorf("without a codec: %v", problems)
	}
}
