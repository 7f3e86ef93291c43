package mixture

import (
	"context"
)

// Measured is how the first examples of a task fit the recipe.
type Measured struct {
	Task string `json:"task"`
	// Samples of the dataset that the task can use.
	Samples int `json:"samples"`
	// Examples that were made, each of another sample, and how many of them failed.
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

// Measure makes up to the given number of examples of each task, in order, and returns how they fit
// the recipe's lengths. It decodes the images of the first few. Tasks of weight zero have no
// examples.
func (s *Stream) Measure(ctx context.Context, examples, images int) ([]Measured, error) {
	var all []Measured
	for _, t := range s.tasks {
		m := Measured{Task: t.Name}
		if t.source != nil {
			m.Samples = t.source.len()
			for at := range min(examples, m.Samples) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if err := s.measure(t, at, at < images, &m); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// measure makes the example at a position of a task's first epoch.
func (s *Stream) measure(t *task, at int, images bool, m *Measured) error {
	d, err := t.draw(s.recipe.Seed, at, 0)
	if err != nil {
		return err
	}
	m.Examples++
	example, err := s.example(t, &d)
	if err == nil && images && t.kind.Image {
		for i := range min(len(d.sample.Images), s.shape.Images) {
			if _, err = s.pipeline.Apply(d.sample.Images[i].Bytes, d.rng); err != nil {
				break
			}
		}
	}
	if err != nil {
		if m.Failed++; m.Reason == "" {
			m.Reason = d.sample.Key + ": " + err.Error()
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
	if t.kind.Target {
		decoder := len(example.target) + 1
		m.LongestDecoder = max(m.LongestDecoder, decoder)
		if decoder > s.shape.Decoder {
			m.TruncatedDecoder++
		}
	}
	return nil
}
