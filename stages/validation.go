package stages

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// validation computes the loss of held-out examples with a graph of the forward pass alone. The
// examples are the first of each task in the task's order, the same at every evaluation.
type validation struct {
	exec    *graph.Exec
	set     *weights.Set
	stream  *mixture.Stream
	tokens  *VisualTokenCache // or nil
	samples int               // of each task, at most
	whole   bool              // only full batches: an example's loss depends on the others in its batch
}

func newValidation(be compute.Backend, n Network, set *weights.Set, stream *mixture.Stream, tokens *VisualTokenCache, samples int) (*validation, error) {
	v := &validation{set: set, stream: stream, tokens: tokens, samples: samples, whole: n.Family.Needs.Contrastive}
	inputs := sizeOf(mixture.NewBatch(0, stream.Shape(), true), tokens)
	var err error
	v.exec, err = graph.NewExec(be, func(nodes []*graph.Node) *graph.Node {
		in, bound := inputs.bind(nodes)
		_, examples := n.LossByExample(weights.Bind(set.Specs(), bound), in)
		return examples
	})
	return v, err
}

// tally holds the sum and the count of each example of a task, as a LossByExample gives them.
type tally struct {
	weight       float64 // of each example in the total
	sums, counts []float64
}

// scores returns the loss and that of each task.
func (v *validation) scores(ctx context.Context) (map[string]Score, error) {
	if v.tokens != nil {
		if err := v.tokens.Connect(); err != nil {
			return nil, err
		}
	}
	scores := map[string]Score{}
	var all []tally
	for task, weight := range v.stream.Weights() {
		if weight == 0 {
			continue
		}
		name := v.stream.Recipe().Tasks[task].Name
		t, err := v.task(ctx, task)
		if err != nil {
			return nil, fmt.Errorf("task %s: %w", name, err)
		}
		t.weight = weight / float64(len(t.sums))
		scores[lossMetric+"/"+name] = lossOf(t)
		all = append(all, t)
	}
	scores[lossMetric] = lossOf(all...)
	if len(v.stream.Weights()) == 1 {
		return map[string]Score{lossMetric: scores[lossMetric]}, nil
	}
	return scores, nil
}

// task runs the examples of a task through the model.
func (v *validation) task(ctx context.Context, task int) (t tally, err error) {
	n := min(v.samples, v.stream.Examples()[task])
	rows := min(n, v.stream.Shape().Rows)
	if v.whole {
		n = n / rows * rows
	}
	for first := 0; first < n; first += rows {
		batch, err := v.stream.TaskBatch(ctx, task, first, rows)
		if err != nil {
			return t, err
		}
		examples, err := v.run(ctx, batch)
		if err != nil {
			return t, err
		}
		for row := range min(rows, n-first) {
			t.sums = append(t.sums, float64(examples[row]))
			t.counts = append(t.counts, float64(examples[rows+row]))
		}
	}
	return t, nil
}

// run returns the sums and counts of a batch's examples, [2, B].
func (v *validation) run(ctx context.Context, batch *mixture.Batch) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	inputs, err := sizeOf(batch, v.tokens).inputs(ctx, batch, v.tokens)
	if err != nil {
		return nil, err
	}
	var args []any
	for _, input := range inputs {
		args = append(args, input)
	}
	for _, w := range v.set.Tensors() {
		args = append(args, w)
	}
	out, err := v.exec.Call(args...)
	if err != nil {
		return nil, err
	}
	for _, used := range inputs {
		if err := used.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	examples, err := tensors.CopyFlatData[float32](out[0])
	out[0].FinalizeAll()
	return examples, err
}

// lossOf divides the weighted total of sums by that of counts. Its 95% interval is the normal one
// of a ratio estimator, with a stratum per tally (Cochran, Sampling Techniques, 1977, section
// 6.11).
func lossOf(strata ...tally) Score {
	var sum, count float64
	n := 0
	for _, t := range strata {
		for i := range t.sums {
			sum += t.weight * t.sums[i]
			count += t.weight * t.counts[i]
		}
		n += len(t.sums)
	}
	if count == 0 {
		return Score{N: n}
	}
	loss, variance := sum/count, 0.0
	for _, t := range strata {
		size := float64(len(t.sums))
		mean, squares := 0.0, 0.0
		for i := range t.sums {
			mean += (t.sums[i] - loss*t.counts[i]) / size
		}
		for i := range t.sums {
			e := t.sums[i] - loss*t.counts[i] - mean
			squares += e * e
		}
		if size > 1 {
			variance += t.weight * t.weight * squares * size / (size - 1)
		}
	}
	half := 1.96 * math.Sqrt(variance) / count
	return Score{Value: loss, Lo: loss - half, Hi: loss + half, N: n}
}
