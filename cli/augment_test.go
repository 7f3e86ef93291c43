package cli

import (
	"image"
	"image/color"
	"testing"

	"github.com/pali3/pali3/augment"
)

func TestAugmented_SheetSeparatesViews(t *testing.T) {
	white := &augment.Image{Height: 2, Width: 3, Pix: []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}}
	view := &augmentedView{Height: 2, Width: 3, shown: white}
	alone := (&augmented{Views: []*augmentedView{view}}).sheet()
	if alone.Bounds() != image.Rect(0, 0, 3, 2) {
		t.Errorf("one view: %v", alone.Bounds())
	}
	sheet := (&augmented{Views: []*augmentedView{view, view, view}}).sheet()
	if sheet.Bounds() != image.Rect(0, 0, 3+gap+3, 2+gap+2) {
		t.Errorf("three views: %v", sheet.Bounds())
	}
	for at, want := range map[image.Point]uint8{{X: 2, Y: 1}: 255, {X: 3, Y: 0}: 0x80, {X: 3 + gap, Y: 0}: 255, {X: 0, Y: 2}: 0x80, {X: 0, Y: 2 + gap}: 255, {X: 5 + gap, Y: 3 + gap}: 0x80} {
		if got := color.GrayModel.Convert(sheet.At(at.X, at.Y)).(color.Gray).Y; got != want {
			t.Errorf("pixel %v is %d, want %d", at, got, want)
		}
	}
}
