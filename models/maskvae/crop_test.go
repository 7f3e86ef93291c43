package maskvae_test

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/tokenize"
)

// TestCrop_EqualsJAX compares with jax.image.resize, whose antialiasing is tf.image.resize's.
func TestCrop_EqualsJAX(t *testing.T) {
	want := modeltest.OpenGolden(t, "testdata/resizing.safetensors")
	for i := range 5 {
		name := fmt.Sprintf("crop%d.", i)
		var box [4]float64
		for j, edge := range tensors.MustCopyFlatData[float32](want.Floats(name + "box")) {
			box[j] = float64(edge)
		}
		got, err := maskvae.Default().Crop(gray(want.Ints(name+"mask")), box)
		if err != nil {
			t.Fatal(err)
		}
		near(t, name, tensors.FromFlatDataAndDimensions(got, 64, 64), want.Floats(name+"resized"), 1e-6)
	}
}

// TestPaste_EqualsPillow compares every pixel.
func TestPaste_EqualsPillow(t *testing.T) {
	want := modeltest.OpenGolden(t, "testdata/resizing.safetensors")
	decoded := tensors.MustCopyFlatData[float32](want.Floats("paste.decoded"))
	for i := range 5 {
		name := fmt.Sprintf("paste%d.", i)
		whole := want.Ints(name + "mask")
		var box [4]int
		for j, edge := range tensors.MustCopyFlatData[int32](want.Ints(name + "loc")) {
			box[j] = int(edge)
		}
		got, err := maskvae.Default().Paste(decoded, box, whole.Shape().Dimensions[0], whole.Shape().Dimensions[1])
		if err != nil {
			t.Fatal(err)
		}
		expected := gray(whole)
		for j := range expected.Pix {
			expected.Pix[j] *= 255
		}
		if !slices.Equal(got.Pix, expected.Pix) {
			t.Errorf("%s: pixels differ", name)
		}
	}
}

func gray(pixels *tensors.Tensor) *image.Gray {
	d := pixels.Shape().Dimensions
	out := image.NewGray(image.Rect(0, 0, d[1], d[0]))
	for i, v := range tensors.MustCopyFlatData[int32](pixels) {
		out.Pix[i] = uint8(v)
	}
	return out
}

// TestCrop_SeesSubImages crops a part of an image whose rows are longer than the part's.
func TestCrop_SeesSubImages(t *testing.T) {
	whole := image.NewGray(image.Rect(0, 0, 30, 20))
	for i := range whole.Pix {
		whole.Pix[i] = uint8(i * 7)
	}
	part := whole.SubImage(image.Rect(5, 3, 25, 18)).(*image.Gray)
	alone := image.NewGray(image.Rect(0, 0, 20, 15))
	for y := range 15 {
		for x := range 20 {
			alone.SetGray(x, y, whole.GrayAt(x+5, y+3))
		}
	}
	box := [4]float64{0.1, 0.2, 0.9, 0.8}
	a, errA := maskvae.Default().Crop(part, box)
	b, errB := maskvae.Default().Crop(alone, box)
	if errA != nil || errB != nil || !slices.Equal(a, b) {
		t.Errorf("a part of an image is cropped otherwise: %v, %v", errA, errB)
	}
}

func TestCropAndPaste_NameWhatIsWrong(t *testing.T) {
	c := maskvae.Default()
	mask := image.NewGray(image.Rect(0, 0, 10, 20))
	for _, x := range []struct {
		box  [4]float64
		want string
	}{
		{[4]float64{0, 0, 1, 1.01}, "edge 3 of the box"},
		{[4]float64{-0.1, 0, 1, 1}, "edge 0 of the box"},
		{[4]float64{0, math.NaN(), 1, 1}, "edge 1 of the box"},
		{[4]float64{0.5, 0, 0.51, 1}, "has no pixel"},
		{[4]float64{0, 0.9, 1, 0.1}, "has no pixel"},
	} {
		if _, err := c.Crop(mask, x.box); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("cropping to %v: %v", x.box, err)
		}
	}
	decoded := make([]float32, 64*64)
	for _, x := range []struct {
		decoded       []float32
		box           [4]int
		height, width int
		want          string
	}{
		{decoded[1:], [4]int{0, 0, 9, 9}, 5, 5, "4095 values, want 64·64"},
		{decoded, [4]int{0, 0, 1024, 9}, 5, 5, "edge 2 of the box"},
		{decoded, [4]int{-1, 0, 10, 9}, 5, 5, "edge 0 of the box"},
		{decoded, [4]int{0, 0, 100, 1023}, 5, 5, "has no pixel"},
		{decoded, [4]int{0, 0, 1023, 1023}, 0, 5, "height 0"},
		{decoded, [4]int{0, 0, 1023, 1023}, 1 << 20, 1 << 20, "want 1 to"},
	} {
		if _, err := c.Paste(x.decoded, x.box, x.height, x.width); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("pasting into %v of %dx%d: %v", x.box, x.height, x.width, err)
		}
	}
}

// TestCodec_MasksAreThoseOfTheRegions draws three regions, of which one has no codes and one no
// pixel, and compares the third with the steps one by one.
func TestCodec_MasksAreThoseOfTheRegions(t *testing.T) {
	codec, err := maskvae.Open(modeltest.Backend(t), "testdata/small.npz")
	if err != nil {
		t.Fatal(err)
	}
	whole := image.NewGray(image.Rect(0, 0, 90, 70))
	for y := range 70 {
		for x := range 90 {
			if y > x/2 {
				whole.Pix[y*90+x] = 255
			}
		}
	}
	edges := [4]float64{0.1, 0.2, 0.95, 0.9}
	region, err := codec.Region(whole, edges, "wedge")
	if err != nil {
		t.Fatal(err)
	}
	crop, err := codec.Config().Crop(whole, edges)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := codec.Encode([][]float32{crop})
	if err != nil {
		t.Fatal(err)
	}
	if region.Box != [4]int{102, 205, 972, 921} || !slices.Equal(region.Mask, codes[0]) || region.Label != "wedge" {
		t.Errorf("region %v, want the codes %v", region, codes)
	}
	box, tiny := region, region
	box.Mask = nil
	tiny.Box = [4]int{0, 0, 3, 1023}
	masks, err := codec.Masks([]tokenize.Region{box, tiny, region}, 70, 90)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := codec.Decode(codes)
	if err != nil {
		t.Fatal(err)
	}
	want, err := codec.Config().Paste(decoded[0], region.Box, 70, 90)
	if err != nil {
		t.Fatal(err)
	}
	empty := make([]uint8, 70*90)
	for i, pixels := range [][]uint8{empty, empty, want.Pix} {
		if !slices.Equal(masks[i].Pix, pixels) {
			t.Errorf("mask %d differs", i)
		}
	}
	region.Mask = region.Mask[1:]
	if _, err := codec.Masks([]tokenize.Region{region}, 70, 90); err == nil || !strings.Contains(err.Error(), "15 codes") {
		t.Errorf("a region of 15 codes: %v", err)
	}
	if _, err := codec.Masks(nil, 70, 0); err == nil || !strings.Contains(err.Error(), "width 0") {
		t.Errorf("an image without width: %v", err)
	}
}
