package ingest

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestNameText(t *testing.T) {
	for name, want := range map[string]string{
		"red_fire-truck_02.png": "red fire truck", "redFireTruck.JPG": "red fire truck", "RedFireTruck2.png": "red fire truck", "01 - blue  whale (3).webp": "blue whale",
		"NASALogo.png": "NASA logo", "USA_flag.png": "USA flag", "Berlin_Gate.jpeg": "Berlin Gate", "the_number_7_candle.png": "the number 7 candle", "truck02.png": "truck",
		"u2_concert.jpg": "u2 concert", "katze%20und_hund.jpg": "katze und hund", "猫.png": "猫", "Größe.png": "Größe", "cat.final.png": "cat final", "signs_and_symbols": "signs and symbols",
		"IMG_1234.jpg": "", "DSC0001.JPG": "", "DSCN0001.png": "", "PXL_20210503_123456789.MP.jpg": "", "20210503_123456.jpg": "", "0012.png": "", "d41d8cd98f00b204e9800998ecf8427e.png": "",
		"550e8400-e29b-41d4-a716-446655440000.png": "", "n02084071": "", "image (4).png": "", "frame_000123.jpg": "", "a.png": "", "": "", ".png": "", "---.png": "", "\xff\xfe.png": "",
		"a1b2c3d4e5.jpg": "", "untitled.png": "", "deadbeef_castle.png": "deadbeef castle", "beach_d41d8cd98f00b204.png": "beach",
	} {
		if got := NameText(name); got != want {
			t.Errorf("NameText(%q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzNameText: no name is a crash, and a text is made of letters.
func FuzzNameText(f *testing.F) {
	for _, seed := range []string{"red_fire-truck_02.png", "IMG_1234.jpg", "aB1cD2", "(((", "\xff", "猫2.png", "%20%20"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if text := NameText(name); text != "" && !slices.ContainsFunc([]rune(text), func(r rune) bool { return r >= 'A' }) {
			t.Errorf("%q became %q", name, text)
		}
	})
}

func TestFolder_MakesTextsOfNames(t *testing.T) {
	dir := put(t, filepath.Join(t.TempDir(), "my animals"), map[string]string{"red_dog_01.png": string(tiny(1)), "IMG_1.png": string(tiny(2)), "wildCats/lion2.png": string(tiny(3)),
		"wildCats/lion2.txt": "a lion", "wildCats/tiger.png": string(tiny(4)), "train/x.png": string(tiny(5))})
	for _, c := range []struct {
		from        string
		all, labels bool
		want        map[string][]string
		left        int64
	}{
		{FromFilename, false, false, map[string][]string{"red_dog_01.png": {"red dog"}, "IMG_1.png": nil, "wildCats/lion2.png": {"a lion"}, "wildCats/tiger.png": {"tiger"}, "train/x.png": nil}, 2},
		{FromFilename, true, false, map[string][]string{"red_dog_01.png": {"red dog"}, "IMG_1.png": nil, "wildCats/lion2.png": {"a lion", "lion"}, "wildCats/tiger.png": {"tiger"}, "train/x.png": nil}, 2},
		{FromFolder, false, false, map[string][]string{"red_dog_01.png": {"my animals"}, "IMG_1.png": {"my animals"}, "wildCats/lion2.png": {"a lion"}, "wildCats/tiger.png": {"wild cats"}, "train/x.png": nil}, 1},
		{FromFilename, false, true, map[string][]string{"red_dog_01.png": {"red dog"}, "IMG_1.png": nil, "wildCats/lion2.png": {"a lion", "wildCats"}, "wildCats/tiger.png": {"tiger", "wildCats"}, "train/x.png": {"train"}}, 2},
	} {
		source, err := NewFolder(dir, "en")
		if err != nil {
			t.Fatal(err)
		}
		source.TextFrom, source.TextFromAll, source.Labels = c.from, c.all, c.labels
		samples, stat, _ := rows(t, source, err)
		if stat.Rows != 5 || stat.LeftOut[shards.LeftText] != c.left {
			t.Errorf("%s: %+v", c.from, stat)
		}
		for key, want := range c.want {
			if got := values(samples[key]); !slices.Equal(got, want) {
				t.Errorf("%s %v: %s: %q, want %q", c.from, c.all, key, got, want)
			}
			for _, text := range samples[key].Texts {
				if text.Language != "en" {
					t.Errorf("%s: %+v", key, text)
				}
			}
		}
	}
}

func TestTable_MakesTextsOfNames(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, images(1))
	put(t, dir, map[string]string{"old boats/sail_boat-3.png": string(tiny(7)), "t.csv": "file,caption\nold boats/sail_boat-3.png,\nimg/0.png,\nimg/0.png,a text\n"})
	table := Table{File: filepath.Join(dir, "t.csv"), Columns: Columns{Image: "file", Text: "caption"}, TextFrom: FromFilename}
	got, left := told(t, dir, table)
	expect(t, got, "old boats/sail_boat-3.png | sail boat", "img/0.png", "img/0.png#3 | a text")
	if !slices.Contains(left, "text img/0.png (its file's name says nothing)") {
		t.Errorf("%q", left)
	}
	table.TextFrom = FromFolder
	got, _ = told(t, dir, table)
	expect(t, got, "old boats/sail_boat-3.png | old boats", "img/0.png", "img/0.png#3 | a text")
}

func ExampleNameText() {
	fmt.Println(NameText("red_fire-truck_02.png"))
	fmt.Println(NameText("wildCats"))
	fmt.Printf("%q\n", NameText("IMG_1234.jpg"))
	// Output:
	// red fire truck
	// wild cats
	// ""
}
