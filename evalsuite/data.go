package evalsuite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// scan yields all samples of data in order, without the bytes of images. Of a dataset it reads the
// given columns alone. Its samples are the caller's.
func scan(d mixture.Data, columns ...string) iter.Seq2[shards.Sample, error] {
	if d, ok := d.(*shards.Dataset); ok {
		view, err := d.Select(columns...)
		if err != nil {
			return func(yield func(shards.Sample, error) bool) { yield(shards.Sample{}, err) }
		}
		return view.Samples()
	}
	return func(yield func(shards.Sample, error) bool) {
		row := 0
		for s, err := range mixture.Scan(d) {
			if err != nil {
				yield(shards.Sample{}, fmt.Errorf("%s row %d: %w", d.Dir(), row, err))
				return
			}
			if !yield(withoutBytes(s), nil) {
				return
			}
			row++
		}
		if row != d.Len() {
			yield(shards.Sample{}, fmt.Errorf("%s: a scan has %d rows of %d", d.Dir(), row, d.Len()))
		}
	}
}

// scanSplit yields the samples of a split, without the bytes of images. The next may overwrite a
// sample.
func scanSplit(d mixture.Data, split string, columns ...string) iter.Seq2[*shards.Sample, error] {
	if d, ok := d.(*shards.Dataset); ok {
		view, err := d.Select(columns...)
		if err == nil {
			view, err = view.Where(shards.Equal("split", split))
		}
		if err != nil {
			return func(yield func(*shards.Sample, error) bool) { yield(nil, err) }
		}
		return view.Scan()
	}
	return func(yield func(*shards.Sample, error) bool) {
		for s, err := range scan(d) {
			if (err != nil || s.Split == split) && !yield(&s, err) {
				return
			}
		}
	}
}

// withoutBytes returns a copy of a sample's texts and numbers, with the hashes of images whose
// bytes it has in place of these.
func withoutBytes(s *shards.Sample) shards.Sample {
	c := shards.Sample{Key: strings.Clone(s.Key), Split: strings.Clone(s.Split), Boxes: slices.Clone(s.Boxes)}
	for _, image := range s.Images {
		hash := strings.Clone(image.SHA256)
		if hash == "" && len(image.Bytes) > 0 {
			hash = shards.Hash(image.Bytes)
		}
		c.Images = append(c.Images, shards.Image{Format: strings.Clone(image.Format), Width: image.Width, Height: image.Height, SHA256: hash})
	}
	for _, t := range s.Texts {
		c.Texts = append(c.Texts, shards.Text{Kind: strings.Clone(t.Kind), Language: strings.Clone(t.Language), Value: strings.Clone(t.Value)})
	}
	for _, q := range s.Questions {
		own := shards.Question{ID: strings.Clone(q.ID), Text: strings.Clone(q.Text), Language: strings.Clone(q.Language), Kind: strings.Clone(q.Kind)}
		for _, a := range q.Answers {
			own.Answers = append(own.Answers, shards.Answer{Text: strings.Clone(a.Text), Confidence: strings.Clone(a.Confidence)})
		}
		c.Questions = append(c.Questions, own)
	}
	for i := range c.Boxes {
		c.Boxes[i].Label, c.Boxes[i].Mask = strings.Clone(c.Boxes[i].Label), nil
	}
	for name, value := range maps.All(s.Metadata) {
		if c.Metadata == nil {
			c.Metadata = map[string]string{}
		}
		c.Metadata[strings.Clone(name)] = strings.Clone(value)
	}
	return c
}

// imagesOfRows yields the images of some rows, in that order.
func imagesOfRows(d mixture.Data, rows []int) iter.Seq2[[]shards.Image, error] {
	return func(yield func([]shards.Image, error) bool) {
		for sample, err := range rowsOf(d, rows) {
			if !yield(sample.Images, err) || err != nil {
				return
			}
		}
	}
}

// rowsOf yields the samples of some rows, of a dataset with their images alone.
func rowsOf(d mixture.Data, rows []int) iter.Seq2[shards.Sample, error] {
	if d, ok := d.(*shards.Dataset); ok {
		view, err := d.Select("images")
		if err != nil {
			return func(yield func(shards.Sample, error) bool) { yield(shards.Sample{}, err) }
		}
		return view.Rows(rows)
	}
	return func(yield func(shards.Sample, error) bool) {
		for _, row := range rows {
			s, err := d.Row(row)
			if err != nil {
				err = fmt.Errorf("%s row %d: %w", d.Dir(), row, err)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// dataRevision returns a hash of what data hold, wherever they are. Of a program's own rows it is
// that of their fingerprint.
func dataRevision(d mixture.Data) string {
	h := sha256.New()
	if dataset, ok := d.(*shards.Dataset); ok {
		for _, file := range dataset.Manifest().Files {
			fmt.Fprintf(h, "%d %d %s\n", file.Rows, file.Bytes, file.SHA256)
		}
	} else {
		io.WriteString(h, mixture.DataFingerprint(d))
	}
	return hex.EncodeToString(h.Sum(nil))
}
