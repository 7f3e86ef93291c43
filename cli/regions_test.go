package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// answered is an image of 200 by 100 pixels and what a model said of it.
func answered(t *testing.T, path, text string) (readImage, *imageAnswer) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 200, 100))
	for i := range m.Pix {
		m.Pix[i] = 200
	}
	m.Set(0, 0, color.White)
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, m); err != nil {
		t.Fatal(err)
	}
	read, err := shards.NewImage(encoded.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return readImage{path: path, image: read, reply: evalsuite.Reply{Text: text, LogProbability: -1.5}}, &imageAnswer{Image: path, Text: text}
}

func decodePNG(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestShowBoxes_PrintsPixelsInBothForms(t *testing.T) {
	files, err := newRegionFiles(filepath.Join(t.TempDir(), "new", "folder"))
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{
		"paligemma": "<loc0000><loc0512><loc0512><loc1023> cat ; <loc0256><loc0000><loc1023><loc0256> red dog",
		"pali":      "0 500 500 999 cat 250 0 999 250 red dog",
	} {
		one, answer := answered(t, "a/photo.jpeg", text)
		printed, err := showBoxes(regionForms[form], files, one, answer, func(s string) { t.Error(s) })
		if want := "cat\t100,0,200,50\t-1.500\nred dog\t0,25,50,100\t-1.500"; err != nil || printed != want {
			t.Errorf("%s: printed %q, %v, want %q", form, printed, err, want)
		}
		if answer.Height != 100 || answer.Width != 200 || len(answer.Regions) != 2 {
			t.Errorf("%s: %+v", form, answer)
		}
		if size := decodePNG(t, answer.Drawn).Bounds().Size(); size != image.Pt(200, 100) {
			t.Errorf("%s: drew an image of %v", form, size)
		}
	}
	if len(files.used) != 2 {
		t.Errorf("two images of one name share a file: %v", files.used)
	}
}

func TestShowBoxes_NamesWhatIsNoRegion(t *testing.T) {
	one, answer := answered(t, "photo.png", "<loc0000><loc0512><loc0512><loc1023> cat ; dog")
	var warned string
	printed, err := showBoxes(regionForms["paligemma"], nil, one, answer, func(s string) { warned = s })
	if err != nil || printed != "cat\t100,0,200,50\t-1.500" || len(answer.Invalid) != 1 {
		t.Errorf("printed %q, %v, invalid %v", printed, err, answer.Invalid)
	}
	if want := `photo.png: 1 of 2 parts of the answer are no regions, for example "dog": 0 <loc> pieces`; !strings.HasPrefix(warned, want) {
		t.Errorf("warned %q, want %q", warned, want)
	}
	one, answer = answered(t, "photo.png", "a cat")
	if _, err = showBoxes(regionForms["pali"], nil, one, answer, nil); err == nil || !strings.Contains(err.Error(), "1 of 1 parts") {
		t.Errorf("error %v", err)
	}
	one, answer = answered(t, "photo.png", "")
	if printed, err = showBoxes(regionForms["pali"], nil, one, answer, nil); err != nil || printed != "nothing found" {
		t.Errorf("printed %q, %v for an empty answer", printed, err)
	}
}

// fullMasks fills the box of each region.
type fullMasks struct{}

func (fullMasks) Masks(regions []tokenize.Region, height, width int) (all []*image.Gray, err error) {
	c := maskvae.Default()
	for _, r := range regions {
		full := make([]float32, c.Image*c.Image)
		for i := range full {
			full[i] = 1
		}
		mask, err := c.Paste(full, r.Box, height, width)
		if err != nil {
			return nil, err
		}
		all = append(all, mask)
	}
	return all, nil
}

func TestShowMasks_WritesMasksOfTheImagesSize(t *testing.T) {
	files, err := newRegionFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	codes := strings.Repeat("<seg005><seg120>", 8)
	one, answer := answered(t, "photo.png", "<loc0000><loc0512><loc0512><loc1023>"+codes+" cat ; <loc0000><loc0512><loc0512><loc1023> dog")
	warned := ""
	printed, err := showMasks(fullMasks{}, files, one, answer, func(s string) { warned = s })
	if err != nil || printed != "cat\t100,0,200,50\t-1.500" || !strings.Contains(warned, "no <seg> piece") {
		t.Fatalf("printed %q, %v, warned %q", printed, err, warned)
	}
	region := answer.Regions[0]
	if region.Mask.Size != [2]int{100, 200} {
		t.Errorf("the mask has size %v", region.Mask.Size)
	}
	mask, sum, inside := decodePNG(t, region.MaskFile), 0, 0
	for i, run := range region.Mask.Counts {
		if sum += run; i%2 == 1 {
			inside += run
		}
	}
	white := 0
	for y := range 100 {
		for x := range 200 {
			if v := mask.At(x, y).(color.Gray).Y; v == 255 {
				white++
				if !image.Pt(x, y).In(image.Rect(99, 0, 200, 51)) {
					t.Fatalf("pixel %d,%d is outside the box", x, y)
				}
			} else if v != 0 {
				t.Fatalf("pixel %d,%d is %d", x, y, v)
			}
		}
	}
	if mask.Bounds().Size() != image.Pt(200, 100) || sum != 200*100 || inside != white || white == 0 {
		t.Errorf("mask of size %v with %d white pixels, run lengths of %d with %d inside", mask.Bounds().Size(), white, sum, inside)
	}
	if size := decodePNG(t, answer.Drawn).Bounds().Size(); size != image.Pt(200, 100) {
		t.Errorf("drew an image of %v", size)
	}
}
