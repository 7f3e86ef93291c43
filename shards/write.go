package shards

import (
	"fmt"
	"iter"

	"github.com/pali3/pali3/internal/imagefile"
)

// NewImage returns an encoded picture with what its bytes say of it: format, size and hash. A
// picture that is of no known format, cut short or too large is an error.
func NewImage(encoded []byte) (Image, error) {
	info, err := imagefile.Inspect(encoded)
	if err != nil {
		return Image{}, fmt.Errorf("picture of %d bytes: %w", len(encoded), err)
	}
	return Image{
		Bytes: encoded, Format: info.Format, Width: int32(info.Width), Height: int32(info.Height), SHA256: Hash(encoded),
	}, nil
}

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
