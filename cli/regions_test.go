package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
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
	return readImage{path: path, image: read, reply: said(t, text)}, &imageAnswer{Image: path, Text: text}
}

// regionVocabulary has the pieces of boxes and masks.
func regionVocabulary(t *testing.T) *tokenize.Vocabulary {
	t.Helper()
	v, err := tokenize.Open(tokenize.Config{Model: "../tokenize/sentencepiece/testdata/nmt_nfkc.model", Locations: 1024, Segments: 128})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// said is a model's answer in which every piece has the probability 0.5, and the end 0.1.
func said(t *testing.T, text string) evalsuite.Reply {
	t.Helper()
	r := evalsuite.Reply{Text: text, IDs: regionVocabulary(t).Encode(text)}
	for range r.IDs {
		r.LogProbabilities = append(r.LogProbabilities, math.Log(0.5))
	}
	r.LogProbabilities = append(r.LogProbabilities, math.Log(0.1))
	return r
}

func TestScoreRegions_TakesThePiecesOfEachRegion(t *testing.T) {
	v := regionVocabulary(t)
	box := "<loc0000><loc0512><loc0512><loc1023>"
	for _, c := range []struct {
		form mixture.BoxForm
		text string
		own  []int // pieces of each region: " a" is two, and the space before the answer is of none
	}{
		{mixture.BoxLocations, box + " a ; dog ; " + box + strings.Repeat("<seg001>", 16) + " a ;", []int{6, 22}},
		{mixture.BoxLocations, box + " ; " + box + " ; x", []int{4, 4}},
		{mixture.BoxLocations, "", nil},
	} {
		ids := v.Encode(c.text)
		r := evalsuite.Reply{Text: v.DecodeToEOS(ids), IDs: ids}
		for i := range ids {
			r.LogProbabilities = append(r.LogProbabilities, -float64(i+1)) // no two sums are alike
		}
		spans := regionForms[c.form].spans(r.Text)
		scores := scoreRegions(v, r, spans)
		if len(scores) != len(c.own) {
			t.Fatalf("%q: scores %v", c.text, scores)
		}
		for k, s := range scores {
			n := math.Round(s.LogProbability / math.Log(s.Score))
			if int(n) != c.own[k] {
				t.Errorf("%q: region %d has %g pieces, want %d", c.text, k, n, c.own[k])
			}
		}
		if len(scores) > 0 && scores[0].LogProbability != -float64((c.own[0]+1)*(c.own[0]+2)/2-1) {
			t.Errorf("%q: the first region has the log probability %g", c.text, scores[0].LogProbability)
		}
	}
	plain := said(t, "1 2 3 4 cat 5 6 7 8 red dog")
	if scores := scoreRegions(v, plain, tokenize.PlainRegionSpans(plain.Text)); len(scores) != 2 || math.Abs(scores[1].Score-0.5) > 1e-12 ||
		math.Abs(scores[0].LogProbability-9*math.Log(0.5)) > 1e-9 || math.Abs(scores[1].LogProbability-13*math.Log(0.5)) > 1e-9 {
		t.Errorf("plain regions: %+v", scores)
	}
}

func TestObjectTask_AsksAsTheRecipe(t *testing.T) {
	var warned strings.Builder
	con := &console{log: zerolog.New(&warned)}
	run := &stages.Trained{}
	if task := objectTask(con, run, "detect"); task.PromptFor("cat", "dog") != "detect cat ; dog" || task.Boxes != mixture.BoxLocations {
		t.Errorf("a run without tasks: %+v", task)
	}
	run.Recipe.Mixture.Tasks = []mixture.Task{
		{Name: "off", Kind: "detect", Prompt: "none {labels}"}, {Name: "a", Kind: "detect", Weight: 1, Prompt: "find {labels}", Boxes: mixture.BoxIntegers},
		{Name: "mask", Kind: "segment", Weight: 1},
	}
	if task := objectTask(con, run, "detect"); task.PromptFor("cat", "dog") != "find cat and dog" || task.Boxes != mixture.BoxIntegers || warned.Len() > 0 {
		t.Errorf("%+v, warned %s", task, warned.String())
	}
	if task := objectTask(con, run, "segment"); task.PromptFor("red cat") != "segment red cat" {
		t.Errorf("%+v", task)
	}
	run.Recipe.Mixture.Tasks = append(run.Recipe.Mixture.Tasks, mixture.Task{Name: "b", Kind: "detect", Weight: 1})
	if objectTask(con, run, "detect"); !strings.Contains(warned.String(), "2 tasks of kind detect; it is asked as in the first, a") {
		t.Errorf("warned %s", warned.String())
	}
	run.Published = &stages.Published{Prompts: map[string]string{"detect": "detect {labels}\n"}}
	if task := objectTask(con, run, "detect"); task.PromptFor("cat") != "detect cat\n" || task.Boxes != mixture.BoxLocations {
		t.Errorf("%+v", task)
	}
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
	for form, text := range map[mixture.BoxForm]string{
		mixture.BoxLocations: "<loc0000><loc0512><loc0512><loc1023> cat ; <loc0256><loc0000><loc1023><loc0256> red dog",
		mixture.BoxIntegers:  "0 500 500 999 cat 250 0 999 250 red dog",
	} {
		one, answer := answered(t, "a/photo.jpeg", text)
		printed, err := boxShower{regionForms[form], regionVocabulary(t), files, func(s string) { t.Error(s) }}.show(one, answer)
		if want := "cat\t100,0,200,50\t0.500\nred dog\t0,25,50,100\t0.500"; err != nil || printed != want {
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
	printed, err := boxShower{regionForms[mixture.BoxLocations], regionVocabulary(t), nil, func(s string) { warned = s }}.show(one, answer)
	if err != nil || printed != "cat\t100,0,200,50\t0.500" || len(answer.Invalid) != 1 {
		t.Errorf("printed %q, %v, invalid %v", printed, err, answer.Invalid)
	}
	if want := `photo.png: 1 of 2 parts of the answer are no regions, for example "dog": 0 <loc> pieces`; !strings.HasPrefix(warned, want) {
		t.Errorf("warned %q, want %q", warned, want)
	}
	one, answer = answered(t, "photo.png", "a cat")
	plain := boxShower{regionForms[mixture.BoxIntegers], regionVocabulary(t), nil, nil}
	if _, err = plain.show(one, answer); err == nil || !strings.Contains(err.Error(), "1 of 1 parts") {
		t.Errorf("error %v", err)
	}
	one, answer = answered(t, "photo.png", "")
	if printed, err = plain.show(one, answer); err != nil || printed != "nothing found" {
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
	printed, err := maskShower{fullMasks{}, regionVocabulary(t), files, func(s string) { warned = s }}.show(one, answer)
	if err != nil || printed != "cat\t100,0,200,50\t0.500" || !strings.Contains(warned, "no <seg> piece") {
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
