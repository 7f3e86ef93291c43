package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

// textOCRWord is an annotation of TextOCR: a word that is read, with its outline.
type textOCRWord struct {
	Image  flexible     `json:"image_id"`
	Box    list[number] `json:"bbox"` // x, y, width, height
	Text   words        `json:"utf8_string"`
	Points list[number] `json:"points"` // x, y of the corners
}

// textOCRImage is an image of TextOCR.
type textOCRImage struct {
	ID            flexible `json:"id"`
	Set           words    `json:"set"`
	File          words    `json:"file_name"`
	Width, Height number
}

// illegible is what TextOCR has in place of a word that cannot be read.
const illegible = "."

// readTextOCR reads TextOCR_0.1_*.json: images by id, and words by id in no order of images. A
// dataset has the words as the text of the image (OCR) and as the labels of boxes.
func readTextOCR(ctx context.Context, o Options) iter.Seq2[item, error] {
	return textOCR(ctx, o, func(i *item, of []textOCRWord, _ textOCRImage) {
		var read []string
		for _, w := range of {
			if w.Text.text == illegible {
				continue
			}
			read = append(read, w.Text.text)
			if b := w.Box.items; len(b) == 4 {
				i.mark(box{Label: w.Text.text, X: b[0].float(), Y: b[1].float(), Width: b[2].float(), Height: b[3].float()}, i.sample.Key+": "+w.Text.text)
			}
		}
		if len(read) > 0 {
			i.sample.Texts = append(i.sample.Texts, shards.Text{Kind: shards.OCR, Language: "und", Value: strings.Join(read, " ")})
		}
	})
}

// textOCRRecords yields what is scored: a question for each image, whose answers are its words, one
// a line with the corners before a tab.
func textOCRRecords(ctx context.Context, o Options) iter.Seq2[Record, error] {
	return recordsOf(func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return textOCR(ctx, o, func(i *item, of []textOCRWord, m textOCRImage) {
			q := question(i.sample.Key, "ocr", "")
			for _, w := range of {
				q.Answers = append(q.Answers, shards.Answer{Text: w.line()})
			}
			i.sample.Questions = []shards.Question{q}
			for _, side := range []struct {
				name string
				of   number
			}{{"width", m.Width}, {"height", m.Height}} {
				i.fields = append(i.fields, Field{i.sample.Key, side.name, strconv.FormatFloat(side.of.float(), 'g', -1, 64)})
			}
		})
	})(ctx, o)
}

// line returns the corners, a tab and the word; "###" for one that cannot be read.
func (w *textOCRWord) line() string {
	corners := floats(w.Points.items)
	if b := floats(w.Box.items); len(corners) < 6 && len(b) == 4 {
		corners = []float64{b[0], b[1], b[0] + b[2], b[1], b[0] + b[2], b[1] + b[3], b[0], b[1] + b[3]}
	}
	var line []byte
	for n, v := range corners {
		if n > 0 {
			line = append(line, ',')
		}
		line = strconv.AppendFloat(line, v, 'g', -1, 64)
	}
	text := w.Text.text
	if text == illegible {
		text = "###"
	}
	return string(line) + "\t" + text
}

func floats(all []number) []float64 {
	values := make([]float64, len(all))
	for n := range all {
		values[n] = all[n].float()
	}
	return values
}

func hasNaN(all []number) bool {
	return slices.ContainsFunc(floats(all), math.IsNaN)
}

// wrong returns why a word cannot be scored, or "".
func (w *textOCRWord) wrong() string {
	switch n := len(w.Points.items); {
	case w.Text.wrong() != "":
		return w.Text.wrong()
	case w.Points.bad > 0 || w.Box.bad > 0 || hasNaN(w.Points.items) || hasNaN(w.Box.items):
		return "a corner that is no number"
	case n%2 == 1 || n < 6 && len(w.Box.items) != 4:
		return fmt.Sprintf("an outline of %d numbers", n)
	}
	return ""
}

// textOCR yields the images with what add makes of their words.
func textOCR(ctx context.Context, o Options, add func(*item, []textOCRWord, textOCRImage)) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		byImage := map[string][]textOCRWord{}
		var aside item
		for m, err := range membersOf[textOCRWord](ctx, o.Annotations, "anns") {
			if err != nil {
				if !yield(item{}, err) || errors.Is(err, errBroken) {
					return
				}
				continue
			}
			if wrong := m.value.wrong(); wrong != "" {
				aside.leave(shards.LeftBox, "word %s: %s", m.name, wrong)
				continue
			}
			byImage[string(m.value.Image)] = append(byImage[string(m.value.Image)], m.value)
		}
		seen := map[string]bool{}
		for m, err := range membersOf[textOCRImage](ctx, o.Annotations, "imgs") {
			i := item{}
			if err == nil {
				id := m.name
				names := openImagesNames(id, "train", "train_images")
				if m.value.File.text != "" {
					names = append([]string{m.value.File.text}, names...)
				}
				i = about(id, names...)
				i.sample.Split = m.value.Set.text
				seen[id] = true
				add(&i, byImage[id], m.value)
			}
			if !yield(i, i.checked(err)) || errors.Is(err, errBroken) {
				return
			}
		}
		for id, of := range byImage {
			if !seen[id] {
				aside.leave(shards.LeftBox, "%d words of the image %s, which is not among the images", len(of), id)
			}
		}
		if len(aside.left) > 0 {
			yield(asideOf(aside.left), nil)
		}
	}
}

// membersOf yields the members of the object that is a member of the object in a file. Errors are
// as for [elements].
func membersOf[T any](ctx context.Context, file, of string) iter.Seq2[member[T], error] {
	return func(yield func(member[T], error) bool) {
		d, err := openDocument(file)
		if err != nil {
			yield(member[T]{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		defer d.close()
		if err = d.find(of); err == nil {
			err = d.enter('{')
		}
		if errors.Is(err, errKind) || errors.Is(err, errNoMember) {
			err = fmt.Errorf("%w; it is %v", err, shapeOf(file))
		}
		if err == nil {
			var more bool
			if more, err = restOfMembers(ctx, d, of, yield); !more {
				return
			}
		}
		if err != nil {
			yield(member[T]{}, fmt.Errorf("%w: %w", errBroken, err))
		}
	}
}
