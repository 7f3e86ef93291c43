package jpegencode

import (
	"image/color"
	"testing"
)

// TestToYCbCr compares with the conversion of the standard library.
func TestToYCbCr(t *testing.T) {
	for _, c := range [][3]uint8{{0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {12, 200, 77}} {
		got := toYCbCr(c[:], 1, 1).YCbCrAt(0, 0)
		y, cb, cr := color.RGBToYCbCr(c[0], c[1], c[2])
		if got != (color.YCbCr{Y: y, Cb: cb, Cr: cr}) {
			t.Errorf("%v: %v, want %d %d %d", c, got, y, cb, cr)
		}
	}
}
