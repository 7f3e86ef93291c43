package frames

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/imagefile"
)

// Frames are those that Pillow shows; parity/ingest_frames.py made the files.
func TestSplit_AgreesWithPillow(t *testing.T) {
	wants, err := filepath.Glob("testdata/*.want.png")
	if err != nil || len(wants) < 5 {
		t.Fatalf("%d files, %v", len(wants), err)
	}
	for _, want := range wants {
		name := strings.TrimSuffix(want, ".want.png")
		encoded, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		strip := decode(t, want)
		frames, err := Split(encoded, 100)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		width := strip.Bounds().Dx() / len(frames)
		for i, frame := range frames {
			m, err := png.Decode(bytes.NewReader(frame))
			if err != nil {
				t.Fatal(err)
			}
			if d := difference(m, strip, i*width); d > 0 || m.Bounds().Dx() != 16 {
				t.Errorf("%s: frame %d of %d differs by %.2f in the mean", name, i, len(frames), d)
			}
		}
	}
}

// TestSplit_Pages has pages of three sizes, stored turned; parity/ingest_frames.py made the file.
func TestSplit_Pages(t *testing.T) {
	encoded, err := os.ReadFile("testdata/pages.tiff")
	if err != nil {
		t.Fatal(err)
	}
	type page struct {
		size        image.Point
		first, last color.NRGBA
	}
	want := []page{
		{image.Pt(10, 20), color.NRGBA{0, 255, 0, 255}, color.NRGBA{255, 0, 0, 255}},
		{image.Pt(9, 7), color.NRGBA{128, 128, 128, 255}, color.NRGBA{128, 128, 128, 255}},
		{image.Pt(6, 5), color.NRGBA{0, 0, 255, 255}, color.NRGBA{0, 0, 255, 255}},
	}
	for limit, wanted := range map[int][]page{1: want[:1], 2: want[:2], 3: want, 100: want} {
		pages, err := Split(encoded, limit)
		if err != nil || len(pages) != len(wanted) {
			t.Fatalf("limit %d: %d pages, %v", limit, len(pages), err)
		}
		for i, encoded := range pages {
			m, err := png.Decode(bytes.NewReader(encoded))
			if err != nil {
				t.Fatal(err)
			}
			last := m.Bounds().Max.Sub(image.Pt(1, 1))
			got := page{m.Bounds().Size(), color.NRGBAModel.Convert(m.At(0, 0)).(color.NRGBA), color.NRGBAModel.Convert(m.At(last.X, last.Y)).(color.NRGBA)}
			if got != wanted[i] {
				t.Errorf("limit %d, page %d: %+v, want %+v", limit, i, got, wanted[i])
			}
		}
	}
	if _, err := Split(encoded[:len(encoded)-100], 3); !errors.Is(err, imagefile.ErrTruncated) {
		t.Errorf("a file without its last page: %v", err)
	}
}

func decode(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// difference is the mean difference of a frame's samples from the strip's; of transparent pixels
// the alpha alone counts.
func difference(m, strip image.Image, left int) float64 {
	sum, n := 0, 0
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			a, b := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(strip.At(left+x, y)).(color.NRGBA)
			n += 4
			if a.A == 0 && b.A == 0 {
				continue
			}
			for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
				sum += max(d, -d)
			}
		}
	}
	return float64(sum) / float64(n)
}

