package benchmarks

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

// vgImage names a picture of Visual Genome, which come in two folders.
func vgImage(id int64) string {
	return fmt.Sprintf("%d.jpg|VG_100K/%d.jpg|VG_100K_2/%d.jpg", id, id, id)
}

// readVGRegions reads Visual Genome's region_descriptions.json: a phrase for each of an image's regions.
var readVGRegions = each("", func(_ int, m struct {
	ID      int64 `json:"id"`
	Regions []struct {
		Phrase        string `json:"phrase"`
		X, Y          float64
		Width, Height float64
	} `json:"regions"`
}, _ Options) item {
	i := about(fmt.Sprint(m.ID), vgImage(m.ID))
	for _, r := range m.Regions {
		i.boxes = append(i.boxes, box{Label: strings.TrimSpace(r.Phrase), X: r.X, Y: r.Y, Width: r.Width, Height: r.Height})
	}
	return i
})

// readVGObjects reads Visual Genome's objects.json.
var readVGObjects = each("", func(_ int, m struct {
	ID      int64 `json:"image_id"`
	Objects []struct {
		Names      []string `json:"names"`
		X, Y, W, H float64
	} `json:"objects"`
}, _ Options) item {
	i := about(fmt.Sprint(m.ID), vgImage(m.ID))
	for _, o := range m.Objects {
		i.boxes = append(i.boxes, box{Label: strings.Join(o.Names, ", "), X: o.X, Y: o.Y, Width: o.W, Height: o.H})
	}
	return i
})

// readVGQuestions reads Visual Genome's question_answers.json.
var readVGQuestions = each("", func(_ int, m struct {
	ID  int64 `json:"id"`
	QAs []struct {
		ID       int64  `json:"qa_id"`
		Question string `json:"question"`
		Answer   string `json:"answer"`
	} `json:"qas"`
}, _ Options) item {
	i := about(fmt.Sprint(m.ID), vgImage(m.ID))
	for _, q := range m.QAs {
		i.sample.Questions = append(i.sample.Questions, question(fmt.Sprint(q.ID), q.Question, "", q.Answer))
	}
	return i
})

// readOpenImages reads Open Images' *-annotations-bbox.csv, in which an image's boxes follow one another; Classes is
// class-descriptions-boxable.csv, which names the labels.
func readOpenImages(_ context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		names := map[string]string{}
		if o.Classes != "" {
			for row, err := range csvRows(o.Classes, false) {
				if err != nil {
					yield(item{}, err)
					return
				}
				if len(row[""]) >= 2 {
					names[row[""][0]] = row[""][1]
				}
			}
		}
		var current *item
		for row, err := range csvRows(o.Annotations, true) {
			if err != nil {
				yield(item{}, err)
				return
			}
			id, label := row.field("ImageID"), row.field("LabelName")
			if current == nil || current.sample.Key != id {
				if current != nil && !yield(*current, nil) {
					return
				}
				current = &item{images: []string{id + ".jpg"}, sample: shards.Sample{Key: id}}
			}
			b := box{Label: label, Fractions: true}
			if name := names[label]; name != "" {
				b.Label = name
			}
			var edges [4]float64
			for n, name := range []string{"XMin", "XMax", "YMin", "YMax"} {
				edges[n], _ = strconv.ParseFloat(row.field(name), 64)
			}
			b.X, b.Width, b.Y, b.Height = edges[0], edges[1]-edges[0], edges[2], edges[3]-edges[2]
			current.boxes = append(current.boxes, b)
		}
		if current != nil {
			yield(*current, nil)
		}
	}
}

// csvRow is a row by column, or, of a file without a header, all its fields under "".
type csvRow map[string][]string

func (r csvRow) field(name string) string {
	if len(r[name]) == 0 {
		return ""
	}
	return r[name][0]
}

func csvRows(file string, header bool) iter.Seq2[csvRow, error] {
	return func(yield func(csvRow, error) bool) {
		f, err := os.Open(file)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		reader := csv.NewReader(f)
		reader.FieldsPerRecord = -1
		var names []string
		for {
			fields, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("%w: %s: %w", errBroken, file, err))
				return
			}
			if header && names == nil {
				names = slices.Clone(fields)
				continue
			}
			row := csvRow{"": fields}
			for i, name := range names {
				if i < len(fields) {
					row[name] = fields[i : i+1]
				}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
