package mixture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Reading is the order in which a task of kind ocr joins the texts of an image.
type Reading string

// The reading orders.
const (
	// ReadStored is the order in which the dataset has the texts.
	ReadStored Reading = "stored"
	// ReadRaster is line by line from the top, in the direction of the script, by the boxes that
	// have the texts as labels. Texts without a box come last.
	ReadRaster Reading = "raster"
)

func (r Reading) check() error {
	switch r {
	case "", ReadStored, ReadRaster:
		return nil
	}
	return fmt.Errorf("reading: %q; legal are %s and %s", string(r), ReadStored, ReadRaster)
}

// makeOCR asks for all texts that are read in the image. If they do not fit and the task says so,
// it leaves out texts at random, wherever they are, until the rest fits (PaliGemma, arXiv
// 2407.07726 §3.2.5). A target that is truncated instead always lacks the bottom of the image.
func makeOCR(m *Material) (Draft, error) {
	texts := m.Task.read(m.Sample)
	d := Draft{Prompt: m.Task.FillIn(texts[0].Language), Target: joinTexts(texts)}
	if m.Task.Fit == FitLeaveOut && !m.Fits(d.Target) {
		kept := m.fewerTexts(texts)
		d.Target = joinTexts(kept)
		d.leave(len(texts)-len(kept), "texts of the image that do not fit")
	}
	return d, nil
}

// fewerTexts returns texts that fit, in their order: the first ones of a random order of them, as
// many as fit, one at least.
func (m *Material) fewerTexts(texts []*shards.Text) []*shards.Text {
	order := m.Rng.Perm(len(texts))
	first := func(n int) (kept []*shards.Text) {
		keep := make([]bool, len(texts))
		for _, i := range order[:n] {
			keep[i] = true
		}
		for i, text := range texts {
			if keep[i] {
				kept = append(kept, text)
			}
		}
		return kept
	}
	return first(most(len(texts), func(n int) bool { return m.Fits(joinTexts(first(n))) }))
}

func joinTexts(texts []*shards.Text) string {
	values := make([]string, len(texts))
	for i, text := range texts {
		values[i] = text.Value
	}
	return strings.Join(values, " ")
}

func askReadings(t *Task, s *shards.Sample) []Ask {
	texts := t.read(s)
	if len(texts) == 0 {
		return nil
	}
	a := t.askIn(s.Key, texts[0].Language, "")
	a.Truths = []string{joinTexts(texts)}
	return []Ask{a}
}

// read returns the texts that the task takes, in its reading order.
func (t *Task) read(s *shards.Sample) []*shards.Text {
	texts := t.TextsOf(s)
	if t.Reading == ReadRaster {
		return raster(texts, s.Boxes)
	}
	return texts
}

// placedText is a text with its box.
type placedText struct {
	*shards.Text
	box *shards.Box
}

// raster orders texts by the boxes that have them as labels: by image, then by line from the top,
// then within a line from where its script begins.
func raster(texts []*shards.Text, boxes []shards.Box) (ordered []*shards.Text) {
	byLabel := map[string][]*shards.Box{}
	for i := range boxes {
		byLabel[boxes[i].Label] = append(byLabel[boxes[i].Label], &boxes[i])
	}
	var placed []placedText
	var rest []*shards.Text
	for _, text := range texts {
		if of := byLabel[text.Value]; len(of) > 0 {
			placed, byLabel[text.Value] = append(placed, placedText{text, of[0]}), of[1:]
		} else {
			rest = append(rest, text)
		}
	}
	slices.SortStableFunc(placed, func(a, b placedText) int {
		return cmp.Or(cmp.Compare(a.box.Image, b.box.Image), cmp.Compare(a.box.Y0+a.box.Y1, b.box.Y0+b.box.Y1))
	})
	for len(placed) > 0 {
		line := placed[:lineLength(placed)]
		placed = placed[len(line):]
		slices.SortStableFunc(line, fromStart(line))
		for _, text := range line {
			ordered = append(ordered, text.Text)
		}
	}
	return append(ordered, rest...)
}

// lineLength returns how many of the texts, the highest first, are in the line of the first: those
// whose middle is within its height.
func lineLength(placed []placedText) (n int) {
	first := placed[0].box
	for n = 1; n < len(placed); n++ {
		b := placed[n].box
		if middle := (b.Y0 + b.Y1) / 2; b.Image != first.Image || middle > first.Y1 {
			break
		}
	}
	return n
}

// rightToLeft are the languages whose lines begin at the right.
var rightToLeft = []string{"ar", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"}

// fromStart compares the texts of a line from the left, or from the right if most are of a language
// that is written so.
func fromStart(line []placedText) func(a, b placedText) int {
	right := 0
	for _, text := range line {
		if language, _, _ := strings.Cut(text.Language, "-"); slices.Contains(rightToLeft, language) {
			right++
		}
	}
	if 2*right > len(line) {
		return func(a, b placedText) int { return cmp.Compare(b.box.X1, a.box.X1) }
	}
	return func(a, b placedText) int { return cmp.Compare(a.box.X0, b.box.X0) }
}
