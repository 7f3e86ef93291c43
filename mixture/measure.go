package mixture

import (
	"context"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/random"
)

// Measured tells what a task's samples give, by its first examples.
type Measured struct {
	Task string `json:"task"`
	// Samples of the dataset that the task can use.
	Samples int `json:"samples"`
	// Examples that were made, of as many different samples, and those of them that failed.
	Examples int `json:"examples"`
	Failed   int `json:"failed"`
	// Reason of the first failure.
	Reason string `json:"reason,omitempty"`
	// LongestEncoder and LongestDecoder are the ids of the longest texts, ends of sentence counted,
	// and TruncatedEncoder and TruncatedDecoder the examples whose texts do not fit the windows.
	LongestEncoder   int `json:"longest_encoder"`
	LongestDecoder   int `json:"longest_decoder"`
	TruncatedEncoder int `json:"truncated_encoder"`
	TruncatedDecoder int `json:"truncated_decoder"`
}

// OpenAll opens a recipe as [Open] does and returns all that keeps it from being opened. If there
// is anything, the stream is nil.
func OpenAll(recipe Recipe, o Options) (*Stream, strict.Problems) {
	s := newStream(recipe, o)
	var all strict.Problems
	for _, f := range s.open(true) {
		all.Add(f.path, "%s", strings.TrimPrefix(f.err.Error(), "recipe: "))
	}
	if len(all) > 0 {
		s.Close()
		return nil, all
	}
	return s, nil
}

// Measure makes the first examples of each task, at most so many, decodes the images of the first
// few of them, and tells how they fit. Tasks of weight zero have no examples.
func (s *Stream) Measure(ctx context.Context, examples, images int) ([]Measured, error) {
	var all []Measured
	for number := range s.recipe.Tasks {
		m := Measured{Task: s.recipe.Tasks[number].Name}
		if from := s.sources[number]; from != nil {
			m.Samples = len(from.rows)
			for at := range min(examples, m.Samples) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if err := s.measure(number, at, at < images, &m); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// measure makes the example of a task at a position of its first epoch.
func (s *Stream) measure(number, at int, image bool, m *Measured) error {
	from, task := s.sources[number], &s.recipe.Tasks[number]
	key := random.Key(s.recipe.Seed, random.Name(task.Name), 0)
	sample, err := from.dataset.Row(from.rows[from.order.At(at, key)])
	if err != nil {
		return err
	}
	rng := random.New(key, random.Name(sample.Key))
	m.Examples++
	example, err := s.example(number, &sample, rng)
	if err == nil && image && s.kinds[number].Image {
		for i := range min(len(sample.Images), s.shape.Images) {
			if _, err = s.pipeline.Apply(sample.Images[i].Bytes, rng); err != nil {
				break
			}
		}
	}
	if err != nil {
		if m.Failed++; m.Reason == "" {
			m.Reason = sample.Key + ": " + err.Error()
		}
		return nil
	}
	encoder := len(example.encoder) + 1
	for _, text := range example.texts {
		encoder = max(encoder, len(text)+1)
	}
	m.LongestEncoder = max(m.LongestEncoder, encoder)
	if encoder > s.shape.Encoder {
		m.TruncatedEncoder++
	}
	if s.kinds[number].Target {
		decoder := len(example.target) + 1
		m.LongestDecoder = max(m.LongestDecoder, decoder)
		if decoder > s.shape.Decoder {
			m.TruncatedDecoder++
		}
	}
	return nil
}

// Shape returns the shape of a recipe's batches, its files unread, and the zero shape if it has
// problems.
func (r Recipe) Shape() Shape {
	s := newStream(r, Options{Hosts: 1})
	var err error
	if s.pipeline, err = r.Pipeline(); err != nil || len(r.Problems()) > 0 {
		return Shape{}
	}
	return s.shapeOf()
}
