package shards

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// maskOf returns the PNG of a mask in which every pixel is white, except the first.
func maskOf(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	m.SetGray(0, 0, color.Gray{})
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWholeMask_PlacesTheMaskWhereItsBoxIs(t *testing.T) {
	for _, side := range []int{7, 33, 100, 333, 1021, 4096} {
		for from := range 5 {
			to := side - 1 - from%2
			// Edges on pixels become fractions in float32, and must come back as these pixels.
			b := Box{Label: "cat", Y0: float32(from) / float32(side), X0: float32(float64(from+1) / float64(side)),
				Y1: float32(float64(to) / float64(side)), X1: 1, Mask: maskOf(t, side-from-1, to-from)}
			whole, err := b.WholeMask(side, side)
			if err != nil {
				t.Fatalf("side %d, from %d: %v", side, from, err)
			}
			inside := 0
			for y := range side {
				for x := range side {
					if whole.GrayAt(x, y).Y == 255 {
						inside++
						if !image.Pt(x, y).In(image.Rect(from+1, from, side, to)) {
							t.Fatalf("side %d: pixel %d,%d is outside the box", side, x, y)
						}
					}
				}
			}
			if want := (side-from-1)*(to-from) - 1; inside != want {
				t.Errorf("side %d: %d pixels inside, want %d", side, inside, want)
			}
		}
	}
	b := Box{Y0: 0.11, X0: 0.5, Y1: 0.29, X1: 0.66, Mask: maskOf(t, 2, 2)} // parts of pixels count
	if whole, err := b.WholeMask(10, 10); err != nil || whole.GrayAt(5, 1).Y != 0 || whole.GrayAt(6, 2).Y != 255 {
		t.Errorf("%v", err)
	}
}

func TestWholeMask_Refuses(t *testing.T) {
	good := Box{Label: "cat", Y1: 1, X1: 1, Mask: maskOf(t, 4, 4)}
	for want, change := range map[string]func(b *Box) (height, width int){
		"has no mask":                         func(b *Box) (int, int) { b.Mask = nil; return 4, 4 },
		"has 4x4 pixels, and the box touches": func(b *Box) (int, int) { return 5, 4 },
		"height 0":                            func(b *Box) (int, int) { return 0, 4 },
		"width 1073741824":                    func(b *Box) (int, int) { return 4, 1 << 30 },
		"not a fraction":                      func(b *Box) (int, int) { b.X1 = 1.5; return 4, 4 },
		"has no pixel":                        func(b *Box) (int, int) { b.X1 = 0; return 4, 4 },
		"format":                              func(b *Box) (int, int) { b.Mask = []byte("no PNG at all"); return 4, 4 },
		"unexpected EOF":                      func(b *Box) (int, int) { b.Mask = b.Mask[:len(b.Mask)-20]; return 4, 4 },
	} {
		b := good
		height, width := change(&b)
		if _, err := b.WholeMask(height, width); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
