package tabular

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// groupFilling merges the rows of a group into one sample.
type groupFilling struct {
	w       *work
	s       *shards.Sample
	left    []shards.LeftOut
	splitAt numbered // the row that set the split
	texts   map[shards.Text]bool
	boxes   map[string]bool
	asked   map[askedOnce]int // a question -> its index
}

// askedOnce identifies a question about an image.
type askedOnce struct{ id, text, language, kind string }

// fillGroup fills a sample, all but its key, from the rows of a group.
func (w *work) fillGroup(ctx context.Context, s *shards.Sample, n numbered) (left []shards.LeftOut, reason string, err error) {
	if n.over > 0 {
		return nil, ingest.TooLarge, fmt.Errorf("a group of %d rows exceeds the limit of %d rows or %d bytes", int64(len(n.rows))+n.over, maxGroupRows, int64(maxGroupBytes))
	}
	imageRow, err := w.checkGroup(n)
	if err != nil {
		return nil, Conflict, err
	}
	f := &groupFilling{w: w, s: s, texts: map[shards.Text]bool{}, boxes: map[string]bool{}, asked: map[askedOnce]int{}}
	withBoxes := cmp.Or(w.taken, w.plan).HasBoxes()
	if withBoxes {
		if reason, err = w.addImages(ctx, s, imageRow); err != nil {
			return nil, reason, err
		}
	}
	for i := range n.rows {
		if reason, err := f.row(&n.rows[i]); err != nil {
			return f.left, reason, err
		}
	}
	if !withBoxes {
		reason, err = w.addImages(ctx, s, imageRow)
	}
	return f.left, reason, err
}

// checkGroup checks that the rows of a group agree on image and key, and returns the row that holds
// the image.
func (w *work) checkGroup(n numbered) (imageRow numbered, err error) {
	imageRow = n
	for i := range n.rows {
		one := &n.rows[i]
		if w.imagesHash(one) != 0 {
			imageRow.row, imageRow.number, imageRow.file, imageRow.root = one.row, one.number, one.file, w.roots[one.file.root]
			break
		}
	}
	for i := range n.rows {
		one := &n.rows[i]
		if other, has := one.row[otherImage].(string); has {
			return n, fmt.Errorf("two images: %s has %s, %s has %s", imageRow.place(), w.imagesShown(&imageRow), one.place(), other)
		}
		if id := one.row.text(w.Columns.ID); w.Columns.ID != "" && id != n.row.text(w.Columns.ID) {
			return n, fmt.Errorf("two keys: %s has %.100q, %s has %.100q", n.place(), n.row.text(w.Columns.ID), one.place(), id)
		}
	}
	return imageRow, nil
}

// place names a row for a message.
func (n *numbered) place() string { return fmt.Sprintf("row %d of %s", n.number, n.file.name) }

// row adds the content of one row.
func (f *groupFilling) row(n *numbered) (reason string, err error) {
	part := shards.Sample{Key: f.s.Key, Images: f.s.Images}
	if !slices.Contains(f.w.Columns.Names(), f.w.GroupBy) {
		delete(n.row, f.w.GroupBy) // the grouping has used it, so it is not left out
	}
	left, reason, err := cmp.Or(f.w.taken, f.w.plan).Fill(&part, n.row)
	f.leave(left...)
	if err == nil {
		err = f.split(n, part.Split)
		reason = cmp.Or(reason, Conflict)
	}
	if err != nil {
		return reason, err
	}
	for _, t := range part.Texts {
		if t.Score = nil; f.texts[t] {
			f.repeated("a text", n)
			continue
		}
		f.texts[t] = true
		f.s.Texts = append(f.s.Texts, t)
	}
	for _, q := range part.Questions {
		f.question(q, n)
	}
	for _, b := range part.Boxes {
		if is := fmt.Sprintf("%q %v", b.Label, []float32{b.Y0, b.X0, b.Y1, b.X1}); f.boxes[is] {
			f.repeated("a box", n)
		} else {
			f.boxes[is] = true
			f.s.Boxes = append(f.s.Boxes, b)
		}
	}
	f.s.Provenance.URL = cmp.Or(f.s.Provenance.URL, part.Provenance.URL)
	f.metadata(part.Metadata, n)
	return "", nil
}

// split sets the split from a row, and rejects a second, different one.
func (f *groupFilling) split(n *numbered, split string) error {
	if split == "" || f.w.Columns.Split == "" {
		f.s.Split = cmp.Or(f.s.Split, split)
		return nil
	}
	if n.row.text(f.w.Columns.Split) == "" {
		return nil // the row has no split
	}
	if f.splitAt.row != nil && f.s.Split != split {
		return fmt.Errorf("two splits: %s has %.100q, %s has %.100q", f.splitAt.place(), f.s.Split, n.place(), split)
	}
	if f.splitAt.row == nil {
		f.s.Split, f.splitAt = split, *n
	}
	return nil
}

// question adds a question, or adds answers to an equal earlier one. A repeated answer is dropped
// unless the questions have ids: then each row is a different annotator's.
func (f *groupFilling) question(q shards.Question, n *numbered) {
	is := askedOnce{q.ID, q.Text, q.Language, q.Kind}
	at, known := f.asked[is]
	if !known {
		f.asked[is] = len(f.s.Questions)
		f.s.Questions = append(f.s.Questions, q)
		return
	}
	before := &f.s.Questions[at]
	for _, a := range q.Answers {
		if q.ID == "" && slices.Contains(before.Answers, a) {
			f.repeated("a question with its answer", n)
			continue
		}
		before.Answers = append(before.Answers, a)
	}
	if len(q.Answers) == 0 {
		f.repeated("a question", n)
	}
}

// metadata adds a row's metadata. If rows differ, the first value stays.
func (f *groupFilling) metadata(fields map[string]string, n *numbered) {
	for _, name := range sortedKeys(fields) {
		if f.s.Metadata == nil {
			f.s.Metadata = map[string]string{}
		}
		switch before, has := f.s.Metadata[name]; {
		case !has:
			f.s.Metadata[name] = fields[name]
		case before != fields[name]:
			f.leave(shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf("column %s: values of a group's later rows that differ from the first", name), N: 1})
		}
	}
}

func (f *groupFilling) repeated(what string, n *numbered) {
	f.leave(shards.LeftOut{Reason: shards.LeftRepeat, Name: fmt.Sprintf("%s that an earlier row of the group has: %s", what, n.place()), N: 1})
}

// maxLeftNames bounds the left-out items that one group names for each reason.
const maxLeftNames = 8

// leave counts left-out items, combines those with one name, and names the first few for each
// reason.
func (f *groupFilling) leave(left ...shards.LeftOut) {
	for _, l := range left {
		of := 0
		at := slices.IndexFunc(f.left, func(o shards.LeftOut) bool {
			if o.Reason == l.Reason {
				of++
			}
			return o.Reason == l.Reason && (o.Name == l.Name || of >= maxLeftNames)
		})
		if at >= 0 {
			f.left[at].N = max(1, f.left[at].N) + max(1, l.N)
			continue
		}
		f.left = append(f.left, l)
	}
}

// checkGroupBy checks the column that rows are grouped by.
func (t *Table) checkGroupBy() error {
	switch {
	case t.GroupBy == "":
		return nil
	case t.Columns.SHA256 != "":
		return errors.New("--group-by cannot be combined with --sha256-column")
	case strings.TrimSpace(t.GroupBy) == "":
		return errors.New("--group-by: name a column")
	}
	return nil
}
