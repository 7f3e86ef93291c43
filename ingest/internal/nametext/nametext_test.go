package nametext

import (
	"fmt"
	"slices"
	"testing"
)

func TestFrom(t *testing.T) {
	for name, want := range map[string]string{
		"red_fire-truck_02.png": "red fire truck", "redFireTruck.JPG": "red fire truck", "RedFireTruck2.png": "red fire truck", "01 - blue  whale (3).webp": "blue whale",
		"NASALogo.png": "NASA logo", "USA_flag.png": "USA flag", "Berlin_Gate.jpeg": "Berlin Gate", "the_number_7_candle.png": "the number 7 candle", "truck02.png": "truck",
		"u2_concert.jpg": "u2 concert", "katze%20und_hund.jpg": "katze und hund", "猫.png": "猫", "Größe.png": "Größe", "cat.final.png": "cat final", "signs_and_symbols": "signs and symbols",
		"IMG_1234.jpg": "", "DSC0001.JPG": "", "DSCN0001.png": "", "PXL_20210503_123456789.MP.jpg": "", "20210503_123456.jpg": "", "0012.png": "", "d41d8cd98f00b204e9800998ecf8427e.png": "",
		"550e8400-e29b-41d4-a716-446655440000.png": "", "n02084071": "", "image (4).png": "", "frame_000123.jpg": "", "a.png": "", "": "", ".png": "", "---.png": "", "\xff\xfe.png": "",
		"a1b2c3d4e5.jpg": "", "untitled.png": "", "deadbeef_castle.png": "deadbeef castle", "beach_d41d8cd98f00b204.png": "beach",
	} {
		if got := Of(name); got != want {
			t.Errorf("NameText(%q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzOf: no name is a crash, and a text is made of letters.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{"red_fire-truck_02.png", "IMG_1234.jpg", "aB1cD2", "(((", "\xff", "猫2.png", "%20%20"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if text := Of(name); text != "" && !slices.ContainsFunc([]rune(text), func(r rune) bool { return r >= 'A' }) {
			t.Errorf("%q became %q", name, text)
		}
	})
}

func ExampleOf() {
	fmt.Println(Of("red_fire-truck_02.png"))
	fmt.Println(Of("wildCats"))
	fmt.Printf("%q\n", Of("IMG_1234.jpg"))
	// Output:
	// red fire truck
	// wild cats
	// ""
}
