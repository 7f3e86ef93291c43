package evalsuite

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/stages"
)

// NewPredictor returns what answers with a trained PaLI-3.
func NewPredictor(be compute.Backend, t *stages.Trained) (*TrainedPredictor, error) {
	if t.PaLI3 == nil {
		return nil, fmt.Errorf("a model of stage %s does not answer: name a run of stage pali3", t.Recipe.Stage)
	}
	m := t.Recipe.Mixture
	return NewAnswerer(be, Setting{
		Model: *t.PaLI3, Weights: t.Weights, Vocabulary: t.Vocabulary, Pipeline: t.Pipeline,
		Encoder: m.Lengths.Encoder, Decoder: m.Lengths.Decoder, Images: max(m.Images.PerExample, 1),
	})
}

// NewEmbedder returns what embeds with a trained SigLIP.
func NewEmbedder(be compute.Backend, t *stages.Trained) (*Embedder, error) {
	if t.SigLIP == nil {
		return nil, fmt.Errorf("a model of stage %s does not embed: name a run of stage siglip", t.Recipe.Stage)
	}
	e := &Embedder{
		Model: *t.SigLIP, Weights: t.Weights, Vocabulary: t.Vocabulary, Pipeline: t.Pipeline,
		Length: t.Recipe.Mixture.Lengths.Encoder,
	}
	return e, e.Compile(be)
}
