package stages

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// The model of these tests takes an image of 4 x 4 pixels and an id, and predicts one of 8 ids: a
// linear image encoder, an embedding, and a linear map of their sum.
const (
	testRows, testWidth, testVocab = 6, 36, 8
	testTokens                     = 2 // an image is two tokens: its upper and lower half
)

func testEncoder(s *weights.Scope, pixels *graph.Node) *graph.Node {
	d := pixels.Shape().Dimensions
	halves := graph.Reshape(pixels, d[0]*d[1]*testTokens, 4*4*3/testTokens)
	kernel := s.In("vision_model").Kernel("patch.weight", 4*4*3/testTokens, testWidth, weights.FanInNormal(24))
	return graph.Reshape(graph.Dot(halves, kernel).Product(), d[0], d[1]*testTokens, testWidth)
}

func testLoss(s *weights.Scope, in family.Batch) *graph.Node {
	tokens := in.Tokens
	if tokens == nil {
		tokens = testEncoder(s, in.Pixels)
	}
	table := s.In("shared").Table("weight", testVocab, testWidth, weights.Normal(1))
	h := graph.Add(graph.ReduceMean(tokens, 1), graph.ReduceMean(graph.Gather(table, graph.InsertAxes(in.Encoder, -1)), 1))
	h = graph.Tanh(h)
	logits := graph.Dot(h, s.In("head").Kernel("weight", testWidth, testVocab, weights.FanInNormal(testWidth))).Product()
	logits = graph.Add(logits, graph.InsertAxes(s.In("head").Vector("bias", testVocab, weights.Zeros()), 0))
	right := graph.OneHot(graph.Reshape(in.Targets, testRows), testVocab, dtypes.Float32)
	return graph.Neg(graph.DivScalar(graph.ReduceAllSum(graph.Mul(right, graph.LogSoftmax(logits))), testRows))
}

// testStream gives image p of 12, whose pixels follow from p, with an id. The target follows from
// both.
type testStream struct {
	stopAt int // a step at which it fails, as a killed run would; 0 for none
	poison int // a step whose pixels are not numbers
	cancel func()
}

var errKilled = errors.New("killed")

