package stages

import (
	"context"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// constantStream gives one batch of random numbers again and again.
type constantStream struct{ batch *mixture.Batch }

func (s constantStream) Batch(_ context.Context, step int) (*mixture.Batch, error) {
	b := *s.batch
	b.Step = step
	return &b, nil
}

func randomStream(s mixture.Shape, vocabulary int, seed uint64) constantStream {
	b := mixture.NewBatch(0, s, s.Images > 0)
	draw := random.New(seed)
	for i := range b.Pixels {
		b.Pixels[i] = float32(2*draw.Float64() - 1)
	}
	for i := range b.ImageMask {
		b.ImageMask[i] = 1
	}
	for i := range b.Indices {
		b.Indices[i], b.Origins[i] = i, "random"
	}
	for _, ids := range [][]int32{b.EncoderIDs, b.DecoderInputs, b.Targets} {
		for i := range ids {
			ids[i] = int32(2 + draw.IntN(vocabulary-2))
		}
	}
	for i := range b.Weights {
		b.Weights[i] = 1
	}
	return constantStream{b}
}

// BenchmarkTrain takes steps of the quickstart's stages and reports, beside the time of a step, the
// share of it that is spent outside the graph.
func BenchmarkTrain(b *testing.B) {
	const vocabulary = 2688
	image := vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 15, Image: vit.Side(60)}
	larger := image
	larger.Image = vit.Side(75)
	language := t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3, Vocab: vocabulary, ZLoss: 1e-4}
	for _, c := range []struct {
		name      string
		network   Network
		shape     mixture.Shape
		optimizer string
		freeze    []string
	}{
		{"siglip", Network{Model: &siglip.Config{Image: image, Text: siglip.Text{Width: 128, Depth: 2, MLP: 512, Heads: 4, Vocab: vocabulary, Length: 14}}},
			mixture.Shape{Rows: 66, Images: 1, Height: 60, Width: 60, Encoder: 14, Texts: 4}, "adafactor_bigvision", nil},
		{"ul2", Network{Model: &t5.Model{Config: language}}, mixture.Shape{Rows: 66, Encoder: 32, Decoder: 24}, "adafactor_t5x", nil},
		{"stage1", Network{Model: &pali3.Config{Vision: image, Language: language}},
			mixture.Shape{Rows: 36, Images: 1, Height: 60, Width: 60, Encoder: 24, Decoder: 16}, "adafactor_t5x", []string{visionPrefix}},
		{"stage2", Network{Model: &pali3.Config{Vision: larger, Language: language}},
			mixture.Shape{Rows: 36, Images: 1, Height: 75, Width: 75, Encoder: 24, Decoder: 16}, "adafactor_t5x", nil},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkTrain(b, c.network, c.shape, c.optimizer, c.freeze) })
	}
}

func benchmarkTrain(b *testing.B, n Network, shape mixture.Shape, optimizer string, freeze []string) {
	specs, err := n.Model.Specs(openBackend(b))
	if err != nil {
		b.Fatal(err)
	}
	folder, err := OpenFolder(b.TempDir(), nil, "")
	if err != nil {
		b.Fatal(err)
	}
	t := Training{
		Backend: openBackend(b), Loss: n.Loss, Weights: weights.Initial(specs, 1), Freeze: freeze, Stream: randomStream(shape, 2688, 1),
		Optimizer: OptimizerConfig{Name: optimizer, LearningRate: 1e-4, ClipNorm: 1}, Steps: b.N + 1, Folder: folder,
	}
	if freeze != nil {
		if t.VisualTokens, err = n.newVisualTokens(t.Backend, VisualTokenOptions{Weights: t.Weights, Limit: 64 << 20, Parallel: 2}, 0); err != nil {
			b.Fatal(err)
		}
	}
	r, err := t.begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer r.metrics.close()
	batches := mixture.Prefetch(b.Context(), t.Stream, 0, t.Steps, mixture.PrefetchLimits{})
	defer batches.Stop()
	step := func() {
		batch, inputs, err := r.next(b.Context(), batches)
		if err == nil {
			err = r.step(inputs, batch)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	step() // compiles, and fills the cache of tokens
	r.stepper.computing = 0
	b.ResetTimer()
	for range b.N {
		step()
	}
	b.StopTimer()
	elapsed := b.Elapsed()
	b.ReportMetric(float64(elapsed.Milliseconds())/float64(b.N), "ms/step")
	b.ReportMetric(float64(shape.Rows*b.N)/elapsed.Seconds(), "examples/s")
	b.ReportMetric(100*(1-r.stepper.computing.Seconds()/elapsed.Seconds()), "%-outside")
}
