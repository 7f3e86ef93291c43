package stages

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
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
	batch := shape.Bytes()
	m.Data = max(batch, min(mixture.DefaultPrefetch*batch, mixture.DefaultPrefetchBytes))
	floats := int64(0)
	parts := n.Model.Parts(family.Lengths{Prompt: shape.Encoder, Answer: shape.Decoder, Images: shape.Images})
	for _, part := range parts {
		switch {
		case r.isFrozen(part) || r.ModelFamily().Needs.Images != family.Forbidden && shape.Images == 0 && part.Name == visionPrefix:
		case r.ModelFamily().Needs.Contrastive && part.Name != visionPrefix:
			floats += int64(shape.Rows*shape.Texts) * part.Activations
		default:
			floats += int64(shape.Rows) * part.Activations
		}
	}
	m.Activations = int64(activationFactor * 4 * float64(floats))
	return m
}

// isFrozen reports whether a part learns nothing.
func (r Recipe) isFrozen(p family.Part) bool {
	return slices.ContainsFunc(r.Freeze, func(prefix string) bool { return strings.TrimSuffix(prefix, ".") == p.Name })
}
