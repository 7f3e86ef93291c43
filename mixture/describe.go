package mixture

import (
	"strings"
)

// Example is an example of a batch as a person reads it.
type Example struct {
	Step    int    `json:"step"`
	Row     int    `json:"row"`
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
	examples := make([]Example, b.Shape.Rows)
	le, ld := b.Shape.Encoder, b.Shape.Decoder
	for row := range examples {
		encoder, targets := b.Texts(row)[:le], b.Targets[row*ld:(row+1)*ld]
		e := Example{
			Step: b.Step, Row: row, Task: s.recipe.Tasks[b.Tasks[row]].Name, Key: b.Keys[row],
			Prompt: strings.TrimSpace(s.vocab.DecodeToEOS(encoder)), Target: strings.TrimSpace(s.vocab.DecodeToEOS(targets)),
			Encoder: used(encoder), Decoder: used(targets), Truncated: int(b.Truncated[row]),
		}
		if sample, err := s.datasets[b.Origins[row]].data().Row(b.Indices[row]); err == nil {
			e.Split = sample.Split
		}
		examples[row] = e
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
