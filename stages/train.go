package stages

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
)

// Training is what [Train] needs: the model, the data, how to learn, and where to keep the result.
type Training struct {
	Backend compute.Backend
	// Loss builds the model's graph.
	Loss Loss
	// LossByExample, if not nil, is the same loss with each example's part of it. If there are
	// several Tasks, the names of a batch's task numbers, metrics then include the loss by task.
	LossByExample LossByExample
	Tasks         []string
	// Weights before training. Train changes them in place.
	Weights *weights.Set
	// Freeze lists prefixes of weights that stay as they are: no gradient, no decay, no state.
	Freeze []string
	// Stream gives the batches, all of one shape.
	Stream Stream
	// Hosts is the number of hosts that make the stream's batches, for the record: checkpoints say
	// which number made which steps. It may change whenever the run is resumed. Default: that of a
	// [mixture.Stream], or else 1.
	Hosts int
	// Note, if not nil, is told of a number of hosts that has changed.
	Note func(message string)
	// Unpads says that the loss leaves out the padding of ids: it is that of a [family.Unpadder].
	// Batches with different amounts of padding then have graphs of their own, which only the Go
	// backend compiles quickly, so on others they stay padded.
	Unpads bool
	// VisualTokens, if not nil, gives the loss cached visual tokens in place of pixels.
	VisualTokens *VisualTokenCache

	Optimizer OptimizerConfig
	Schedule  Schedule
	// Seed of the random numbers in the model's graph, those of dropout.
	Seed uint64
	// Steps is the length of the run, including the steps that the folder already holds.
	Steps int

	// Folder keeps metrics and checkpoints. If it holds part of the run, Train continues it.
	Folder *Folder
	// CheckpointEvery is the number of steps between checkpoints. Default: 0, only at the end and
	// when interrupted.
	CheckpointEvery int
	// KeepCheckpoints is how many of the newest are kept. Default: 2.
	KeepCheckpoints int

	// Evaluating, if not nil, says how the weights are evaluated during training.
	Evaluating *Evaluating

	// Progress, if not nil, is called after every step.
	Progress func(Progress)
}

// Progress is the state of a run after a step.
type Progress struct {
	Metric
	// Steps of the whole run, of which Resumed were found in the folder.
	Steps, Resumed int
	// Elapsed is the time since this part of the run began; Remaining is an estimate.
	Elapsed, Remaining time.Duration
}

// Train takes the remaining steps of a run. The weights after the last step are in t.Weights and in
// the folder's last checkpoint. A run that is killed or cancelled at any point and started again
// gives the same losses and weights, to the bit, as an uninterrupted one.
//
// A loss or a gradient that is not a finite number ends the run with an error that names the step.
func Train(ctx context.Context, t Training) error {
	_, err := train(ctx, t)
	return err
}

// ending tells how a training ended.
type ending struct {
	steps   int // taken
	best    *Best
	stopped bool // early, out of patience
}

func train(ctx context.Context, t Training) (ending, error) {
	r, err := t.begin(ctx)
	if err != nil {
		return ending{}, err
	}
	if err := errors.Join(r.loop(ctx), r.metrics.close()); err != nil {
		return ending{}, err
	}
	end := ending{steps: r.done, stopped: r.done < r.Steps}
	if best := r.best(r.done); best != nil {
		end.best = &Best{Metric: best.Best, Step: best.Step, Score: best.Scores[best.Best]}
	}
	return end, nil
}

// run is a training in progress.
type run struct {
	*Training
	size    size
	stepper *stepper
	metrics *metricsWriter
	// found is the number of steps that the folder held at first, done the number taken until now,
	// saved that of the newest checkpoint.
	found, done, saved int
	began, lastStep    time.Time
	evaluations        []Evaluated // of the steps done
	hosts              []hostsFrom // see state
}

// begin restores the folder's newest checkpoint, or starts at step 0. It compiles nothing yet.
func (t *Training) begin(ctx context.Context) (*run, error) {
	done := t.Folder.Done()
	if done > t.Steps {
		return nil, fmt.Errorf("%s holds a run of %d steps, %d were asked for", t.Folder.Dir, done, t.Steps)
	}
	// A batch is a function of its step, so looking at one here takes none from the loop.
	first, err := t.Stream.Batch(ctx, min(done, max(t.Steps-1, 0)))
	if err != nil {
		return nil, fmt.Errorf("making the first batch: %w", err)
	}
	r := &run{Training: t, size: sizeOf(first, t.VisualTokens), found: done, done: done, saved: done}
	r.size.unpads = t.Unpads && backend.IsGo(t.Backend)
	if r.stepper, err = newStepper(t, r.size); err != nil {
		return nil, err
	}
	if t.Folder.last != nil {
		if err := t.Folder.last.restore(t.Weights, r.stepper.moments); err != nil {
			return nil, err
		}
	}
	var history []hostsFrom
	if t.Folder.last != nil {
		history = t.Folder.last.Hosts
	}
	var note string
	if r.hosts, note = hostsOf(history, done, t.hosts()); note != "" && t.Note != nil {
		t.Note(note)
	}
	if t.VisualTokens != nil {
		if err := t.VisualTokens.Connect(); err != nil {
			return nil, err
		}
	}
	r.began = time.Now()
	r.lastStep = r.began
	if r.metrics, r.evaluations, err = openMetrics(t.Folder.Dir, done); err != nil {
		return nil, err
	}
	return r, r.openBest()
}

