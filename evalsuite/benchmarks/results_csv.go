package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// isTable reports whether a file of results is a table: the owner takes one, and its first
// character is none of JSON's.
func (form Submission) isTable(path string) (bool, error) {
	if !form.Table {
		return false, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	begin, err := bufio.NewReaderSize(file, 64).Peek(64)
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("reading %s: %w", path, err)
	}
	begin = bytes.TrimSpace(bytes.TrimPrefix(begin, []byte("\xef\xbb\xbf")))
	return len(begin) > 0 && !bytes.ContainsAny(begin[:1], "[{\x1f\x28B"), nil
}

// readTable reads detections of Open Images: rows of ImageID, LabelName, Score, XMin, XMax, YMin
// and YMax, as the owner's program takes them, or of an image and the objects found in it, as
// Kaggle does: ImageId and PredictionString, which repeats label, score, XMin, YMin, XMax and YMax.
func readTable(ctx context.Context, path string, problems *problems) (*results, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text := bufio.NewReaderSize(file, 1<<18)
	if begin, _ := text.Peek(3); bytes.Equal(begin, []byte("\xef\xbb\xbf")) {
		text.Discard(3)
	}
	rows := csv.NewReader(&limitedLines{text: text})
	rows.ReuseRecord, rows.FieldsPerRecord = true, -1
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: the header: %w", path, err)
	}
	r := tableReader{results: &results{path: path, answerOf: map[string]int{}, boxed: true, problems: problems}}
	if err := r.columns(header); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return r.results, nil
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := rows.FieldPos(0)
		if err := r.add(row, line); err != nil {
			err = fmt.Errorf("%s line %d: %w", path, line, err)
			if !problems.partial {
				return nil, err
			}
			problems.add(Unreadable, "", err)
		}
	}
}

// limitedLines passes lines on that are no longer than a record may be.
type limitedLines struct {
	text *bufio.Reader
	line int // bytes since the last end of a line
}

func (l *limitedLines) Read(into []byte) (int, error) {
	n, err := l.text.Read(into)
	if at := bytes.LastIndexByte(into[:n], '\n'); at >= 0 {
		l.line = n - at
	} else if l.line += n; l.line > maxResult {
		return n, fmt.Errorf("a line has more than %d bytes", maxResult)
	}
	return n, err
}

// tableReader reads rows.
type tableReader struct {
	*results
	at     [7]int // of the columns, in the order of tableColumns
	kaggle bool
}

var tableColumns = []string{"ImageID", "LabelName", "Score", "XMin", "XMax", "YMin", "YMax"}

// columns finds the columns of a header.
func (r *tableReader) columns(header []string) error {
	find := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	}
	if image, found := find("ImageId"), find("PredictionString"); image >= 0 && found >= 0 {
		r.kaggle, r.at[0], r.at[1] = true, image, found
		return nil
	}
	var absent []string
	for n, name := range tableColumns {
		if r.at[n] = find(name); r.at[n] < 0 {
			absent = append(absent, name)
		}
	}
	if len(absent) > 0 {
		return fmt.Errorf("no column %s; the columns are %.200q; wanted are %s, or ImageId and PredictionString", strings.Join(absent, ", "), header, strings.Join(tableColumns, ", "))
	}
	return nil
}

// add adds the objects of a row.
func (r *tableReader) add(row []string, line int) error {
	if most := slices.Max(r.at[:]); most >= len(row) {
		return fmt.Errorf("%d columns, want %d or more", len(row), most+1)
	}
	image := strings.TrimSpace(row[r.at[0]])
	if image == "" {
		return errors.New("no ImageID")
	}
	if !r.kaggle {
		var numbers [5]float64
		return r.object(image, row[r.at[1]], line, numbers, []string{row[r.at[2]], row[r.at[3]], row[r.at[4]], row[r.at[5]], row[r.at[6]]})
	}
	words := strings.Fields(row[r.at[1]])
	if len(words)%6 != 0 {
		return fmt.Errorf("image %s: PredictionString has %d words, want six for each object: label, score, XMin, YMin, XMax, YMax", image, len(words))
	}
	for w := range slices.Chunk(words, 6) {
		if err := r.object(image, w[0], line, [5]float64{}, []string{w[1], w[2], w[4], w[3], w[5]}); err != nil {
			return err
		}
	}
	return nil
}

// object adds an object, whose numbers are the score, XMin, XMax, YMin and YMax.
func (r *tableReader) object(image, label string, line int, v [5]float64, texts []string) (err error) {
	for n, text := range texts {
		if v[n], err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || math.IsNaN(v[n]) || math.IsInf(v[n], 0) {
			return fmt.Errorf("image %s: %s is %.40q, want a finite number", image, tableColumns[2+n], text)
		}
	}
	o := object{image: int32(r.images.of(image))}
	o.Category, o.Score = int32(r.results.categories.of(strings.TrimSpace(label))), v[0]
	o.Box = [4]float64{v[1], v[3], v[2] - v[1], v[4] - v[3]}
	o.Area = o.Box.Area()
	if int(o.image) == len(r.imageAt) {
		r.imageAt = append(r.imageAt, line)
	}
	if int(o.Category) == len(r.categoryAt) {
		r.categoryAt = append(r.categoryAt, line)
	}
	r.objects = append(r.objects, o)
	return nil
}
