package stages

import (
	"fmt"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// Loss builds the scalar loss of a batch in the graph of a training step.
type Loss func(scope *weights.Scope, in Inputs) *graph.Node

// LossByExample builds a Loss and, beside it, what each of the batch's B examples has of it:
// examples [2, B] are sums and counts, and the loss of some of the examples is the total of their
// sums over that of their counts.
type LossByExample func(scope *weights.Scope, in Inputs) (loss, examples *graph.Node)

// byExample is the loss of a training, without examples where the training does not ask for them.
func (t *Training) byExample() LossByExample {
	if t.LossByExample != nil && len(t.Tasks) > 1 {
		return t.LossByExample
	}
	return func(scope *weights.Scope, in Inputs) (loss, examples *graph.Node) { return t.Loss(scope, in), nil }
}

// stepper is a compiled training step and the state it carries on: the weights and the optimizer's
// tensors, which are donated to each call and replaced by its results, so that memory does not
// grow.
//
// The graph's inputs are the batch, the state of the step's random numbers, its scalars, the frozen
// weights, the trainable weights and the optimizer's state; its outputs the loss, the gradients'
// norm, the loss by example if there is one, and the last two inputs after the step.
type stepper struct {
	be        compute.Backend
	exec      *graph.Exec
	optimizer *Optimizer
	all       *weights.Set
	moments   *weights.Set
	frozen    []int // positions in all
	trainable []int
	seed      uint64
	byExample bool          // whether the graph gives the loss by example
	computing time.Duration // in the graph, of all steps
}

// stepped is what a step gives beside the new state.
type stepped struct {
	loss, norm float32   // before the step; of the gradients
	examples   []float32 // [2, B] of a LossByExample, or nil
}

// newStepper returns the step that trains the weights in place. Nothing is compiled before the
// first call; batches are of the given size.
func newStepper(t *Training, batch size) (*stepper, error) {
	specs := t.Weights.Specs()
	isFrozen, err := weights.Frozen(specs, t.Freeze)
	if err != nil {
		return nil, err
	}
	s := &stepper{be: t.Backend, all: t.Weights, seed: t.Seed}
	var trained []weights.Spec
	for i, spec := range specs {
		if isFrozen[i] {
			s.frozen = append(s.frozen, i)
		} else {
			s.trainable = append(s.trainable, i)
			trained = append(trained, spec)
		}
	}
	if len(trained) == 0 {
		return nil, fmt.Errorf("every weight is frozen: there is nothing to train")
	}
	if s.optimizer, err = NewOptimizer(t.Optimizer, t.Schedule, t.Steps, trained); err != nil {
		return nil, err
	}
	s.moments = weights.Initial(s.optimizer.State(), 0)
	s.exec, err = graph.NewExec(t.Backend, func(nodes []*graph.Node) []*graph.Node {
		in, rest := batch.bind(nodes)
		return s.build(t.byExample(), in, rest[0], rest[1], rest[2:])
	})
	return s, err
}

// build makes the graph of a step.
func (s *stepper) build(loss LossByExample, in Inputs, random, scalars *graph.Node, nodes []*graph.Node) []*graph.Node {
	bound := make([]*graph.Node, len(s.frozen)+len(s.trainable))
	for i, at := range s.frozen {
		bound[at] = nodes[i]
	}
	trained := nodes[len(s.frozen):len(bound)]
	for i, at := range s.trainable {
		bound[at] = trained[i]
	}
	scope := weights.Bind(s.all.Specs(), bound)
	scope.Train(random)
	l, examples := loss(scope, in)
	gradients := graph.Gradient(l, trained...)
	next, moments, norm := s.optimizer.Update(scalars, trained, gradients, nodes[len(bound):])
	out := []*graph.Node{l, norm}
	if s.byExample = examples != nil; s.byExample {
		out = append(out, examples)
	}
	return append(append(out, next...), moments...)
}

// random is the state from which the random numbers of a step follow: another for each, and for
// each seed.
func (s *stepper) random(step int) *tensors.Tensor {
	draw := random.New(s.seed, random.Name("dropout"), uint64(step))
	return tensors.FromFlatDataAndDimensions([]uint64{draw.Uint64(), draw.Uint64(), draw.Uint64()}, graph.RNGStateShape.Dimensions...)
}

// do takes one step, counted from 0. If it fails the state is lost.
func (s *stepper) do(step int, inputs []*tensors.Tensor) (done stepped, err error) {
	args := make([]any, 0, len(inputs)+2+len(s.all.Tensors())+len(s.moments.Tensors()))
	for _, input := range inputs {
		args = append(args, input)
	}
	args = append(args, s.random(step), s.optimizer.Scalars(step))
	for _, at := range s.frozen {
		args = append(args, s.all.Tensors()[at])
	}
	donate := func(t *tensors.Tensor) {
		donated, donateErr := graph.DonateTensorBuffer(t, s.be, 0)
		if donateErr != nil && err == nil {
			err = donateErr
		}
		args = append(args, donated)
	}
	for _, at := range s.trainable {
		donate(s.all.Tensors()[at])
	}
	for _, t := range s.moments.Tensors() {
		donate(t)
	}
	if err != nil {
		return stepped{}, err
	}
	began := time.Now()
	out, err := s.exec.Call(args...)
	if err != nil {
		return stepped{}, err
	}
	s.computing += time.Since(began)
	done = stepped{loss: tensors.ToScalar[float32](out[0]), norm: tensors.ToScalar[float32](out[1])}
	after := out[2:]
	if s.byExample {
		if done.examples, err = tensors.CopyFlatData[float32](out[2]); err != nil {
			return stepped{}, err
		}
		after = out[3:]
	}
	for i, at := range s.trainable {
		s.all.Tensors()[at] = after[i]
	}
	copy(s.moments.Tensors(), after[len(s.trainable):])
	return done, nil
}
