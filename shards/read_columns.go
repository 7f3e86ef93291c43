package shards

import (
	"fmt"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// This file has the table of columns: where the values of each column go in a sample. Each column
// of a part is read separately: read_part.go finds its pages, package pages decodes them, and
// read_fill.go sets their values.

// column is one leaf of the schema of a part, and where its values go in a [Sample].
type column struct {
	name    string // as in FORMAT.md, "images.bytes"
	path    string // in Parquet, "images.list.element.bytes"
	large   bool   // its values are read one by one where the format allows it
	absent  bool   // a value may be null although its element exists
	list    *listing
	set     func(b *batch, at place, v pages.Value)
	numbers bool // its values are in Value.Bits
}

// place is where a value belongs: its row in the batch, the element of the row's list, and the
// element of that element's list.
type place struct{ row, element, inner int }

// batch has the samples being assembled from columns, and the memory of their lists.
type batch struct {
	samples   []Sample
	names     [2][][]string // of the scores and the metadata of each sample, until their values are read
	images    []Image
	texts     []Text
	questions []Question
	boxes     []Box
}

// reset makes the batch n empty samples.
func (b *batch) reset(n int) {
	b.names = [2][][]string{}
	b.images, b.texts, b.questions, b.boxes = b.images[:0], b.texts[:0], b.questions[:0], b.boxes[:0]
	if n > cap(b.samples) {
		b.samples = make([]Sample, n)
		return
	}
	b.samples = b.samples[:n]
	clear(b.samples)
}

// setConstant sets a column that is in no list to the same value in every row.
func (b *batch) setConstant(column int, c *chunk, kind format.Type) bool {
	v, ok := decodeBound(c.bounds.low, kind)
	if !ok || columns[column].list != nil || strings.Contains(columns[column].path, "key_value") {
		return false
	}
	for row := range b.samples {
		columns[column].set(b, place{row: row}, v)
	}
	return true
}

// listing makes the lists of samples: that of sample first+i gets rows[i] elements.
type listing struct {
	resize func(b *batch, first int, rows []int32)
}

func lists[T any](list func(*Sample) *[]T, memory func(*batch) *[]T) *listing {
	return &listing{func(b *batch, first int, rows []int32) {
		total := 0
		for _, n := range rows {
			total += int(n)
		}
		all := take(memory(b), total)
		if questions, ok := any(all).([]Question); ok {
			for i := range questions {
				questions[i].Answers = []Answer{} // [] in JSON, not null
			}
		}
		for i, n := range rows {
			if n > 0 {
				*list(&b.samples[first+i]), all = all[:n:n], all[n:]
			}
		}
	}}
}

// take returns n empty elements of reused memory, or of new memory if it is full.
func take[T any](memory *[]T, n int) []T {
	if n > cap(*memory)-len(*memory) {
		*memory = make([]T, 0, max(n, cap(*memory)+cap(*memory)/2)) // elements taken before keep the old memory
	}
	taken := (*memory)[len(*memory):][:n]
	*memory = (*memory)[:len(*memory)+n]
	clear(taken)
	return taken
}

var (
	imageLists    = lists(func(s *Sample) *[]Image { return &s.Images }, func(b *batch) *[]Image { return &b.images })
	textLists     = lists(func(s *Sample) *[]Text { return &s.Texts }, func(b *batch) *[]Text { return &b.texts })
	questionLists = lists(func(s *Sample) *[]Question { return &s.Questions }, func(b *batch) *[]Question { return &b.questions })
	boxLists      = lists(func(s *Sample) *[]Box { return &s.Boxes }, func(b *batch) *[]Box { return &b.boxes })
)

func imageAt(b *batch, at place) *Image       { return &b.samples[at.row].Images[at.element] }
func textAt(b *batch, at place) *Text         { return &b.samples[at.row].Texts[at.element] }
func questionAt(b *batch, at place) *Question { return &b.samples[at.row].Questions[at.element] }
func boxAt(b *batch, at place) *Box           { return &b.samples[at.row].Boxes[at.element] }

func answerAt(b *batch, at place) *Answer {
	q := questionAt(b, at)
	for len(q.Answers) <= at.inner {
		q.Answers = append(q.Answers, Answer{})
	}
	return &q.Answers[at.inner]
}

// nameOf returns a function that returns the name of a map entry, and with keep records it first.
func nameOf(which int, keep bool) func(b *batch, at place, v pages.Value) string {
	return func(b *batch, at place, v pages.Value) string {
		if b.names[which] == nil {
			b.names[which] = make([][]string, len(b.samples))
		}
		names := &b.names[which][at.row]
		if keep {
			*names = append(*names, v.Text)
		}
		if at.element < len(*names) {
			return (*names)[at.element]
		}
		return ""
	}
}

var scoreName, metadataName = nameOf(0, false), nameOf(1, false)

// columns are those of [Sample], in the order of a part. The keys of a map come before its values.
var columns = []column{
	{name: "key", set: func(b *batch, at place, v pages.Value) { b.samples[at.row].Key = v.Text }},
	{name: "split", set: func(b *batch, at place, v pages.Value) { b.samples[at.row].Split = v.Text }},
	{name: "images.bytes", large: true, list: imageLists, set: func(b *batch, at place, v pages.Value) { imageAt(b, at).Bytes = v.Bytes() }},
	{name: "images.format", list: imageLists, set: func(b *batch, at place, v pages.Value) { imageAt(b, at).Format = v.Text }},
	{name: "images.width", numbers: true, list: imageLists, set: func(b *batch, at place, v pages.Value) { imageAt(b, at).Width = v.Int32() }},
	{name: "images.height", numbers: true, list: imageLists, set: func(b *batch, at place, v pages.Value) { imageAt(b, at).Height = v.Int32() }},
	{name: "images.sha256", list: imageLists, set: func(b *batch, at place, v pages.Value) { imageAt(b, at).SHA256 = v.Text }},
	{name: "texts.kind", list: textLists, set: func(b *batch, at place, v pages.Value) { textAt(b, at).Kind = v.Text }},
	{name: "texts.language", list: textLists, set: func(b *batch, at place, v pages.Value) { textAt(b, at).Language = v.Text }},
	{name: "texts.value", list: textLists, set: func(b *batch, at place, v pages.Value) { textAt(b, at).Value = v.Text }},
	{name: "texts.score", numbers: true, absent: true, list: textLists, set: func(b *batch, at place, v pages.Value) {
		score := v.Float64()
		textAt(b, at).Score = &score
	}},
	{name: "questions.id", list: questionLists, set: func(b *batch, at place, v pages.Value) { questionAt(b, at).ID = v.Text }},
	{name: "questions.text", list: questionLists, set: func(b *batch, at place, v pages.Value) { questionAt(b, at).Text = v.Text }},
	{name: "questions.language", list: questionLists, set: func(b *batch, at place, v pages.Value) { questionAt(b, at).Language = v.Text }},
	{name: "questions.kind", list: questionLists, set: func(b *batch, at place, v pages.Value) { questionAt(b, at).Kind = v.Text }},
	{name: "questions.answers.text", list: questionLists, set: func(b *batch, at place, v pages.Value) { answerAt(b, at).Text = v.Text }},
	{name: "questions.answers.confidence", list: questionLists, set: func(b *batch, at place, v pages.Value) { answerAt(b, at).Confidence = v.Text }},
	{name: "boxes.label", list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).Label = v.Text }},
	{name: "boxes.image", numbers: true, list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).Image = v.Int32() }},
	{name: "boxes.y0", numbers: true, list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).Y0 = v.Float32() }},
	{name: "boxes.x0", numbers: true, list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).X0 = v.Float32() }},
	{name: "boxes.y1", numbers: true, list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).Y1 = v.Float32() }},
	{name: "boxes.x1", numbers: true, list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).X1 = v.Float32() }},
	{name: "boxes.mask", absent: true, list: boxLists, set: func(b *batch, at place, v pages.Value) { boxAt(b, at).Mask = v.Bytes() }},
	{name: "provenance.url", set: func(b *batch, at place, v pages.Value) { b.samples[at.row].Provenance.URL = v.Text }},
	{name: "provenance.page_url", set: func(b *batch, at place, v pages.Value) { b.samples[at.row].Provenance.PageURL = v.Text }},
	{name: "provenance.licence", set: func(b *batch, at place, v pages.Value) { b.samples[at.row].Provenance.Licence = v.Text }},
	{name: "provenance.fetched_at", numbers: true, set: func(b *batch, at place, v pages.Value) {
		b.samples[at.row].Provenance.FetchedAt = time.UnixMilli(int64(v.Bits)).UTC()
	}},
	{name: "scores.key", set: func(b *batch, at place, v pages.Value) { nameOf(0, true)(b, at, v) }},
	{name: "scores.value", numbers: true, set: func(b *batch, at place, v pages.Value) {
		s := &b.samples[at.row]
		if s.Scores == nil {
			s.Scores = map[string]float64{}
		}
		s.Scores[scoreName(b, at, v)] = v.Float64()
	}},
	{name: "metadata.key", set: func(b *batch, at place, v pages.Value) { nameOf(1, true)(b, at, v) }},
	{name: "metadata.value", set: func(b *batch, at place, v pages.Value) {
		s := &b.samples[at.row]
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		s.Metadata[metadataName(b, at, v)] = v.Text
	}},
}

