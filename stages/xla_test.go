//go:build xla

package stages

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/maskvae"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/paligemma"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// openXLA opens XLA on the CPU once, or skips the test, loudly, where it has no plugin.
func openXLA(t *testing.T) compute.Backend {
	t.Helper()
	found, folders := backend.Plugins()
	if !slices.ContainsFunc(found, func(p backend.Plugin) bool { return p.Name == "cpu" }) {
		t.Skipf("XLA IS NOT TESTED: no plugin for the CPU in %q; make xla-plugin gets one", folders)
	}
	be, err := openXLAOnce()
	if err != nil {
		t.Fatal(err)
	}
	return be
}

var openXLAOnce = sync.OnceValues(func() (compute.Backend, error) { return backend.Open("xla:cpu") })

// steppedStream draws another batch at every step. Examples end in padding of different lengths.
type steppedStream struct {
	shape      mixture.Shape
	vocabulary int
}

func (s steppedStream) Batch(_ context.Context, step int) (*mixture.Batch, error) {
	b := randomStream(s.shape, s.vocabulary, uint64(step%5)).batch // five batches in turns, so that there is something to learn
	b.Step = step
	pad := func(ids []int32, length int, weights []float32) {
		for at := range ids {
			if row, column := at/max(length, 1), at%max(length, 1); column >= length-row%3 {
				ids[at] = 0
				if weights != nil {
					weights[at] = 0
				}
			}
		}
	}
	pad(b.EncoderIDs, s.shape.Encoder, nil)
	pad(b.Targets, s.shape.Decoder, b.Weights)
	for i := range b.Indices {
		b.Indices[i] += step % 5 * s.shape.Rows // other images, which the cache of visual tokens must tell apart
	}
	return b, nil
}

// parityCase is a stage of PaLI-3's training, or the training of another family, with a tiny model.
type parityCase struct {
	name      string
	network   Network
	shape     mixture.Shape
	optimizer OptimizerConfig
	freeze    []string
}

func parityCases() []parityCase {
	const vocabulary = 96
	image := vit.Config{Width: 24, Depth: 2, MLP: 40, Heads: 3, Patch: 4, Image: vit.Side(12)}
	language := t5.Config{Width: 20, MLP: 28, Heads: 2, HeadDim: 6, EncoderLayers: 2, DecoderLayers: 2, Vocab: vocabulary,
		ZLoss: 1e-4, LabelSmoothing: 0.1}
	text := siglip.Text{Width: 24, Depth: 2, MLP: 40, Heads: 3, Vocab: vocabulary, Length: 7}
	pali := Network{Model: &pali3.Config{Vision: image, Language: language}}
	withImages := mixture.Shape{Rows: 6, Images: 2, Height: 12, Width: 12, Encoder: 9, Decoder: 5}
	t5x := OptimizerConfig{Name: "adafactor_t5x", LearningRate: 1e-2, ClipNorm: 1}
	adamw := OptimizerConfig{Name: "adamw", LearningRate: 1e-3, WeightDecay: 0.01, ClipNorm: 1}
	return []parityCase{
		{"siglip", Network{Model: &siglip.Config{Image: image, Text: text}},
			mixture.Shape{Rows: 7, Images: 1, Height: 12, Width: 12, Encoder: 7, Texts: 2},
			OptimizerConfig{Name: "adafactor_bigvision", LearningRate: 1e-3, WeightDecay: 1e-4, ClipNorm: 1, Beta2: 0.95}, nil},
		{"ul2", Network{Model: &t5.Model{Config: language}}, mixture.Shape{Rows: 6, Encoder: 11, Decoder: 8}, t5x, nil},
		{"stage 1", pali, withImages, t5x, []string{visionPrefix}},
		{"stage 2", pali, withImages, adamw, nil},
		{"paligemma", Network{Model: &paligemma.Config{Vision: image, RandomProjection: true,
			Language: gemma.Config{Width: 20, Depth: 2, MLP: 28, Heads: 4, KVHeads: 1, HeadDim: 6, Vocab: vocabulary, ZLoss: 1e-4}}}, withImages, adamw, nil},
		{"paligemma 2", Network{Model: &paligemma.Config{Vision: image, RandomProjection: true, MeanByExample: true,
			Language: gemma.Config{Width: 20, Depth: 3, MLP: 28, Heads: 4, KVHeads: 2, HeadDim: 6, Vocab: vocabulary,
				QueryScalar: 5, PostNorms: true, AttentionSoftcap: 50, LogitSoftcap: 30, Window: 3, LabelSmoothing: 0.1}}}, withImages, t5x, nil},
		{"maskvae", Network{Model: &maskvae.Config{Image: 16, Hidden: 3, Downsamples: 2, Blocks: 1, Codes: 11, CodeWidth: 5,
			Codebook: maskvae.CodebookLoss, Commitment: 0.25}}, mixture.Shape{Rows: 6, Images: 1, Height: 16, Width: 16, Encoder: 3, Decoder: 2}, adamw, nil},
	}
}

