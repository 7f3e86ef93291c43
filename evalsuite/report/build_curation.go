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

// curationFile is the report of a curation that lies beside its dataset in a project folder.
const curationFile = "curation.json"

// readCuration reads the report of a curation, as pali3 curate --json prints it.
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

// curationOfRejects says what was rejected when a dataset was made, from its rejects: the most frequent
// reason first. Nil if nothing was and no curation made it.
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

// curationOf takes the report beside the dataset if it is of this dataset, else the dataset's own
// rejects.
func curationOf(d *shards.Dataset) (*Curation, error) {
	if !shards.IsURL(d.Dir()) {
		beside := filepath.Join(filepath.Dir(filepath.Clean(d.Dir())), curationFile)
		if c, err := readCuration(beside); err == nil && c.Out == int64(d.Len()) {
			return c, nil
		}
	}
	return curationOfRejects(d)
}