func init() {
	for i := range columns {
		columns[i].path = parquetPath(columns[i].name)
	}
}

// parquetPath returns the Parquet path of a column: with its lists and maps spelled out.
func parquetPath(name string) string {
	top, rest, nested := strings.Cut(name, ".")
	switch {
	case !nested || top == "provenance":
		return name
	case top == "scores" || top == "metadata":
		return top + ".key_value." + rest
	}
	return top + ".list.element." + strings.Replace(rest, "answers.", "answers.list.element.", 1)
}

// selected returns which columns the names mean: a column, or all below a name. Of a list's columns
// one is taken along that says how many elements there are, and of a map both.
func selected(names []string) ([]bool, error) {
	chosen := make([]bool, len(columns))
	for _, name := range names {
		found := false
		for i := range columns {
			if columns[i].name == name || strings.HasPrefix(columns[i].name, name+".") {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no column %q", name)
		}
	}
	for i := range columns {
		switch c := &columns[i]; {
		case chosen[i] && c.absent:
			chosen[columnOf(map[string]string{"texts.score": "texts.kind", "boxes.mask": "boxes.label"}[c.name])] = true
		case chosen[i] && strings.HasSuffix(c.path, ".key_value.value"):
			chosen[i-1] = true
		case chosen[i] && strings.HasSuffix(c.path, ".key_value.key"):
			chosen[i+1] = true
		}
	}
	return chosen, nil
}

// columnOf returns the number of the column of that name, or -1.
func columnOf(name string) int {
	for i := range columns {
		if columns[i].name == name {
			return i
		}
	}
	return -1
}
