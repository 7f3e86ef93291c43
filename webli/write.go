package webli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/shards"
)

// write writes the dataset of the samples that stay, whole or not at all.
func write(ctx context.Context, in []*shards.Dataset, candidates []*Candidate, gifts map[*Candidate]*gift, out, command string) error {
	return writeWhole(out, "curate", func(dir string) error {
		return writeDataset(ctx, in, candidates, gifts, dir, command)
	})
}

// mustBeFree returns an error if out is a folder that is not empty.
func mustBeFree(out string) error {
	entries, err := os.ReadDir(out)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; name a new folder for the new dataset", out)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// writeWhole lets fill make a dataset in a temporary folder beside out and renames it to out.
func writeWhole(out, purpose string, fill func(dir string) error) error {
	out = filepath.Clean(out)
	temporary := filepath.Join(filepath.Dir(out), ".tmp-"+purpose+"-"+filepath.Base(out))
	if err := os.RemoveAll(temporary); err != nil { // of an interrupted run
		return err
	}
	defer os.RemoveAll(temporary)
	if err := fill(temporary); err != nil {
		return fmt.Errorf("writing %s: %w", out, err)
	}
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) { // an empty folder
		return err
	}
	return os.Rename(temporary, out)
}

func writeDataset(ctx context.Context, in []*shards.Dataset, candidates []*Candidate, gifts map[*Candidate]*gift, dir, command string) error {
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		return err
	}
	defer w.Abort()
	err = eachSample(ctx, in, (*shards.Dataset).All, func(place int, from Origin, s shards.Sample) error {
		c := candidates[place]
		if c.removedBy != "" {
			w.Reject(shards.Reject{Origin: from.String(), Key: c.Key, Reason: c.removedBy, Detail: c.why})
			return nil
		}
		s.Texts = c.keptTexts(s.Texts)
		if g := gifts[c]; g != nil {
			s.Texts = slices.Concat(s.Texts, g.texts)
			s.Questions = slices.Concat(s.Questions, g.questions)
		}
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

// keptTexts returns the texts that were not dropped, without changing the slice given.
func (c *Candidate) keptTexts(texts []shards.Text) []shards.Text {
	if c.droppedTexts() == 0 {
		return texts
	}
	var kept []shards.Text
	for i, t := range c.texts {
		if !t.dropped {
			kept = append(kept, texts[i])
		}
	}
	return kept
}
