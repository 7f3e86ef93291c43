package stages

import (
	"fmt"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

// stepper is a compiled training step and the state that it updates: the weights and the
// optimizer's tensors. These are donated to each call and replaced by its results, so that memory
// does not grow.
//
// The graph's inputs are the batch, the state of the step's random numbers, its scalars, the frozen
// weights, the trainable weights and the optimizer's state. Its outputs are the loss, the
// gradients' norm, the loss by example if asked for, and the last two inputs after the step.
type stepper struct {
	be        compute.Backend
	exec      *graph.Exec
	optimizer *optimizer
	all       *weights.Set
	moments   *weights.Set
	frozen    []int // positions in all
	trainable []int
	seed      uint64
	byExample bool          // whether the graph gives the loss by example
	computing time.Duration // total time in the graph
}

// stepped is the result of a step, apart from the new state.
type stepped struct {
	loss, norm float32   // of the batch before the step, and of its gradients
	examples   []float32 // [2, B] of a LossByExample, or nil
}

// newStepper returns the step that trains the weights in place on batches of the given size. It
// compiles nothing before the first call.
func newStepper(t *Training, batch size) (s *stepper, err error) {
	s = &stepper{be: t.Backend, all: t.Weights, seed: t.Seed}
	if s.frozen, s.trainable, err = splitFrozen(t.Weights.Specs(), t.Freeze); err != nil {
		return nil, err
	}
	var trained []weights.Spec
	for _, at := range s.trainable {
		trained = append(trained, t.Weights.Specs()[at])
	}
	if s.optimizer, err = newOptimizer(t.Optimizer, t.Schedule, t.Steps, trained); err != nil {
		return nil, err
	}
	s.moments = weights.Initial(s.optimizer.stateSpecs(), 0)
	s.exec, err = graph.NewExec(t.Backend, func(nodes []*graph.Node) []*graph.Node {
		in, rest := batch.bind(nodes)
		return s.build(t.lossByExample(), in, rest[0], rest[1], rest[2:])
	})
	if err == nil {
		s.exec.SetMaxCache(unpaddedSizes * unpaddedSizes)
	}
	return s, err
}

// lossByExample returns the loss of a training, with examples nil if the training does not use
// them.
func (t *Training) lossByExample() LossByExample {
	if t.LossByExample != nil && len(t.Tasks) > 1 {
		return t.LossByExample
	}
	return func(scope *weights.Scope, in family.Batch) (loss, examples *graph.Node) {
		return t.Loss(scope, in), nil
	}
}

// build makes the graph of a step.
func (s *stepper) build(lossOf LossByExample, in family.Batch, random, scalars *graph.Node, nodes []*graph.Node) []*graph.Node {
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
	loss, examples := lossOf(scope, in)
	gradients := graph.Gradient(loss, trained...)
	next, moments, norm := s.optimizer.update(scalars, trained, gradients, nodes[len(bound):])
	out := []*graph.Node{loss, norm}
	if s.byExample = examples != nil; s.byExample {
		out = append(out, examples)
	}
	return append(append(out, next...), moments...)
}

// do takes a step, counted from 0. If it fails the state is lost.
func (s *stepper) do(step int, inputs []*tensors.Tensor) (done stepped, err error) {
	args := make([]any, 0, len(inputs)+2+len(s.all.Tensors())+len(s.moments.Tensors()))
	for _, input := range inputs {
		args = append(args, input)
	}
	args = append(args, s.random(step), s.optimizer.scalars(step))
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
	if done.loss, err = scalarOf(out[0]); err != nil {
		return stepped{}, fmt.Errorf("the loss: %w", err)
	}
	if done.norm, err = scalarOf(out[1]); err != nil {
		return stepped{}, fmt.Errorf("the norm of the gradients: %w", err)
	}
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

// scalarOf returns the number of a float32 tensor with one element.
func scalarOf(t *tensors.Tensor) (float32, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err == nil && len(values) != 1 {
		err = fmt.Errorf("it has shape %s, want a scalar", t.Shape())
	}
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// random returns the state of the random numbers of a step, which differs from step to step and
// from seed to seed.
func (s *stepper) random(step int) *tensors.Tensor {
	draw := random.New(s.seed, random.Name("dropout"), uint64(step))
	return tensors.FromFlatDataAndDimensions([]uint64{draw.Uint64(), draw.Uint64(), draw.Uint64()}, graph.RNGStateShape.Dimensions...)
}
