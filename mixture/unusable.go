package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// noneUsable is the error of a task without samples: what it wants, and what the dataset has.
func noneUsable(data Data, t *Task) error {
	wants := fmt.Sprintf("task %s: no sample of %s can be used: split %q, kind %s, texts %v, languages %v",
		t.Name, data.Dir(), cmp.Or(t.Split, "train"), t.Kind, t.Texts, t.Languages)
	if t.MinImages > 1 {
		wants += fmt.Sprintf(", min_images %d", t.MinImages)
	}
	c, err := takeCensus(data, t.split())
	if err != nil {
		return err
	}
	if c.samples == 0 {
		return fmt.Errorf("%s; its samples are in the splits %s (split: all takes every sample)", wants, list(c.splits))
	}
	if t.Kind == "detect" || t.Kind == "segment" || t.Kind == "region_caption" {
		err := fmt.Errorf("%s; of the %d samples of that split %d have boxes, %d masks and %d codes of masks", wants, c.samples, c.boxes, c.masks, c.codes)
		if t.Kind == "segment" && c.masks > 0 && c.codes == 0 {
			err = fmt.Errorf("%w: pali3 masks encode makes codes of masks", err)
		}
		return err
	}
	return fmt.Errorf("%s; of the %d samples of that split %d have images; kinds of text: %s; questions: %s; languages: %s",
		wants, c.samples, c.images, list(c.texts), list(c.questions), list(c.languages))
}

// census counts what the samples of a split have.
type census struct {
	samples, images, boxes, masks, codes int
	splits, texts, questions, languages  map[string]int
}

func takeCensus(data Data, split string) (census, error) {
	c := census{splits: map[string]int{}, texts: map[string]int{}, questions: map[string]int{}, languages: map[string]int{}}
	for sample, err := range Scan(data) {
		if err != nil {
			return c, err
		}
		addName(c.splits, sample.Split)
		if split != "" && sample.Split != split {
			continue
		}
		c.samples++
		c.images += min(1, len(sample.Images))
		c.countBoxes(sample)
		for i := range sample.Texts {
			addName(c.texts, sample.Texts[i].Kind)
			addName(c.languages, sample.Texts[i].Language)
		}
		for i := range sample.Questions {
			addName(c.questions, sample.Questions[i].Kind)
			addName(c.languages, sample.Questions[i].Language)
		}
	}
	return c, nil
}

// countBoxes counts a sample that has boxes, one that has a mask and one that has codes.
func (c *census) countBoxes(s *shards.Sample) {
	c.boxes += min(1, len(s.Boxes))
	if slices.ContainsFunc(s.Boxes, func(b shards.Box) bool { return b.Mask != nil }) {
		c.masks++
	}
	if s.Metadata[MaskCodesField] != "" {
		c.codes++
	}
}

// maxNames is how many different names are counted.
const maxNames = 1000

func addName(names map[string]int, name string) {
	if _, known := names[name]; known || len(names) < maxNames {
		names[strings.Clone(name)]++
	}
}

// list writes the most frequent names with their counts.
func list(names map[string]int) string {
	if len(names) == 0 {
		return "none"
	}
	sorted := slices.SortedFunc(maps.Keys(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(names[b], names[a]), strings.Compare(a, b))
	})
	const most = 8
	var parts []string
	for _, name := range sorted[:min(most, len(sorted))] {
		parts = append(parts, fmt.Sprintf("%s %d", cmp.Or(name, `""`), names[name]))
	}
	if len(sorted) > most {
		parts = append(parts, fmt.Sprintf("and %d more", len(sorted)-most))
	}
	return strings.Join(parts, ", ")
}