func (s testStream) Batch(ctx context.Context, step int) (*mixture.Batch, error) {
	if s.stopAt > 0 && step == s.stopAt {
		if s.cancel != nil {
			s.cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, errKilled
	}
	b := mixture.NewBatch(step, mixture.Shape{Rows: testRows, Images: 1, Height: 4, Width: 4, Encoder: 1, Decoder: 1}, true)
	for row := range testRows {
		draw := random.New(1, uint64(step), uint64(row))
		image, id := draw.IntN(12), draw.IntN(4)
		pixels := b.Pixels[row*48 : (row+1)*48]
		weights.Normal(1).Draw(pixels, uint64(image), "pixels")
		if s.poison > 0 && step == s.poison {
			pixels[0] = float32(math.NaN())
		}
		b.ImageMask[row], b.EncoderIDs[row], b.Targets[row] = 1, int32(id), int32((image+id)%testVocab)
		b.Weights[row], b.Origins[row], b.Indices[row] = 1, "test", image
	}
	return b, nil
}

func testWeights(t testing.TB) *weights.Set {
	t.Helper()
	specs, err := weights.Collect(openBackend(t), func(s *weights.Scope) {
		testLoss(s, family.Batch{
			Pixels:  s.Input(dtypes.Float32, testRows, 1, 4, 4, 3),
			Encoder: s.Input(dtypes.Int32, testRows, 1), Targets: s.Input(dtypes.Int32, testRows, 1),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 3)
}

func testTraining(t testing.TB, dir string) Training {
	t.Helper()
	folder, err := OpenFolder(dir, []byte("steps: 24\n"), "recipe")
	if err != nil {
		t.Fatal(err)
	}
	return Training{
		Backend: openBackend(t), Loss: testLoss, Weights: testWeights(t), Stream: testStream{},
		Optimizer: OptimizerConfig{Name: "adafactor_bigvision", LearningRate: 0.02, WeightDecay: 1e-4, ClipNorm: 1},
		Schedule:  Schedule{Kind: "cosine", WarmUp: 3}, Steps: 24, Folder: folder, CheckpointEvery: 5,
	}
}

// outcome is what must not depend on how a run went.
func outcome(t testing.TB, dir string) (losses []float32, weightBytes string) {
	t.Helper()
	metrics, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range metrics {
		if m.Step != i+1 {
			t.Errorf("line %d of the metrics is of step %d", i+1, m.Step)
		}
		losses = append(losses, m.Loss, m.GradientNorm, float32(m.LearningRate))
	}
	content, err := os.ReadFile(filepath.Join(dir, "checkpoints", "step-24", WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	return losses, string(content)
}

func TestTrain_Learns(t *testing.T) {
	dir := t.TempDir()
	training := testTraining(t, dir)
	training.Optimizer.LearningRate, training.Steps, training.CheckpointEvery = 0.1, 300, 0
	var last Progress
	training.Progress = func(p Progress) { last = p }
	if err := Train(t.Context(), training); err != nil {
		t.Fatal(err)
	}
	metrics, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(metrics) != 300 || metrics[299].Loss > metrics[0].Loss/4 {
		t.Errorf("%d steps from loss %g to %g", len(metrics), metrics[0].Loss, metrics[len(metrics)-1].Loss)
	}
	if last.Step != 300 || last.Steps != 300 || last.Remaining != 0 || last.Loss != metrics[299].Loss {
		t.Errorf("the last progress is %+v", last)
	}
}

// TestTrain_ResumesBitForBit ends a run after some steps, as a kill would, and starts it again.
func TestTrain_ResumesBitForBit(t *testing.T) {
	whole := t.TempDir()
	if err := Train(t.Context(), testTraining(t, whole)); err != nil {
		t.Fatal(err)
	}
	losses, content := outcome(t, whole)
	for _, stops := range [][]int{{1}, {5}, {9}, {10}, {23}, {7, 8, 16}} {
		t.Run(fmt.Sprint(stops), func(t *testing.T) {
			dir := t.TempDir()
			for _, stop := range stops {
				training := testTraining(t, dir)
				training.Stream = testStream{stopAt: stop}
				if err := Train(t.Context(), training); !errors.Is(err, errKilled) {
					t.Fatalf("error %v", err)
				}
			}
			if err := Train(t.Context(), testTraining(t, dir)); err != nil {
				t.Fatal(err)
			}
			gotLosses, gotContent := outcome(t, dir)
			if !slices.Equal(gotLosses, losses) {
				t.Errorf("losses %v\nwant   %v", gotLosses, losses)
			}
			if gotContent != content {
				t.Error("the weights differ")
			}
		})
	}
}

// TestTrain_SavesWhenInterrupted cancels a run, which must leave the steps taken in a checkpoint.
func TestTrain_SavesWhenInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	training := testTraining(t, dir)
	training.Stream = testStream{stopAt: 18, cancel: cancel}
	if err := Train(ctx, training); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	folder, err := OpenFolder(dir, nil, "recipe")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	if folder.Done() < 14 || folder.Done() != len(metrics) {
		t.Errorf("the checkpoint is of step %d, the metrics of %d", folder.Done(), len(metrics))
	}
}

func TestTrain_Freeze(t *testing.T) {
	training := testTraining(t, t.TempDir())
	training.Freeze = []string{"vision_model", "head.bias"}
	before := testWeights(t)
	if err := Train(t.Context(), training); err != nil {
		t.Fatal(err)
	}
	for i, spec := range before.Specs() {
		frozen := spec.Name != "shared.weight" && spec.Name != "head.weight"
		if same := before.Tensors()[i].Equal(training.Weights.Tensors()[i]); same != frozen {
			t.Errorf("%s: unchanged %v, frozen %v", spec.Name, same, frozen)
		}
	}
	content, err := os.ReadFile(filepath.Join(training.Folder.Dir, "checkpoints", "step-24", optimizerFile))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "vision_model") {
		t.Error("the optimizer keeps state for a frozen weight")
	}
	training.Freeze = []string{""}
	training.Folder, _ = OpenFolder(t.TempDir(), nil, "")
	if err := Train(t.Context(), training); err == nil || !strings.Contains(err.Error(), "nothing to train") {
		t.Errorf("with everything frozen: %v", err)
	}
}

func TestTrain_NonFiniteLossNamesTheStep(t *testing.T) {
	training := testTraining(t, t.TempDir())
	training.Stream = testStream{poison: 11}
	err := Train(t.Context(), training)
	if err == nil || !strings.HasPrefix(err.Error(), "step 12: the loss is") || !strings.Contains(err.Error(), "NaN; the last checkpoint is that of step 10") {
		t.Errorf("error %v", err)
	}
}

// TestTrain_VisualTokenCache trains on cached tokens of a frozen encoder, over a limit of memory
// and under it.
func TestTrain_VisualTokenCache(t *testing.T) {
	run := func(limit int64) ([]float32, *VisualTokenCache) {
		dir := t.TempDir()
		training := testTraining(t, dir)
		training.Freeze = []string{"vision_model"}
		if limit >= 0 {
			c, err := NewVisualTokenCache(openBackend(t), VisualTokenOptions{
				Encoder: testEncoder, Weights: training.Weights, Prefixes: []string{"vision_model"},
				Height: 4, Width: 4, Tokens: testTokens, TokenWidth: testWidth, Parallel: 3, Limit: limit,
			})
			if err != nil {
				t.Fatal(err)
			}
			training.VisualTokens = c
		}
		if err := Train(t.Context(), training); err != nil {
			t.Fatal(err)
		}
		losses, _ := outcome(t, dir)
		return losses, training.VisualTokens
	}
	want, _ := run(-1)
	image := int64(4 * testTokens * testWidth)
	for _, images := range []int64{12, 5, 0} {
		got, c := run(images * image)
		if c.Bytes() != images*image || int64(c.Len()) != images {
			t.Errorf("%d images take %d bytes; want %d", c.Len(), c.Bytes(), images)
		}
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-4*math.Abs(float64(want[i])) {
				t.Fatalf("number %d is %g with cached tokens, %g without", i, got[i], want[i])
			}
		}
	}
}

// dividedStream is made by several hosts.
type dividedStream struct {
	testStream
	hosts int
}

func (s dividedStream) Hosts() int { return s.hosts }

// TestTrain_RecordsHowManyHostsMadeItsBatches resumes a run with other numbers of hosts.
func TestTrain_RecordsHowManyHostsMadeItsBatches(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	if err := Train(t.Context(), testTraining(t, whole)); err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, part := range []struct{ hosts, stop int }{{8, 9}, {8, 17}, {2, 0}} {
		training := testTraining(t, dir)
		training.Stream = dividedStream{testStream{stopAt: part.stop}, part.hosts}
		training.Note = func(note string) { notes = append(notes, note) }
		if err := Train(t.Context(), training); err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	if want := []string{"hosts: 2 from step 15 on (8 before); the batches are the same"}; !slices.Equal(notes, want) {
		t.Errorf("notes %q, want %q", notes, want)
	}
	losses, _ := outcome(t, whole)
	if got, _ := outcome(t, dir); !slices.Equal(got, losses) {
		t.Error("other losses with other hosts")
	}
	state := func(dir string) string {
		content, err := os.ReadFile(filepath.Join(dir, "checkpoints", "step-24", stateFile))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(content)), "")
	}
	if got := state(dir); !strings.Contains(got, `"hosts":[{"step":0,"hosts":8},{"step":15,"hosts":2}]`) {
		t.Errorf("state %s", got)
	}
	if got := state(whole); strings.Contains(got, "hosts") {
		t.Errorf("a run of one host records it: %s", got)
	}
}
