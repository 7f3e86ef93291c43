package webli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/shards"
)

// write makes the dataset of what stays in a temporary folder and renames it to out.
func write(ctx context.Context, in []*shards.Dataset, records []*record, out, command string) error {
	out = filepath.Clean(out)
	temporary := filepath.Join(filepath.Dir(out), ".tmp-curate-"+filepath.Base(out))
	if err := os.RemoveAll(temporary); err != nil { // of an interrupted run
		return err
	}
	defer os.RemoveAll(temporary)
	if err := writeDataset(ctx, in, records, temporary, command); err != nil {
		return fmt.Errorf("writing %s: %w", out, err)
	}
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) { // an empty folder
		return err
	}
	return os.Rename(temporary, out)
}

func writeDataset(ctx context.Context, in []*shards.Dataset, records []*record, dir, command string) error {
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		return err
	}
	defer w.Abort()
	err = eachSample(ctx, in, func(place int, from origin, s shards.Sample) error {
		r := records[place]
		if r.removedBy != "" {
			w.Reject(shards.Reject{Origin: from.String(), Key: r.key, Reason: r.removedBy, Detail: r.why})
			return nil
		}
		s.Texts = r.keptTexts(s.Texts)
		if err := w.Append(s); err != nil || !w.PartFull() {
			return err
		}
		_, _, err := w.EndPart()
		return err
	})
	if err != nil {
		return err
	}
	var sources []string
	for _, d := range in {
		sources = append(sources, d.Dir())
	}
	return w.Commit(command, sources...)
}

func (r *record) droppedTexts() int {
	n := 0
	for _, t := range r.texts {
		if t.dropped {
			n++
		}
	}
	return n
}

// keptTexts returns the texts that were not dropped, without changing the slice given.
func (r *record) keptTexts(texts []shards.Text) []shards.Text {
	if r.droppedTexts() == 0 {
		return texts
	}
	var kept []shards.Text
	for i, t := range r.texts {
		if !t.dropped {
			kept = append(kept, texts[i])
		}
	}
	return kept
}
