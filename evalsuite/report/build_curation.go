package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// curationFile is the report of a curation, beside the dataset in a project folder.
const curationFile = "curation.json"

// readCuration reads the report of a curation, in the format of pali3 curate --json.
func readCuration(path string) (*Curation, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found struct {
		In, Out int64
		Rules   []struct {
			Name    string
			Removed int64
		}
		Texts    int64 `json:"texts_removed"`
		Merged   int64 `json:"texts_merged"`
		Warnings []string
	}
	if err := jsonerr.Explain(json.Unmarshal(content, &found)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	c := &Curation{In: found.In, Out: found.Out, Texts: found.Texts, Merged: found.Merged, Warnings: found.Warnings}
	for _, rule := range found.Rules {
		c.Rules = append(c.Rules, Rule{Name: rule.Name, Removed: rule.Removed})
	}
	return c, nil
}

// curationOfRejects counts the rejects of a dataset by reason, most frequent first. It returns nil
// if there are none and the dataset was not curated.
func curationOfRejects(d *shards.Dataset) (*Curation, error) {
	removed := map[string]int64{}
	for r, err := range d.Rejects() {
		if err != nil {
			return nil, err
		}
		removed[r.Reason]++
	}
	curated := slices.ContainsFunc(d.Manifest().Provenance, func(e shards.Entry) bool { return strings.Contains(e.Command, "curate") })
	if len(removed) == 0 && !curated {
		return nil, nil
	}
	c := &Curation{Out: int64(d.Len())}
	c.In = c.Out
	for _, rule := range sorted(removed) {
		c.In += rule.N
		c.Rules = append(c.Rules, Rule{Name: cmp.Or(rule.Name, "no reason given"), Removed: rule.N})
	}
	return c, nil
}

// curationOf returns the report beside the dataset, if it is about this dataset, else the counts of
// the dataset's rejects.
func curationOf(d *shards.Dataset) (*Curation, error) {
	if !shards.IsURL(d.Dir()) {
		beside := filepath.Join(filepath.Dir(filepath.Clean(d.Dir())), curationFile)
		if c, err := readCuration(beside); err == nil && c.Out == int64(d.Len()) {
			return c, nil
		}
	}
	return curationOfRejects(d)
}
