package webli

import (
	"image"
	"image/color"
	"testing"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imageprint"
)

func printOf(t testing.TB, encoded []byte) *imageprint.Print {
	t.Helper()
	m, onBlack, err := augment.DecodeTwice(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return imageprint.Of(encoded, m, onBlack)
}

// TestNearDuplicate_ColourSeparatesFigures checks that images which differ in colour only are not
// near duplicates, whereas the same image re-encoded or resized is one.
func TestNearDuplicate_ColourSeparatesFigures(t *testing.T) {
	like := imageprint.Near{Bits: 3, Colour: 5}
	var prints []*imageprint.Print
	for _, tone := range tones {
		prints = append(prints, printOf(t, asPNG(figure(tone, brown, 64))))
	}
	prints = append(prints, printOf(t, asPNG(figure(tones[0], blond, 64))))
	for i, a := range prints {
		for j, b := range prints {
			if got := like.Alike(a, b); got != (i == j) {
				t.Errorf("figures %d and %d alike: %v", i, j, got)
			}
		}
	}
	for _, tone := range tones {
		same := printOf(t, asPNG(figure(tone, brown, 64)))
		if !like.Alike(same, printOf(t, asJPEG(figure(tone, brown, 64), 90))) {
			t.Errorf("tone %v coded again is not found", tone)
		}
		if !like.Alike(same, printOf(t, asPNG(figure(tone, brown, 128)))) {
			t.Errorf("tone %v of twice the size is not found", tone)
		}
	}
}

func TestNearDuplicate_FlagsDiffer(t *testing.T) {
	tricolour := func(colours ...color.NRGBA) *imageprint.Print {
		m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		for i := range 64 * 64 {
			m.Set(i%64, i/64, colours[i%64*3/64])
		}
		return printOf(t, asPNG(m))
	}
	white, green, red := color.NRGBA{255, 255, 255, 255}, color.NRGBA{0, 146, 70, 255}, color.NRGBA{206, 43, 55, 255}
	italy, ireland := tricolour(green, white, red), tricolour(green, white, color.NRGBA{255, 136, 62, 255})
	if (imageprint.Near{Bits: 10, Colour: 5}).Alike(italy, ireland) {
		t.Error("two flags are called one")
	}
}

// TestNearDuplicate_WhiteOnTransparentIsNotBlank compares shapes that differ only in which pixels
// are opaque.
func TestNearDuplicate_WhiteOnTransparentIsNotBlank(t *testing.T) {
	mark := func(ground color.NRGBA, shows func(x, y int) bool) *imageprint.Print {
		m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		for i := range 64 * 64 {
			m.Set(i%64, i/64, ground)
			if shows(i%64, i/64) {
				m.Set(i%64, i/64, color.NRGBA{255, 255, 255, 255})
			}
		}
		return printOf(t, asPNG(m))
	}
	disc := func(x, y int) bool { return (x-32)*(x-32)+(y-32)*(y-32) < 400 }
	bars := func(x, y int) bool { return x/8%2 == 0 }
	nothing := func(x, y int) bool { return false }
	transparent, white, black := color.NRGBA{}, color.NRGBA{255, 255, 255, 255}, color.NRGBA{A: 255}
	near := imageprint.Near{Bits: 6, Colour: 10}
	prints := map[string]*imageprint.Print{
		"a disc": mark(transparent, disc), "bars": mark(transparent, bars), "nothing": mark(transparent, nothing), "white": mark(white, nothing),
	}
	for a, p := range prints {
		for b, q := range prints {
			if got := near.Alike(p, q); got != (a == b) {
				t.Errorf("%s and %s alike: %v", a, b, got)
			}
		}
	}
	if !near.Alike(prints["a disc"], mark(black, disc)) {
		t.Error("a white disc on transparent ground and the same on black are not alike")
	}
	grey := func(ground color.NRGBA) *imageprint.Print {
		m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		for i := range 64 * 64 {
			m.Set(i%64, i/64, ground)
			if disc(i%64, i/64) {
				m.Set(i%64, i/64, color.NRGBA{200, 30, 40, 255})
			}
		}
		return printOf(t, asPNG(m))
	}
	if !near.Alike(grey(transparent), grey(white)) {
		t.Error("a red disc on transparent ground and the same on white are not alike")
	}
}
