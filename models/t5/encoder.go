package t5

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Encoder is the encoder of a language model alone, as transformers' T5EncoderModel. It embeds
// texts; it has no decoder, no output weights and no loss.
type Encoder struct {
	// Config is that of the whole model. What it says of the decoder is not used.
	Config `yaml:"language"`
}

var _ family.TextEncoder = (*Encoder)(nil)

// SetDefaults sets the activation and the buckets of the relative position bias.
func (m *Encoder) SetDefaults() { m.Config = m.WithDefaults() }

// Loosen sets the vocabulary's size to 0.
func (m *Encoder) Loosen() { m.Vocab = 0 }

// Fit returns a problem: an encoder is not trained by itself.
func (m *Encoder) Fit(family.Data) []family.Problem {
	return []family.Problem{{Key: "model", Text: "an encoder without a decoder has no loss to train it by"}}
}

// Specs lists the weights: the token embeddings and the encoder.
func (m *Encoder) Specs(be compute.Backend) ([]weights.Spec, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return weights.Collect(be, func(s *weights.Scope) { m.EncodeTexts(s, s.Input(dtypes.Int32, 1, 2)) })
}

// Loss panics with an error, because an encoder has none.
func (m *Encoder) Loss(*weights.Scope, family.Batch) family.Loss {
	panic(fmt.Errorf("an encoder without a decoder has no loss"))
}

// EncodeTexts runs the encoder: see [family.TextEncoder].
func (m *Encoder) EncodeTexts(s *weights.Scope, ids *Node) (states, mask *Node) {
	return encodeTexts(s, m.Config, ids)
}

// EncodeTexts runs the encoder: see [family.TextEncoder].
func (m *Model) EncodeTexts(s *weights.Scope, ids *Node) (states, mask *Node) {
	return encodeTexts(s, m.Config, ids)
}

func encodeTexts(s *weights.Scope, c Config, ids *Node) (states, mask *Node) {
	mask = block.NotPadding(ids)
	return Encode(s, c, Embed(s, c, ids), mask), mask
}

// Inputs lists input_ids [B, Le].
func (m *Encoder) Inputs() []family.Input { return DecoderInputs(m.Config)[:1] }

// Outputs gives last_hidden_state [B, Le, W].
func (m *Encoder) Outputs(s *weights.Scope, in map[string]*Node) []weights.Noted {
	if in["input_ids"] == nil {
		return nil
	}
	states, _ := m.EncodeTexts(s, in["input_ids"])
	return []weights.Noted{{Name: "last_hidden_state", Node: states}}
}

// Parts describes the embeddings and the encoder.
func (m *Encoder) Parts(l family.Lengths) []family.Part {
	return m.Config.Parts(l.Prompt, l.Answer)[:2]
}
