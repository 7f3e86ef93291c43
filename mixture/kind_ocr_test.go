package mixture

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

func textBox(label string, image int32, y0, x0, y1, x1 float32) shards.Box {
	return shards.Box{Label: label, Image: image, Y0: y0, X0: x0, Y1: y1, X1: x1}
}

func ocrText(language, value string) shards.Text {
	return shards.Text{Kind: shards.OCR, Language: language, Value: value}
}

func TestOCR_ReadsInRasterOrder(t *testing.T) {
	s := shards.Sample{
		Texts: []shards.Text{
			ocrText("en", "down"), ocrText("en", "loose"), ocrText("en", "right"), ocrText("en", "left"), ocrText("en", "left"), ocrText("en", "page 2"),
		},
		Boxes: []shards.Box{
			textBox("down", 0, .5, .1, .6, .4),
			textBox("left", 0, .12, .1, .22, .3), // a line, though its top is below that of right
			textBox("right", 0, .1, .5, .2, .7),
			textBox("left", 0, .8, .1, .9, .2),
			textBox("page 2", 1, 0, 0, .1, .1),
			textBox("no text", 0, 0, 0, 1, 1),
		},
	}
	task := &Task{Kind: "ocr", Prompt: ocrPrompt, Reading: ReadRaster}
	for reading, want := range map[Reading]string{
		ReadRaster: "left right down left page 2 loose", "": "down loose right left left page 2",
	} {
		task.Reading = reading
		d, err := makeOCR(&Material{Task: task, Sample: &s, Rng: random.New(1)})
		if err != nil || d.Target != want || askReadings(task, &s)[0].Truths[0] != want {
			t.Errorf("%s: %q, %v, want %q", reading, d.Target, err, want)
		}
	}
	for i := range s.Texts {
		s.Texts[i].Language = "ar-EG"
	}
	task.Reading = ReadRaster
	if d, _ := makeOCR(&Material{Task: task, Sample: &s}); d.Target != "right left down left page 2 loose" {
		t.Errorf("Arabic: %q", d.Target)
	}
}

// TestOCR_LeavesOutTextsWithoutBias has 12 texts of equal length with room for about half.
func TestOCR_LeavesOutTextsWithoutBias(t *testing.T) {
	vocab, err := recipe(t).OpenVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	var s shards.Sample
	for i := range 12 {
		s.Texts = append(s.Texts, ocrText("en", fmt.Sprintf("line%c", 'a'+i)))
	}
	task := &Task{Kind: "ocr", Prompt: ocrPrompt, Fit: FitLeaveOut}
	kept, left := make([]int, 12), 0
	const draws = 3000
	for seed := range uint64(draws) {
		m := &Material{Task: task, Sample: &s, Rng: random.New(seed), room: room{vocab, 20, 30}}
		d, err := makeOCR(m)
		if err != nil || !m.Fits(d.Target) || len(d.LeftOut) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		last := -1
		for word := range strings.FieldsSeq(d.Target) {
			at := int(word[4] - 'a')
			if at <= last {
				t.Fatalf("%q is not in order", d.Target)
			}
			kept[at]++
			last = at
		}
		left += d.LeftOut[0].Count
	}
	total := 0
	for _, n := range kept {
		total += n
	}
	if total+left != 12*draws {
		t.Errorf("%d kept and %d left out of %d", total, left, 12*draws)
	}
	if mean := float64(total) / 12; float64(slices.Min(kept)) < .93*mean || float64(slices.Max(kept)) > 1.07*mean {
		t.Errorf("kept %v of %d draws: not equally often", kept, draws)
	}
	task.Fit = ""
	m := &Material{Task: task, Sample: &s, Rng: random.New(1), room: room{vocab, 20, 30}}
	if d, _ := makeOCR(m); m.Fits(d.Target) || len(d.LeftOut) > 0 {
		t.Errorf("truncating: %+v", d)
	}
}
