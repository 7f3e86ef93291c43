package stages

import (
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// Memory is an estimate of the memory of a training, in bytes. It was fitted to the Go backend,
// where the quickstart's stages took 0.8 to 1.3 times as much.
type Memory struct {
	// Program is the memory of pali3 itself and its compiled graph.
	Program int64 `json:"program"`
	// Weights, and the gradients and optimizer's tensors of trained weights.
	Weights     int64 `json:"weights"`
	Activations int64 `json:"activations"`
	// Data is the memory of prefetched batches with their pixels.
	Data int64 `json:"data"`
}

// Total returns the sum.
func (m Memory) Total() int64 { return m.Program + m.Weights + m.Activations + m.Data }

const (
	programBytes     = 160 << 20
	activationFactor = 1.75 // bytes in use at the peak, divided by those that the backward pass needs
)

// memory estimates the memory of a training.
func (r Recipe) memory(n Network, shape mixture.Shape, specs []weights.Spec, frozen []bool) (m Memory) {
	m.Program = programBytes
	var trainable []weights.Spec
	for i, spec := range specs {
		m.Weights += 4 * int64(spec.Size())
		if frozen == nil || !frozen[i] {
			m.Weights += 2 * 4 * int64(spec.Size()) // its gradient, and its next value
			trainable = append(trainable, spec)
		}
	}
	if o, err := newOptimizer(r.Optimizer, r.Schedule, r.Steps, trainable); err == nil {
		m.Weights += 2 * 4 * int64(weights.Parameters(o.stateSpecs()))
	}
	pixels := 4 * int64(shape.Rows*shape.Images) * int64(shape.Height*shape.Width*3)
	m.Data = prefetchDepth*pixels + int64(shape.Rows)*int64(shape.Texts*shape.Encoder+3*shape.Decoder)*4*prefetchDepth
	floats := int64(0)
	if image := n.image(); image != nil && shape.Images > 0 && !r.FreezesImages() {
		floats += int64(shape.Rows*shape.Images) * tower(image.Tokens(), image.Width, image.MLP, image.Heads, image.Depth)
	}
	switch {
	case n.SigLIP != nil:
		t := n.SigLIP.Text
		floats += int64(shape.Rows*shape.Texts) * tower(t.Length, t.Width, t.MLP, t.Heads, t.Depth)
	case n.UL2 != nil:
		floats += int64(shape.Rows) * language(*n.UL2, shape.Encoder, shape.Decoder)
	case n.PaLI3 != nil:
		floats += int64(shape.Rows) * language(n.PaLI3.Language, shape.Images*n.PaLI3.Vision.Tokens()+shape.Encoder, shape.Decoder)
	}
	m.Activations = int64(activationFactor * 4 * float64(floats))
	return m
}

// tower counts the floats that the backward pass needs from a stack of transformer blocks for one
// sequence: in each block about 10 times the width and 3 times the hidden width per token, and 3
// per attention score.
func tower(tokens, width, mlp, heads, depth int) int64 {
	n := int64(tokens)
	return int64(depth) * (n*int64(10*width+3*mlp) + 3*int64(heads)*n*n)
}

// language counts those of an encoder-decoder for one example: the encoder, the decoder with
// attention to both, and 3 per logit.
func language(c t5.Config, encoder, decoder int) int64 {
	inner := c.Heads * c.HeadDim
	block := func(n, attended int64) int64 { return n*int64(5*c.Width+5*inner+4*c.MLP) + 3*int64(c.Heads)*n*attended }
	e, d := int64(encoder), int64(decoder)
	return int64(c.EncoderLayers)*block(e, e) + int64(c.DecoderLayers)*(block(d, d)+d*int64(3*c.Width+2*inner)+e*int64(2*inner)+3*int64(c.Heads)*d*e) + 3*d*int64(c.Vocab)
}
