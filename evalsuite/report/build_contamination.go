package report

import (
	"context"
	"fmt"
	"strings"

	"github.com/pali3/pali3/evalsuite/contamination"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// Contamination shows what of a benchmark is in training data.
type Contamination struct {
	Kinds    []Count // kind -> items
	All      int
	Rules    []ContaminationRule
	Scores   []ContaminationScore
	Examples []ContaminationExample
	Shown    string // how many of the items found are examples
}

// ContaminationRule is a rule with what it found.
type ContaminationRule struct {
	Name, About, Source string
	Items, Rows         int
}

// ContaminationScore is a metric on some of the items.
type ContaminationScore struct {
	Metric, Of string
	Score      metrics.Score
}

// ContaminationExample is an item of the benchmark beside the training row in which it was found.
type ContaminationExample struct {
	Benchmark, Train *Image // nil if there is none, or if it cannot be shown
	Question         string // of the item
	Answers          string
	Rule             string
	Row              string // of the training data
	Likeness         string
	Shared           string // words
}

// ContaminationOptions say what the page of a contamination shows.
type ContaminationOptions struct {
	Benchmark string // its name
	Samples   int    // examples; they are taken from all rules in turn
	// Train are the training datasets, from which the images of examples are read. Images returns
	// those of samples of the benchmark, by key.
	Train  []*shards.Dataset
	Images func(keys map[string]bool) (map[string][]shards.Image, error)
}

// BuildContamination returns the page about what of a benchmark is in training data: counts, scores
// on clean and contaminated items, and items beside the training rows in which they were found.
func BuildContamination(ctx context.Context, r *contamination.Result, o ContaminationOptions) (*Report, error) {
	c := &Contamination{All: r.Counts.All}
	for _, k := range []struct {
		name string
		n    int
	}{
		{"clean", r.Counts.Clean}, {"contaminated", r.Counts.Contaminated}, {"image", r.Counts.Image}, {"text", r.Counts.Text},
		{"both in one row", r.Counts.Pair},
	} {
		c.Kinds = append(c.Kinds, Count{k.name, int64(k.n)})
	}
	for _, f := range r.Rules {
		c.Rules = append(c.Rules, ContaminationRule{f.Name, f.About, f.Source, f.Items, f.Rows})
	}
	c.Scores = contaminationScores(r.Scores)
	report := &Report{
		Title: "Contamination of " + o.Benchmark,
		Summary: fmt.Sprintf("%d of %d items are in the training data by at least one rule.",
			r.Counts.Contaminated, r.Counts.All),
		Notes: r.Notes(), Contamination: c,
	}
	rows, images := 0, 0
	for _, s := range r.Train {
		rows, images = rows+s.Rows, images+s.Images
	}
	report.Facts = []Fact{
		{"Items", count(int64(r.Counts.All))}, {"Images", count(int64(r.Images))},
		{"Training rows", count(int64(rows))}, {"Training images compared", count(int64(images))},
		{"Training rows with a match", count(int64(r.Touched))},
	}
	b := contaminationBuilder{options: o, album: &album{}}
	if err := b.examples(ctx, c, r.Contaminated); err != nil {
		return nil, err
	}
	report.Notes = append(report.Notes, b.album.notes()...)
	return report, nil
}

func contaminationScores(all []contamination.Scores) (scores []ContaminationScore) {
	for _, s := range all {
		for _, part := range []struct {
			of    string
			score metrics.Score
		}{
			{"all items", s.All}, {"clean", s.Clean}, {"contaminated", s.Contaminated},
			{"contaminated: image", s.Kinds[contamination.Image]}, {"contaminated: text", s.Kinds[contamination.Text]},
			{"contaminated: both in one row", s.Kinds[contamination.Pair]},
			{"difference: contaminated less clean", s.Difference}, {"raised by: all less clean", s.Raised},
		} {
			if part.score.N > 0 {
				scores = append(scores, ContaminationScore{s.Metric, part.of, part.score})
			}
		}
	}
	return scores
}

// contaminationBuilder collects examples.
type contaminationBuilder struct {
	options   ContaminationOptions
	album     *album
	benchmark map[string][]shards.Image // by key
}

// chosen is an item with the match to show.
type chosen struct {
	item  *contamination.Contaminated
	match *contamination.Match
}

// choose takes items from all rules in turn, so that a frequent rule does not fill the page.
func choose(items []contamination.Contaminated, n int) (all []chosen) {
	byRule := map[string][]chosen{}
	var rules []string
	for i := range items {
		m := &items[i].Matches[0]
		for k := range items[i].Matches { // the pair says more than the image alone
			if items[i].Matches[k].Kind == contamination.Pair {
				m = &items[i].Matches[k]
			}
		}
		if byRule[m.Rule] == nil {
			rules = append(rules, m.Rule)
		}
		byRule[m.Rule] = append(byRule[m.Rule], chosen{&items[i], m})
	}
	for turn := 0; len(all) < min(n, len(items)); turn++ {
		for _, rule := range rules {
			if turn < len(byRule[rule]) && len(all) < n {
				all = append(all, byRule[rule][turn])
			}
		}
	}
	return all
}

func (b *contaminationBuilder) examples(ctx context.Context, c *Contamination, items []contamination.Contaminated) (err error) {
	all := choose(items, b.options.Samples)
	keys := map[string]bool{}
	for _, e := range all {
		keys[e.item.Image] = true
	}
	if b.options.Images != nil && len(keys) > 0 {
		if b.benchmark, err = b.options.Images(keys); err != nil {
			return err
		}
	}
	for _, e := range all {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		shown, err := b.example(e)
		if err != nil {
			return err
		}
		c.Examples = append(c.Examples, shown)
	}
	if len(items) > len(all) {
		c.Shown = fmt.Sprintf("%s of %s items are shown, some of each rule; all are in %s.", count(int64(len(all))), count(int64(len(items))), contamination.ItemsFile)
	}
	return nil
}

func (b *contaminationBuilder) example(e chosen) (ContaminationExample, error) {
	m := e.match
	shown := ContaminationExample{
		Question: clip(e.item.Question), Answers: clip(strings.Join(e.item.Answers, " · ")), Rule: m.Rule,
		Row: fmt.Sprintf("%s row %d (%s)", m.Dataset, m.Row, m.Key), Shared: clip(m.Shared),
	}
	if images := b.benchmark[e.item.Image]; len(images) > 0 {
		at := 0
		if _, err := fmt.Sscanf(m.Of, "images[%d]", &at); err != nil || at >= len(images) {
			at = 0
		}
		shown.Benchmark = b.album.add(images[at].Bytes, gallerySide, "image of the benchmark: "+e.item.Image)
	}
	if l := m.Like; l != nil && l.From != nil {
		shown.Likeness = fmt.Sprintf("cut from rows %.0f%% to %.0f%% and columns %.0f%% to %.0f%%; %d corners agree; correlation %.3f",
			100*l.From[0], 100*l.From[2], 100*l.From[1], 100*l.From[3], l.Corners, l.Detail)
	} else if l != nil {
		shown.Likeness = fmt.Sprintf("%d of 64 bits and %d of 255 levels differ; correlation %.3f", l.Bits, l.Colour, l.Detail)
	}
	for _, d := range b.options.Train {
		if d.Dir() != m.Dataset {
			continue
		}
		s, err := d.Row(m.Row)
		if err != nil {
			return shown, fmt.Errorf("reading row %d of %s: %w", m.Row, m.Dataset, err)
		}
		at := 0
		if m.Image != nil {
			at = *m.Image
		}
		if at < len(s.Images) {
			shown.Train = b.album.add(s.Images[at].Bytes, gallerySide, "training image: "+m.Key)
		}
		break
	}
	return shown, nil
}
