package shards

import (
	"fmt"
	"iter"
)

// Write writes the samples of an iterator to a new dataset in dir and returns their counts. Images
// need only their bytes: Write sets the other fields as [NewImage] does. Write stops at an error of
// the iterator, a bad image, and an empty or repeated key, and then leaves no dataset. If dir has a
// dataset already, the error wraps fs.ErrExist.
//
// Package ingest suits large sources and those that may have bad records: it counts what it
// rejects, and resumes. [Create] adds to a dataset.
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

// add completes a sample and appends it.
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
