package regionimage

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"

	"golang.org/x/image/draw"
)

// disc is a mask with a filled circle in the middle of a box.
func disc(size image.Point, box image.Rectangle) *image.Gray {
	mask := image.NewGray(image.Rectangle{Max: size})
	c, r := box.Min.Add(box.Max).Div(2), min(box.Dx(), box.Dy())/2
	for y := range size.Y {
		for x := range size.X {
			if d := image.Pt(x, y).Sub(c); d.X*d.X+d.Y*d.Y < r*r {
				mask.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return mask
}

func TestDraw_MarksRegions(t *testing.T) {
	m := image.NewRGBA(image.Rect(10, 10, 330, 250))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{90, 100, 110, 255}), image.Point{}, draw.Src)
	first, second := image.Rect(30, 40, 150, 200), image.Rect(250, 180, 320, 240)
	out := Draw(m, []Region{
		{Box: first, Label: "cat", Mask: disc(image.Pt(320, 240), first)},
		{Box: second, Label: "a traffic light far from here"},
	})
	if path := os.Getenv("PALI3_DRAWN"); path != "" { // to look at
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := png.Encode(file, out); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		x, y int
		want color.RGBA
	}{
		{0, 0, color.RGBA{90, 100, 110, 255}}, {149, 199, colours[0]}, {30, 100, colours[0]}, {319, 200, colours[1]}, {300, 239, colours[1]},
		{40, 190, color.RGBA{90, 100, 110, 255}},
	} {
		if got := out.RGBAAt(c.x, c.y); got != c.want {
			t.Errorf("pixel %d,%d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
	if in := out.RGBAAt(90, 120); in == (color.RGBA{90, 100, 110, 255}) || in == colours[0] {
		t.Errorf("a pixel of the mask is %v, want a tint", in)
	}
	if m.RGBAAt(100, 110) != (color.RGBA{90, 100, 110, 255}) {
		t.Error("the image itself was changed")
	}
	// Boxes and labels larger than the image.
	Draw(image.NewRGBA(image.Rect(0, 0, 1, 1)), []Region{{Box: image.Rect(0, 0, 1, 1), Label: "猫 " + string(make([]rune, 500))}})
}

func TestPixels_HasAPixelInTheImage(t *testing.T) {
	for _, c := range []struct {
		edges [4]float64
		want  image.Rectangle
	}{
		{[4]float64{0, 0, 1, 1}, image.Rect(0, 0, 200, 100)},
		{[4]float64{0.25, 0.5, 0.75, 0.875}, image.Rect(100, 25, 175, 75)},
		{[4]float64{0.999, 0.999, 1, 1}, image.Rect(199, 99, 200, 100)},
		{[4]float64{0.5, 0.5, 0.5001, 0.5001}, image.Rect(100, 50, 101, 51)},
	} {
		if got := Pixels(c.edges, 100, 200); got != c.want {
			t.Errorf("%v: %v, want %v", c.edges, got, c.want)
		}
	}
}

func TestEncode_CountsColumns(t *testing.T) {
	mask := image.NewGray(image.Rect(0, 0, 3, 2))
	mask.Pix = []uint8{255, 0, 0, 0, 255, 0} // columns: 1 0, 0 1, 0 0
	r := Encode(mask)
	if r.Size != [2]int{2, 3} || !slices.Equal(r.Counts, []int{0, 1, 2, 1, 2}) {
		t.Errorf("%v", r)
	}
	if r := Encode(image.NewGray(image.Rect(0, 0, 3, 2))); !slices.Equal(r.Counts, []int{6}) {
		t.Errorf("an empty mask is %v", r)
	}
}

func TestDraw_EnlargesSmallImages(t *testing.T) {
	box := image.Rect(10, 20, 30, 40)
	out := Draw(image.NewGray(image.Rect(0, 0, 48, 64)), []Region{{Box: box, Mask: disc(image.Pt(48, 64), box)}})
	if out.Rect != image.Rect(0, 0, 4*48, 4*64) {
		t.Fatalf("drew %v", out.Rect)
	}
	if got := out.RGBAAt(119, 159); got != colours[0] {
		t.Errorf("the corner of the box is %v", got)
	}
	if got := out.RGBAAt(80, 120); got == (color.RGBA{A: 255}) || got == colours[0] {
		t.Errorf("a pixel of the mask is %v, want a tint", got)
	}
}