// Disposal is as browsers have it: what is cleared becomes transparent, whatever the background
// colour.
func TestSplit_Disposals(t *testing.T) {
	palette := color.Palette{color.NRGBA{}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}}
	paint := func(r image.Rectangle, c uint8) *image.Paletted {
		m := image.NewPaletted(r, palette)
		for i := range m.Pix {
			m.Pix[i] = c
		}
		return m
	}
	for _, c := range []struct {
		disposal byte
		want     string // of the third frame, pixel by pixel
	}{{gif.DisposalNone, "rggr"}, {gif.DisposalBackground, "r..r"}, {gif.DisposalPrevious, "rrrr"}} {
		var b bytes.Buffer
		err := gif.EncodeAll(&b, &gif.GIF{
			Image:    []*image.Paletted{paint(image.Rect(0, 0, 4, 1), 1), paint(image.Rect(1, 0, 3, 1), 2), paint(image.Rect(0, 0, 1, 1), 0)},
			Delay:    []int{1, 1, 1},
			Disposal: []byte{gif.DisposalNone, c.disposal, gif.DisposalNone},
			Config:   image.Config{ColorModel: palette, Width: 4, Height: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		frames, err := Split(b.Bytes(), 9)
		if err != nil || len(frames) != 3 {
			t.Fatalf("%d frames, %v", len(frames), err)
		}
		m, err := png.Decode(bytes.NewReader(frames[2]))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for x := range 4 {
			switch color.NRGBAModel.Convert(m.At(x, 0)).(color.NRGBA) {
			case color.NRGBA{255, 0, 0, 255}:
				got += "r"
			case color.NRGBA{0, 255, 0, 255}:
				got += "g"
			default:
				got += "."
			}
		}
		if got != c.want {
			t.Errorf("disposal %d: %s, want %s", c.disposal, got, c.want)
		}
	}
}

func TestSplit_Limit(t *testing.T) {
	encoded, err := os.ReadFile("testdata/keep.gif")
	if err != nil {
		t.Fatal(err)
	}
	all, _ := Split(encoded, 100)
	two, err := Split(encoded, 2)
	if err != nil || len(two) != 2 || !bytes.Equal(two[0], all[0]) || !bytes.Equal(two[1], all[len(all)/2]) {
		t.Errorf("%d of %d frames, %v", len(two), len(all), err)
	}
	if _, err := Split(encoded, 0); err == nil {
		t.Error("no frames were taken")
	}
}

func TestSplit_KeepsStillImages(t *testing.T) {
	for _, still := range []string{"\xff\xd8\xff", "BM", "", "testdata/keep.gif.want.png"} {
		encoded := []byte(still)
		if strings.HasSuffix(still, ".png") {
			encoded, _ = os.ReadFile(still)
		}
		if got, err := Split(encoded, 9); err != nil || len(got) != 1 || !bytes.Equal(got[0], encoded) {
			t.Errorf("%.20q: %d frames, %v", still, len(got), err)
		}
	}
}

// TestSplit_GrowsTheScreenOfAGIF takes a file whose header says 0 x 0, as some makers write.
func TestSplit_GrowsGIFScreen(t *testing.T) {
	encoded, err := os.ReadFile("testdata/keep.gif")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Split(encoded, 3)
	if err != nil {
		t.Fatal(err)
	}
	copy(encoded[6:10], []byte{0, 0, 0, 0})
	got, err := Split(encoded, 3)
	if err != nil || len(got) != len(want) || !bytes.Equal(got[0], want[0]) {
		t.Errorf("%d frames of %d, %v", len(got), len(want), err)
	}
}

func FuzzSplit(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*")
	for _, path := range paths {
		if content, err := os.ReadFile(path); err == nil {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		if len(encoded) > 1<<16 || tooLarge(encoded) {
			return
		}
		frames, err := Split(encoded, 3)
		if err == nil && (len(frames) == 0 || len(frames) > 3) {
			t.Errorf("%d frames", len(frames))
		}
	})
}

// tooLarge leaves out canvases that would only make the fuzzer slow.
func tooLarge(encoded []byte) bool {
	for _, read := range []func([]byte) (*animation, error){readAPNG, func(b []byte) (*animation, error) {
		if len(b) < 12 {
			return nil, nil
		}
		return readWebP(b)
	}} {
		if len(encoded) < 12 {
			return false
		}
		if a, _ := read(encoded); a != nil && a.width*a.height > 1<<20 {
			return true
		}
	}
	return len(encoded) > 10 && bytes.HasPrefix(encoded, []byte("GIF8")) && gifTooLarge(encoded)
}

func gifTooLarge(encoded []byte) bool {
	if len(encoded) < 13 {
		return false
	}
	_, width, height := gifFrames(encoded)
	return width > 2048 || height > 2048
}