// loop takes steps, writes checkpoints and evaluates until the run ends.
func (r *run) loop(ctx context.Context) error {
	batches := mixture.Prefetch(ctx, r.Stream, r.done, r.Steps, mixture.PrefetchLimits{})
	defer batches.Stop()
	for {
		if r.due() {
			if err := r.evaluate(ctx); err != nil {
				return errors.Join(err, r.leave(ctx))
			}
		}
		if r.done == r.Steps {
			return r.saveNew()
		}
		if r.outOfPatience() {
			return r.saveNew()
		}
		batch, inputs, err := r.next(ctx, batches)
		if err != nil {
			return errors.Join(err, r.leave(ctx))
		}
		if err := r.step(inputs, batch); err != nil {
			return fmt.Errorf("step %d: %w", r.done+1, err)
		}
		if r.done == r.Steps || r.CheckpointEvery > 0 && r.done%r.CheckpointEvery == 0 {
			if err := r.save(); err != nil {
				return err
			}
		}
	}
}

// next returns the next batch and its tensors.
func (r *run) next(ctx context.Context, batches *mixture.Prefetcher) (*mixture.Batch, []*tensors.Tensor, error) {
	batch, err := batches.Next(ctx)
	if err != nil {
		return nil, nil, err
	}
	inputs, err := r.size.inputs(ctx, batch, r.VisualTokens)
	return batch, inputs, err
}

// step takes a step on a batch, given its tensors, and records it.
func (r *run) step(inputs []*tensors.Tensor, batch *mixture.Batch) error {
	did, err := r.stepper.do(r.done, inputs)
	if err != nil {
		return err
	}
	if !finite(did.loss) || !finite(did.norm) {
		return fmt.Errorf("the loss is %g, the norm of the gradients %g; the last checkpoint is that of step %d", did.loss, did.norm, r.saved)
	}
	for _, input := range inputs {
		if err := input.FinalizeAll(); err != nil {
			return err
		}
	}
	return r.record(did.loss, did.norm, r.byTask(did.examples, batch), batch)
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// byTask returns the loss of each task that has an example in the batch, or nil without a loss by
// example. Examples is [2, B], or [2, B·S] of packed rows, as a [LossByExample] gives it.
func (r *run) byTask(examples []float32, batch *mixture.Batch) map[string]float32 {
	if examples == nil {
		return nil
	}
	sums, counts := make([]float64, len(r.Tasks)), make([]float64, len(r.Tasks))
	perRow := max(batch.Shape.Segments, 1)
	for i, task := range batch.Tasks {
		if int(task) >= len(r.Tasks) {
			continue // it has no name
		}
		row, segment := batch.RowOf(i)
		at := row*perRow + segment - 1
		sums[task] += float64(examples[at])
		counts[task] += float64(examples[len(examples)/2+at])
	}
	losses := map[string]float32{}
	for task, name := range r.Tasks {
		if counts[task] > 0 {
			losses[name] = float32(sums[task] / counts[task])
		}
	}
	return losses
}

// record counts the step and writes its metrics.
func (r *run) record(loss, norm float32, tasks map[string]float32, batch *mixture.Batch) error {
	r.done++
	took := time.Since(r.lastStep)
	r.lastStep = time.Now()
	m := Metric{
		Step: r.done, Loss: loss, GradientNorm: norm,
		LearningRate:      r.Optimizer.LearningRate * r.stepper.optimizer.factor(r.done-1),
		ExamplesPerSecond: float64(batch.Examples()) / took.Seconds(),
		Examples:          batch.Examples(), Tokens: tokensOf(batch),
		Tasks: tasks,
		Time:  time.Now().UTC(),
	}
	if r.Progress != nil {
		elapsed := time.Since(r.began)
		remaining := elapsed / time.Duration(r.done-r.found) * time.Duration(r.Steps-r.done)
		r.Progress(Progress{Metric: m, Steps: r.Steps, Resumed: r.found, Elapsed: elapsed, Remaining: remaining})
	}
	return r.metrics.add(m)
}

// tokensOf counts the ids of a batch that are not padding, those of prompts and of targets.
func tokensOf(b *mixture.Batch) (n int) {
	for _, ids := range [][]int32{b.EncoderIDs, b.Targets} {
		for _, id := range ids {
			if id != 0 {
				n++
			}
		}
	}
	return n
}

// save writes a checkpoint of the steps done.
func (r *run) save() error {
	if err := r.metrics.sync(); err != nil {
		return err
	}
	s := state{Step: r.done, Steps: r.Steps, Optimizer: r.Optimizer.Name, Hosts: r.hosts}
	oldest, err := r.Folder.save(s, r.Weights, r.stepper.moments, r.KeepCheckpoints)
	if err != nil {
		return fmt.Errorf("the checkpoint of step %d: %w", r.done, err)
	}
	r.saved = r.done
	return r.dropWorse(oldest)
}

// saveNew writes a checkpoint unless there is one of the steps done. Then it only removes old ones:
// the process that wrote it may have been killed before it did.
func (r *run) saveNew() error {
	if r.done != r.saved {
		return r.save()
	}
	if r.done == 0 {
		return nil
	}
	oldest, err := r.Folder.removeOld(r.done, r.KeepCheckpoints)
	if err != nil {
		return err
	}
	return r.dropWorse(oldest)
}

// leave ends a run that gets no more batches. If that is because the context ended, it saves the
// steps taken.
func (r *run) leave(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return r.saveNew()
}
