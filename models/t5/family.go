package t5

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Model is a language model by itself, as recipes of the family t5 describe it.
type Model struct {
	// Config is the shape of the encoder-decoder, with its loss. Required.
	Config `yaml:"language"`
}

var (
	_ family.Writer = (*Model)(nil)
	_ family.Packer = (*Model)(nil)
)

// Family returns the family of T5 and its successors. Its alias is the objective that trains
// PaLI-3's language model.
func Family() family.Family {
	return family.Family{
		Name:     "t5",
		Aliases:  []string{"ul2"},
		Summary:  "T5, UL2: encoder-decoder, on text alone",
		New:      func() family.Model { return &Model{Config{}.WithDefaults()} },
		Variants: Variants(),
		Variant: func(name string) (family.Model, error) {
			c, err := Variant(name)
			return &Model{c}, err
		},
		Needs: family.Needs{Images: family.Forbidden},
		Hub:   Hub(),
	}
}

// SetDefaults sets the activation and the buckets of the relative position bias.
func (m *Model) SetDefaults() { m.Config = m.WithDefaults() }

// Loosen sets the vocabulary's size to 0.
func (m *Model) Loosen() { m.Vocab = 0 }

// Fit sets the vocabulary's size.
func (m *Model) Fit(d family.Data) (all []family.Problem) {
	if d.Images != 0 {
		all = append(all, family.Problem{Key: "tasks", Text: "a language model takes only text, and some task has images; its tasks are of kind denoise"})
	}
	all = append(all, family.FitSize("model.language.vocab", &m.Vocab, d.Vocabulary)...)
	return append(all, family.Invalid("model.language", m.Validate())...)
}

// Specs lists the weights.
func (m *Model) Specs(be compute.Backend) ([]weights.Spec, error) { return Specs(be, m.Config) }

// Loss builds the cross entropy of a batch's targets.
func (m *Model) Loss(s *weights.Scope, b family.Batch) family.Loss {
	loss, sums, counts := LossByExample(s, m.Config, Inputs{
		Encoder: b.Encoder, Decoder: b.Decoder, Targets: b.Targets, Weights: b.Weights,
		EncoderRows: b.EncoderRows, DecoderRows: b.DecoderRows, Segments: b.Segments,
	})
	return family.Loss{Mean: loss, Sums: sums, Counts: counts}
}

// Unpads reports whether the loss leaves out padding: if there is no dropout.
func (m *Model) Unpads() bool { return m.Dropout == 0 }

// Packs reports that the loss takes packed rows.
func (m *Model) Packs() bool { return true }

// Prefill reads prompts and feeds the decoder the id that begins every answer, 0.
func (m *Model) Prefill(s *weights.Scope, p family.Prompt, room int) (*Node, family.State) {
	mask := block.NotPadding(p.IDs)
	return PrefillDecoder(s, m.Config, Encode(s, m.Config, Embed(s, m.Config, p.IDs), mask), mask, room)
}

// Step feeds the decoder an id of each answer.
func (m *Model) Step(s *weights.Scope, ids, position *Node, st family.State) (*Node, []*Node) {
	return StepDecoder(s, m.Config, ids, position, st)
}

// Inputs lists input_ids [B, Le], decoder_input_ids [B, Ld], targets [B, Ld] and weights [B, Ld].
func (m *Model) Inputs() []family.Input { return DecoderInputs(m.Config) }

// Outputs gives logits [B, Ld, V] and, where targets are given, loss.
func (m *Model) Outputs(s *weights.Scope, in map[string]*Node) []weights.Noted {
	if in["input_ids"] == nil {
		return nil
	}
	mask := block.NotPadding(in["input_ids"])
	return DecoderOutputs(s, m.Config, Encode(s, m.Config, Embed(s, m.Config, in["input_ids"]), mask), mask, in)
}

// Parts describes the embeddings, the two stacks and the output weights.
func (m *Model) Parts(l family.Lengths) []family.Part { return m.Config.Parts(l.Prompt, l.Answer) }

// DecoderInputs lists the inputs of a model that ends in this decoder.
func DecoderInputs(c Config) []family.Input {
	ids := [][]int{{0, 0}}
	return []family.Input{
		{Name: "input_ids", DType: dtypes.Int32, Shapes: ids, Vocabulary: c.Vocab},
		{Name: "decoder_input_ids", DType: dtypes.Int32, Shapes: ids, Vocabulary: c.Vocab, Needs: "input_ids"},
		{Name: "targets", DType: dtypes.Int32, Shapes: ids, Vocabulary: c.Vocab, Needs: "decoder_input_ids"},
		{Name: "weights", DType: dtypes.Float32, Shapes: ids, Needs: "targets"},
	}
}

// DecoderOutputs runs the decoder on the encoder's output [B, Le, W] where its inputs are given.
func DecoderOutputs(s *weights.Scope, c Config, encoded, mask *Node, in map[string]*Node) (results []weights.Noted) {
	if in["decoder_input_ids"] == nil {
		return nil
	}
	logits := Logits(s, c, Decode(s, c, encoded, mask, in["decoder_input_ids"]))
	results = append(results, weights.Noted{Name: "logits", Node: logits})
	if in["targets"] != nil {
		results = append(results, weights.Noted{Name: "loss", Node: CrossEntropy(c, logits, in["targets"], in["weights"])})
	}
	return results
}

// Parts describes a language model that reads and writes the given numbers of tokens.
func (c Config) Parts(read, written int) []family.Part {
	inner := c.Heads * c.HeadDim
	self := func(length int) int64 {
		return 4*family.Product(length, c.Width, inner) + family.Scores(length, length, inner)
	}
	cross := 2*family.Product(written, c.Width, inner) + 2*family.Product(read, c.Width, inner) + family.Scores(written, read, inner)
	matrices, hidden := int64(3), 4 // of the feed-forward layer
	if !c.WithDefaults().Activation.Gated() {
		matrices, hidden = 2, 2
	}
	mlp := func(length int) int64 { return matrices * family.Product(length, c.Width, c.MLP) }
	// Activations of a block of self-attention and a feed-forward layer.
	kept := func(n, attended int64) int64 {
		return n*int64(5*c.Width+5*inner+hidden*c.MLP) + 3*int64(c.Heads)*n*attended
	}
	e, d, encoders, decoders := int64(read), int64(written), int64(c.EncoderLayers), int64(c.DecoderLayers)
	return []family.Part{
		{Name: "shared", Tokens: read},
		{
			Name: "encoder", Tokens: read,
			ForwardFLOPs: encoders * (self(read) + mlp(read)), Activations: encoders * kept(e, e),
		},
		{
			Name: "decoder", Tokens: written,
			ForwardFLOPs: decoders * (self(written) + cross + mlp(written)),
			Activations:  decoders * (kept(d, d) + d*int64(3*c.Width+2*inner) + e*int64(2*inner) + 3*int64(c.Heads)*d*e),
		},
		{
			Name: "lm_head", Tokens: written,
			ForwardFLOPs: family.Product(written, c.Width, c.Vocab), Activations: 3 * d * int64(c.Vocab),
		},
	}
}
