package evalsuite

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// AllSplits names all samples of a dataset, whatever their split.
const AllSplits = "all"

// LeftOut counts samples that a task could not use, and says why.
type LeftOut struct {
	Task   string   `json:"task,omitempty"`
	Reason string   `json:"reason"`
	Count  int      `json:"count"`
	Of     int      `json:"of"`
	Keys   []string `json:"keys"` // the first few
}

// String describes it in a clause.
func (l LeftOut) String() string {
	return fmt.Sprintf("%d of %d %s, for example %s", l.Count, l.Of, l.Reason, strings.Join(l.Keys, ", "))
}

// fewKeys is the number of names that a message lists.
const fewKeys = 3

func (l *LeftOut) add(key string) {
	if l.Count++; len(l.Keys) < fewKeys {
		l.Keys = append(l.Keys, key)
	}
}

// split holds the samples of a dataset's split, without the bytes of their images.
type split struct {
	data    mixture.Data
	name    string
	samples []shards.Sample // that have an image
	rows    []int           // of the samples, in the dataset
	without LeftOut         // samples without an image

	registry *mixture.Registry // of the tasks that are asked; nil for the built-in kinds
	trained  *stages.Trained   // the model that is asked; nil if there is none, or for no shots
}

// splitColumns are the columns that are read for all samples: what kinds of task ask of, but for
// the masks of boxes.
var splitColumns = []string{"key", "split", "texts", "questions", "images.format", "images.width", "images.height", "images.sha256",
	"boxes.label", "boxes.image", "boxes.y0", "boxes.x0", "boxes.y1", "boxes.x1", "metadata"}

// readSplit reads a split without the bytes of images. Unless rows is nil it takes those rows only.
// It draws at most atMost samples; 0 means all.
func readSplit(ctx context.Context, d mixture.Data, name string, rows []int, atMost int, seed uint64) (*split, error) {
	s := &split{data: d, name: name, without: LeftOut{Reason: "samples have no image"}}
	wanted := map[int]bool{}
	for _, row := range rows {
		wanted[row] = true
	}
	splits, row := map[string]int{}, -1
	for sample, err := range scan(d, splitColumns...) {
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		row++
		splits[sample.Split]++
		if name != AllSplits && sample.Split != name || rows != nil && !wanted[row] {
			continue
		}
		s.without.Of++
		if len(sample.Images) == 0 {
			s.without.add(sample.Key)
			continue
		}
		s.samples, s.rows = append(s.samples, sample), append(s.rows, row)
	}
	if s.without.Of == 0 {
		return nil, noSplit(d, name, splits)
	}
	if len(s.samples) == 0 {
		return nil, fmt.Errorf("split %s of %s: none of its %d samples has an image", name, d.Dir(), s.without.Of)
	}
	s.limit(atMost, seed)
	return s, nil
}

// limit keeps at most n samples, drawn by seed, in their order.
func (s *split) limit(n int, seed uint64) {
	if n <= 0 || n >= len(s.samples) {
		return
	}
	chosen := random.New(seed, random.Name("evaluation samples")).Perm(len(s.samples))[:n]
	slices.Sort(chosen)
	var samples []shards.Sample
	var rows []int
	for _, i := range chosen {
		samples, rows = append(samples, s.samples[i]), append(rows, s.rows[i])
	}
	s.samples, s.rows = samples, rows
}

// noSplit returns an error that lists the dataset's splits.
func noSplit(d mixture.Data, name string, splits map[string]int) error {
	if len(splits) == 0 {
		return fmt.Errorf("%s has no samples", d.Dir())
	}
	names := slices.Sorted(maps.Keys(splits))
	const shown = 12
	var list []string
	for _, have := range names[:min(shown, len(names))] {
		word := have
		if have == "" {
			word = "none (samples without a split: name " + AllSplits + ")"
		}
		list = append(list, fmt.Sprintf("%s: %d samples", word, splits[have]))
	}
	if more := len(names) - shown; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	if name == "" {
		return fmt.Errorf("the split of %s is missing: name one, or %s for every sample; it has %s", d.Dir(), AllSplits, strings.Join(list, ", "))
	}
	return fmt.Errorf("%s has no split %q; did you mean %q? It has %s", d.Dir(), name, strict.Nearest(name, names), strings.Join(list, ", "))
}

// SplitRows returns the rows of those samples of a split that have an image, in order.
func SplitRows(ctx context.Context, d mixture.Data, name string) ([]int, error) {
	s, err := readSplit(ctx, d, name, nil, 0, 0)
	if err != nil {
		return nil, err
	}
	return s.rows, nil
}

// request is a query whose images are read when it is predicted.
type request struct {
	mixture.Ask
	task   string
	row    int      // the row of the dataset, or the position of the image file
	shots  []int    // rows whose first images come before its own
	hashes []string // of its images; nil if they are not known yet
	sample int      // position among the split's samples
	key    string
}

