package contactsheet

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"github.com/pali3/pali3/shards"
)

func TestPage(t *testing.T) {
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 500, 300))); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		_ = yield(shards.Sample{Key: "a", Images: []shards.Image{{Bytes: large.Bytes()}}, Texts: []shards.Text{{Language: "fr", Value: "<b>légende</b>"}}}, nil) &&
			yield(shards.Sample{Key: "b", Split: "train", Texts: []shards.Text{{Value: "only text"}}}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var page strings.Builder
	if err := Write(&page, d, "my data", 10); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"my data", "&lt;b&gt;légende&lt;/b&gt;", "data:image/jpeg;base64,", "256–511", "no image", "no language", "no split", `lang="fr"`} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.String(), "http") {
		t.Error("the page needs the network")
	}
}

// TestWhatIsShown has JPEGs with more EXIF data before the size than readers of the first 512 bytes
// see. Cameras write that.
func TestWhatIsShown(t *testing.T) {
	for _, side := range []int{16, 500} { // shown as it is, and made smaller
		var asJPEG, asBMP bytes.Buffer
		m := image.NewGray(image.Rect(0, 0, side, side))
		if err := errors.Join(jpeg.Encode(&asJPEG, m, nil), bmp.Encode(&asBMP, m)); err != nil {
			t.Fatal(err)
		}
		exif := append([]byte("\xff\xe1\x0f\xa0Exif\x00\x00"), make([]byte, 4000-8)...)
		behindEXIF := append(append(asJPEG.Bytes()[:2:2], exif...), asJPEG.Bytes()[2:]...)
		page, err := os.ReadFile("../../ingest/internal/frames/testdata/pages.tiff")
		if err != nil {
			t.Fatal(err)
		}
		if got := thumbnailOf(page); !strings.HasPrefix(string(got), "data:image/jpeg;base64,") {
			t.Errorf("TIFF is shown as %.40s, which browsers do not know", got)
		}
		for name, encoded := range map[string][]byte{"jpeg": asJPEG.Bytes(), "jpeg behind EXIF": behindEXIF, "bmp": asBMP.Bytes()} {
			if got := thumbnailOf(encoded); !strings.HasPrefix(string(got), "data:image/") {
				t.Errorf("%s of %d pixels is not shown", name, side)
			}
		}
	}
	encoded, err := os.ReadFile("../../augment/testdata/images/animated.webp")
	if err != nil {
		t.Fatal(err)
	}
	padded := append(encoded, make([]byte, 32<<10)...) // too large to be shown as it is
	if got := thumbnailOf(padded); !strings.HasPrefix(string(got), "data:image/jpeg;base64,") {
		t.Errorf("an animated WebP is shown as %.40s", got)
	}
	if thumbnailOf([]byte("GIF89a")) != "" {
		t.Error("a picture without an end is shown")
	}
}

func TestBarsHaveNoGap(t *testing.T) {
	got := powers(map[int]int64{1: 1, 4: 300})
	want := []bar{{Label: "1", Count: 1, Percent: 1}, {Label: "2–3"}, {Label: "4–7"}, {Label: "8–15", Count: 300, Percent: 100}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(powers(nil)) > 0 {
		t.Error("bars of nothing")
	}
}
