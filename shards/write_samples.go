package shards

import (
	"fmt"
	"iter"
)

// Write makes the dataset dir of an iterator's samples and returns what they count. Of an image the
// bytes are enough: what NewImage says of them is filled in. It is all or nothing: an error of the
// iterator, a bad picture, an empty key or one that came before ends it, and no dataset is there.
// Where there is one already the error wraps fs.ErrExist.
//
// Sources that are large, or that may hold bad records, go through package ingest, which counts
// what it rejects and resumes; [Create] adds to a dataset.
func Write(dir string, samples iter.Seq2[Sample, error]) (Stat, error) {
	w, err := CreateNew(dir, Limits{})
	if err != nil {
		return Stat{}, err
	}
	defer w.Abort()
	keys := map[string]bool{}
	for s, err := range samples {
		if err == nil {
			err = w.add(s, keys)
		}
		if err != nil {
			return Stat{}, fmt.Errorf("writing dataset %s: sample %d (%q): %w", dir, len(keys), s.Key, err)
		}
	}
	if err := w.Commit("shards.Write"); err != nil {
		return Stat{}, err
	}
	return w.Stat(), nil
}

// add completes a sample of Write and appends it.
func (w *Writer) add(s Sample, keys map[string]bool) error {
	if s.Key == "" {
		return fmt.Errorf("it has no key")
	}
	if keys[s.Key] {
		return fmt.Errorf("an earlier sample has that key")
	}
	images := make([]Image, len(s.Images))
	for i, image := range s.Images {
		var err error
		if images[i], err = NewImage(image.Bytes); err != nil {
			return fmt.Errorf("image %d: %w", i, err)
		}
	}
	s.Images = images
	if err := w.Append(s); err != nil {
		return err
	}
	keys[s.Key] = true
	if w.PartFull() {
		_, _, err := w.EndPart()
		return err
	}
	return nil
}