// asker asks a task of the split, with shots if the model was trained with some.
func (s *split) asker(ctx context.Context, t mixture.Task) (*mixture.Asker, *split, error) {
	var o mixture.AskOptions
	if s.trained == nil {
		t.Shots = 0
	} else {
		o.Vocabulary, o.Encoder, o.Images = s.trained.Vocabulary, s.trained.Lengths.Encoder, s.trained.Images
		o.StreamVersion = s.trained.Recipe.Mixture.StreamVersion
	}
	var solved *split
	if t.Shots > 0 {
		var err error
		if solved, err = readSplit(ctx, s.data, cmp.Or(t.Split, trainedSplit), nil, 0, 0); err != nil {
			return nil, nil, fmt.Errorf("the model was trained with %d solved examples before each question: %w; or ask without them (--no-shots)", t.Shots, err)
		}
		o.Solved = solved.samples
	}
	asker, err := s.registry.NewAsker(t, s.samples, o)
	return asker, solved, err
}

// requests returns all that a task asks about the split, in the given languages or, if there are
// none, in all. An id that occurs twice is made unique by the sample's key.
func (s *split) requests(ctx context.Context, t mixture.Task, languages []string) ([]request, LeftOut, error) {
	t.Languages = languages
	left := LeftOut{Task: t.Kind, Reason: "samples have no " + needs(t), Of: len(s.samples)}
	asker, solved, err := s.asker(ctx, t)
	if err != nil {
		return nil, left, err
	}
	var all []request
	seen := map[string]bool{}
	for i := range s.samples {
		asks, err := asker.Asks(i)
		if err != nil {
			return nil, left, err
		}
		if len(asks) == 0 {
			left.add(s.samples[i].Key)
		}
		for n, ask := range asks {
			for again := n; seen[ask.ID]; again++ {
				ask.ID = fmt.Sprintf("%s#%d", s.samples[i].Key, again)
			}
			seen[ask.ID] = true
			all = append(all, s.request(i, t.Kind, ask, solved))
		}
	}
	return all, left, nil
}

// inLanguages asks about every sample in each language. It takes the references that the sample has
// in that language.
func (s *split) inLanguages(ctx context.Context, t mixture.Task, languages []string) ([]request, error) {
	askers := make([]*mixture.Asker, len(languages))
	var solved *split
	for n, language := range languages {
		t.Languages = []string{language}
		var err error
		if askers[n], solved, err = s.asker(ctx, t); err != nil {
			return nil, err
		}
	}
	var all []request
	for i := range s.samples {
		for n, language := range languages {
			asks, err := askers[n].Asks(i)
			if err == nil && len(asks) == 0 {
				asks, err = askers[n].AskIn(i, language)
			}
			if err != nil {
				return nil, err
			}
			for _, ask := range asks {
				all = append(all, s.request(i, t.Kind, ask, solved))
			}
		}
	}
	return all, nil
}

// request makes a request of what is asked about sample i. Solved has the samples of its shots.
func (s *split) request(i int, kind string, ask mixture.Ask, solved *split) request {
	r := request{Ask: ask, task: kind, row: s.rows[i], sample: i, key: s.samples[i].Key}
	for _, at := range ask.Shots {
		r.shots = append(r.shots, solved.rows[at])
		r.hashes = append(r.hashes, solved.samples[at].Images[0].SHA256)
	}
	for _, image := range shown(s.samples[i].Images, ask.Images) {
		r.hashes = append(r.hashes, image.SHA256)
	}
	if slices.Contains(r.hashes, "") {
		r.hashes = nil
	}
	return r
}

// shown returns the images of a sample at some places, all if places is nil.
func shown(images []shards.Image, places []int) []shards.Image {
	if places == nil {
		return images
	}
	chosen := make([]shards.Image, len(places))
	for i, at := range places {
		chosen[i] = images[at]
	}
	return chosen
}

// needs describes what a sample must have for a task.
func needs(t mixture.Task) string {
	in := ""
	if len(t.Languages) > 0 {
		in = " in " + strings.Join(t.Languages, ", ")
	}
	switch t.Kind {
	case "vqa", "vqg":
		return "question with an answer" + in
	case "ocr":
		return "text of kind ocr" + in
	case "detect", ObjectVQATask:
		if len(t.Objects) > 0 {
			return "label in " + strings.Join(t.Objects, ", ")
		}
		return "box with a label"
	case "segment":
		return "label whose masks all have codes, which pali3 masks encode makes"
	}
	if len(t.Texts) == 0 {
		return "caption" + in
	}
	return "text of kind " + strings.Join(t.Texts, " or ") + in
}