// losses trains a case on a backend and returns the losses of the steps.
func (c parityCase) losses(be compute.Backend, dir string, steps int) (losses []float32, err error) {
	specs, err := c.network.Model.Specs(be)
	if err != nil {
		return nil, err
	}
	folder, err := OpenFolder(dir, nil, "")
	if err != nil {
		return nil, err
	}
	training := Training{
		Backend: be, Loss: c.network.Loss, Weights: weights.Initial(specs, 1), Freeze: c.freeze,
		Stream: steppedStream{c.shape, 96}, Optimizer: c.optimizer, Schedule: Schedule{Kind: "cosine", WarmUp: 5},
		Steps: steps, Folder: folder,
		Progress: func(p Progress) { losses = append(losses, p.Loss) },
	}
	if c.freeze != nil {
		if training.VisualTokens, err = c.network.newVisualTokens(be, VisualTokenOptions{Weights: training.Weights, Limit: 4 << 20, Parallel: 2}, 0); err != nil {
			return nil, err
		}
	}
	err = Train(context.Background(), training)
	return losses, err
}

// TestXLA_LossesEqualTheGoBackends trains each case for 50 steps on both backends.
func TestXLA_LossesEqualTheGoBackends(t *testing.T) {
	onXLA, onGo := openXLA(t), openBackend(t)
	const steps = 50
	for _, c := range parityCases() {
		t.Run(c.name, func(t *testing.T) {
			want, err := c.losses(onGo, t.TempDir(), steps)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.losses(onXLA, t.TempDir(), steps)
			if err != nil {
				t.Fatal(err)
			}
			furthest := 0.0
			for i := range steps {
				furthest = max(furthest, math.Abs(float64(got[i]-want[i])))
			}
			t.Logf("losses from %g to %g; they differ by at most %.1e", want[0], want[steps-1], furthest)
			if len(got) != steps || !(furthest <= 1e-4) {
				t.Errorf("losses on XLA %v, on the Go backend %v", got, want)
			}
			if !(want[steps-1] < want[0]) {
				t.Errorf("the loss does not fall: %v", want)
			}
		})
	}
}

// TestXLA_TrainsTwoModelsAtOnce trains two models, each on two goroutines. Each pair must agree to
// the bit.
func TestXLA_TrainsTwoModelsAtOnce(t *testing.T) {
	be := openXLA(t)
	cases := parityCases()[:2]
	results := make([][]float32, 4)
	var running sync.WaitGroup
	for i := range results {
		dir := t.TempDir()
		running.Go(func() {
			var err error
			if results[i], err = cases[i%2].losses(be, dir, 12); err != nil {
				t.Errorf("%s: %v", cases[i%2].name, err)
			}
		})
	}
	running.Wait()
	for i, c := range cases {
		if fmt.Sprint(results[i]) != fmt.Sprint(results[i+2]) || len(results[i]) != 12 {
			t.Errorf("%s: losses %v on one goroutine, %v on another", c.name, results[i], results[i+2])
		}
	}
}
