package report

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

func (a *album) data(d *shards.Dataset, model *sentencepiece.Model, split string, images int, seed uint64) (shown Data, err error) {
	t := d.Manifest().Totals
	shown.Name = datasetName(d)
	shown.Facts = []Fact{
		{Label: "Samples", Value: number(t.Rows)}, {Label: "Images", Value: number(t.Images)},
		{Label: "Texts", Value: number(t.Texts)}, {Label: "Questions", Value: number(t.Questions)},
		{Label: "Size of images", Value: size(t.Bytes)},
	}
	shown.Splits, shown.Languages = sorted(t.Splits), sorted(t.Languages)
	if shown.Lengths, err = lengths(d, model); err != nil {
		return shown, err
	}
	shown.Images, err = a.contactSheet(d, split, images, seed)
	return shown, err
}

func datasetName(d *shards.Dataset) string {
	if shards.IsURL(d.Dir()) {
		return d.Dir()
	}
	return filepath.Base(d.Dir())
}

// sorted returns the counts, highest first.
func sorted(of map[string]int64) (counts []Count) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		counts = append(counts, Count{Name: name, N: of[name]})
	}
	slices.SortStableFunc(counts, func(a, b Count) int { return cmp.Compare(b.N, a.N) })
	return counts
}

func (a *album) contactSheet(d *shards.Dataset, split string, n int, seed uint64) (images []Image, err error) {
	rows, err := imageRows(d, split)
	if err != nil {
		return nil, err
	}
	for _, i := range random.New(seed, random.Name("contact sheet")).Perm(len(rows)) {
		if len(images) == n {
			break
		}
		sample, err := d.Row(rows[i])
		if err != nil {
			return nil, err
		}
		if thumb := a.add(sample.Images[0].Bytes, contactSide, nameOf(&sample)); thumb != nil {
			images = append(images, *thumb)
		}
	}
	return images, nil
}

// imageRows returns the rows of a split that have images. An empty split means all. It reads no
// image.
func imageRows(d *shards.Dataset, split string) (rows []int, err error) {
	view, err := d.Select("split", "images.format")
	if err != nil {
		return nil, err
	}
	row := 0
	for s, err := range view.Samples() {
		if err != nil {
			return nil, err
		}
		if (split == "" || s.Split == split) && len(s.Images) > 0 {
			rows = append(rows, row)
		}
		row++
	}
	return rows, nil
}

// nameOf returns a sample's first English text, or its first, or its key.
func nameOf(s *shards.Sample) string {
	for _, t := range s.Texts {
		if t.Language == "en" {
			return clip(t.Value)
		}
	}
	if len(s.Texts) > 0 {
		return clip(s.Texts[0].Value)
	}
	return clip(s.Key)
}

// maxText is the length of the longest text on the page, in characters.
const maxText = 400

// clip shortens a text to maxText.
func clip(text string) string {
	n := 0
	for at := range text {
		if n++; n > maxText {
			return text[:at] + "…"
		}
	}
	return text
}

// maxMeasured is the number of texts whose length is measured.
const maxMeasured = 200_000

// lengths returns the histogram of the lengths of a dataset's texts, or nil if it has none.
func lengths(d *shards.Dataset, model *sentencepiece.Model) (*Histogram, error) {
	view, err := d.Select("texts.value")
	if err != nil {
		return nil, err
	}
	h := &Histogram{Title: "Texts by length in characters"}
	measure := func(text string) int { return len([]rune(text)) }
	if model != nil {
		h.Title = "Texts by length in pieces"
		measure = func(text string) int {
			var s sentencepiece.Stats
			s.Count(model, text)
			return s.IDs
		}
	}
	var all []int
	for s, err := range view.Samples() {
		if err != nil {
			return nil, err
		}
		for _, t := range s.Texts {
			if len(all) < maxMeasured {
				all = append(all, measure(t.Value))
			}
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.Sort(all)
	h.Bins = bins(all)
	h.Note = fmt.Sprintf("Median %d, 95th percentile %d, longest %d.", all[len(all)/2], all[(len(all)*95-1)/100], all[len(all)-1])
	if total := d.Manifest().Totals.Texts; total > int64(len(all)) {
		h.Note += fmt.Sprintf(" Measured on the first %s texts.", number(int64(len(all))))
	}
	return h, nil
}

// bins puts sorted lengths into about a dozen bins of equal, round widths. The last bin is open if
// a few lengths are much longer than the rest.
func bins(all []int) (counts []Count) {
	high := all[len(all)-1]
	if usual := all[(len(all)*99-1)/100]; high > 2*usual {
		high = usual
	}
	width := 1
	for _, w := range []int{1, 2, 3, 4, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000} {
		if width = w; high/w < 12 {
			break
		}
	}
	n := high/width + 1
	counts = make([]Count, n, n+1)
	for i := range counts {
		counts[i].Name = fmt.Sprint(i * width)
		if width > 1 {
			counts[i].Name = fmt.Sprintf("%d–%d", i*width, (i+1)*width-1)
		}
	}
	beyond := int64(0)
	for _, length := range all {
		if length/width < n {
			counts[length/width].N++
		} else {
			beyond++
		}
	}
	for len(counts) > 1 && counts[0].N == 0 {
		counts = counts[1:]
	}
	if beyond > 0 {
		counts = append(counts, Count{Name: fmt.Sprintf("%d or more", n*width), N: beyond})
	}
	return counts
}

// number formats a count with thin spaces between thousands.
func number(n int64) string {
	digits := fmt.Sprint(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteRune('\u202f')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// size formats a number of bytes.
func size(bytes int64) string {
	switch {
	case bytes < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(bytes)/(1<<10))
	case bytes < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
