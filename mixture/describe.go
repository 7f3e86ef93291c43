package mixture

import (
	"strings"
)

// Example is an example of a batch as a person reads it.
type Example struct {
	Step    int    `json:"step"`
	Row     int    `json:"row"`
	Segment int    `json:"segment,omitempty"` // of a packed row, from 1
	Task    string `json:"task"`
	Key     string `json:"key"`
	Split   string `json:"split"`
	Prompt  string `json:"prompt"`
	Target  string `json:"target,omitempty"`
	Encoder int    `json:"encoder_ids"` // that are not padding
	Decoder int    `json:"decoder_ids"`
	// Truncated counts the ids that did not fit into the recipe's lengths.
	Truncated int `json:"cut,omitempty"`
}

// Describe decodes the examples of a batch.
func (s *Stream) Describe(b *Batch) []Example {
	examples := make([]Example, b.Examples())
	for i := range examples {
		row, segment := b.RowOf(i)
		encoder, targets := b.ExampleIDs(i)
		e := Example{
			Step: b.Step, Row: row, Task: s.recipe.Tasks[b.Tasks[i]].Name, Key: b.Keys[i],
			Prompt: strings.TrimSpace(s.vocab.DecodeToEOS(encoder)), Target: strings.TrimSpace(s.vocab.DecodeToEOS(targets)),
			Encoder: used(encoder), Decoder: used(targets), Truncated: int(b.Truncated[i]),
		}
		if b.Segments != nil {
			e.Segment = segment
		}
		if sample, err := s.datasets[b.Origins[i]].data().Row(b.Indices[i]); err == nil {
			e.Split = sample.Split
		}
		examples[i] = e
	}
	return examples
}

// used returns how many ids are not padding.
func used(ids []int32) (n int) {
	for _, id := range ids {
		if id != 0 {
			n++
		}
	}
	return n
}
