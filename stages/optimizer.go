package stages

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/models/weights"
)

// OptimizerConfig chooses an optimizer and its hyperparameters.
type OptimizerConfig struct {
	// Name of the optimizer. Required. Legal: adafactor_bigvision (SigLIP's), adafactor_t5x (UL2's
	// and PaLI's), adamw.
	Name string `yaml:"name"`
	// LearningRate is multiplied by the schedule. adafactor_t5x also multiplies it by the size of
	// each weight, so its usual 0.01 is far too high for the others. Required. Legal: above 0.
	LearningRate float64 `yaml:"learning_rate"`
	// WeightDecay of kernels. It is multiplied by the schedule in adafactor_bigvision and by
	// schedule and learning rate in adamw; adafactor_t5x has none. Default: 0. Legal: 0 and above.
	WeightDecay float64 `yaml:"weight_decay,omitempty"`
	// ClipNorm is the largest norm of all gradients together; they are scaled down to it. Default:
	// 0, no limit. Legal: 0 and above.
	ClipNorm float64 `yaml:"clip_norm,omitempty"`
	// Beta1 is the decay of the mean of updates (adafactor_bigvision) or gradients (adamw).
	// Default: 0.9. Legal: 0 (as the default) to below 1.
	Beta1 float64 `yaml:"beta1,omitempty"`
	// Beta2 is the decay of the mean of squared gradients; in adafactor_bigvision its maximum, for
	// which SigLIP uses 0.95. Default: 0.999. Legal: 0 (as the default) to below 1.
	Beta2 float64 `yaml:"beta2,omitempty"`
	// RateMultipliers scale the learning rate of some weights, such as 0.1 for a pretrained image
	// encoder. The first prefix that covers a weight counts. Default: 1 for all.
	RateMultipliers []RateMultiplier `yaml:"rate_multipliers,omitempty"`
	// NoDecay lists prefixes of weights that do not decay, such as pretrained ones. Default:
	// kernels decay, biases and norms do not.
	NoDecay []string `yaml:"no_decay,omitempty"`
}

// RateMultiplier scales the learning rate of the weights whose names begin with Prefix.
type RateMultiplier struct {
	// Prefix of the weights' names. Required.
	Prefix string `yaml:"prefix"`
	// Value to multiply the learning rate by. Required. Legal: above 0; freeze weights that should
	// not be trained.
	Value float64 `yaml:"value"`
}

// rule is the arithmetic of an optimizer for one weight.
type rule interface {
	// slots lists the tensors that the rule keeps for a weight of the given shape, initially zeros.
	slots(shape []int) []slot
	// scalars returns the numbers that depend only on the step, counted from 0.
	scalars(step int) []float64
	// update returns the weight and its slots after the step.
	update(p parameter) (next *Node, state []*Node)
}

// slot is a tensor of an optimizer's state.
type slot struct {
	name  string
	shape []int
}

// parameter is a weight in the graph of a step, with what a rule needs to update it.
type parameter struct {
	weight, gradient *Node
	state            []*Node
	scalars          []*Node // of the rule, float32
	schedule         *Node   // the schedule's factor, float32
	rate             float64 // learning rate times multiplier
	decay            float64 // weight decay, or 0
}

// optimizerNames lists the legal names.
var optimizerNames = []string{"adafactor_bigvision", "adafactor_t5x", "adamw"}

func newRule(c OptimizerConfig) (rule, error) {
	orDefault := func(value, standard float64) float64 {
		if value == 0 {
			return standard
		}
		return value
	}
	switch c.Name {
	case "adafactor_bigvision":
		return bigVisionAdafactor{momentum: orDefault(c.Beta1, 0.9), beta2Cap: orDefault(c.Beta2, 0.999)}, nil
	case "adafactor_t5x":
		if c.WeightDecay != 0 || c.Beta1 != 0 || c.Beta2 != 0 {
			return nil, fmt.Errorf("optimizer: adafactor_t5x has no weight_decay, beta1 or beta2")
		}
		return t5xAdafactor{}, nil
	case "adamw":
		return adamW{beta1: orDefault(c.Beta1, 0.9), beta2: orDefault(c.Beta2, 0.999)}, nil
	}
	return nil, fmt.Errorf("optimizer: name %q is none of %s; the nearest is %q", c.Name, strings.Join(optimizerNames, ", "), strict.Nearest(c.Name, optimizerNames))
}

// Validate returns an error that names the first invalid field.
func (c OptimizerConfig) Validate() error { return c.problems().Err() }

// problems lists what is wrong with the config, by the keys of a recipe.
func (c OptimizerConfig) problems() (all strict.Problems) {
	if _, err := newRule(c); err != nil {
		all.Add("optimizer.name", "%v", err)
	}
	if !(c.LearningRate > 0) || math.IsInf(c.LearningRate, 0) {
		all.Add("optimizer.learning_rate", "optimizer: learning_rate is %g, want more than 0", c.LearningRate)
	}
	if !(c.WeightDecay >= 0) {
		all.Add("optimizer.weight_decay", "optimizer: weight_decay is %g, want 0 or more", c.WeightDecay)
	}
	if !(c.ClipNorm >= 0) {
		all.Add("optimizer.clip_norm", "optimizer: clip_norm is %g, want 0 (no limit) or more", c.ClipNorm)
	}
	if !(c.Beta1 >= 0 && c.Beta1 < 1) {
		all.Add("optimizer.beta1", "optimizer: beta1 is %g, want 0 to less than 1", c.Beta1)
	}
	if !(c.Beta2 >= 0 && c.Beta2 < 1) {
		all.Add("optimizer.beta2", "optimizer: beta2 is %g, want 0 to less than 1", c.Beta2)
	}
	for i, m := range c.RateMultipliers {
		if !(m.Value > 0) {
			all.Add(fmt.Sprintf("optimizer.rate_multipliers.%d.value", i),
				"optimizer: the multiplier of %q is %g, want more than 0; freeze weights that should not be trained", m.Prefix, m.Value)
		}
	}
	return all
}

// optimizer updates a model's trainable weights in the graph of a training step.
type optimizer struct {
	rule     rule
	clipNorm float64
	schedule Schedule
	steps    int
	weights  []tuned
	state    []weights.Spec
}

// tuned holds the hyperparameters of a trainable weight.
type tuned struct {
	rate, decay float64
	slots       int
}

// newOptimizer returns the optimizer of the trainable weights, in their order, for a run of the
// given number of steps. It is an error if a prefix in the config covers none of them.
func newOptimizer(c OptimizerConfig, schedule Schedule, steps int, trainable []weights.Spec) (*optimizer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := schedule.Validate(); err != nil {
		return nil, err
	}
	r, err := newRule(c)
	if err != nil {
		return nil, err
	}
	rates, err := multipliers(c.RateMultipliers, trainable)
	if err != nil {
		return nil, err
	}
	noDecay, err := weights.Frozen(trainable, c.NoDecay)
	if err != nil {
		return nil, fmt.Errorf("optimizer: no_decay: %w", err)
	}
	o := &optimizer{rule: r, clipNorm: c.ClipNorm, schedule: schedule, steps: steps}
	for i, spec := range trainable {
		t := tuned{rate: c.LearningRate * rates[i]}
		if spec.Decay && !noDecay[i] {
			t.decay = c.WeightDecay
		}
		for _, s := range r.slots(spec.Shape) {
			o.state = append(o.state, weights.Spec{Name: spec.Name + "/" + s.name, Shape: s.shape, Init: weights.Zeros()})
			t.slots++
		}
		o.weights = append(o.weights, t)
	}
	return o, nil
}

// multipliers returns for each weight the value of the first prefix that covers it, or 1.
func multipliers(list []RateMultiplier, trainable []weights.Spec) ([]float64, error) {
	rates := slices.Repeat([]float64{1}, len(trainable))
	for _, m := range slices.Backward(list) {
		covered, err := weights.Frozen(trainable, []string{m.Prefix})
		if err != nil {
			return nil, fmt.Errorf("optimizer: rate_multipliers: %w", err)
		}
		for i := range rates {
			if covered[i] {
				rates[i] = m.Value
			}
		}
	}
	return rates, nil
}

// stateSpecs describes the optimizer's own tensors, such as "<name>/m" for each weight, initially
// zeros.
func (o *optimizer) stateSpecs() []weights.Spec { return o.state }

// factor returns the schedule's factor at a step.
func (o *optimizer) factor(step int) float64 { return o.schedule.At(step, o.steps) }

// scalars returns the numbers that update needs at a step, counted from 0. It computes them in
// float64, because 1-0.999 has only three correct digits in float32.
func (o *optimizer) scalars(step int) []float32 {
	scalars := []float32{float32(o.factor(step))}
	for _, s := range o.rule.scalars(step) {
		scalars = append(scalars, float32(s))
	}
	return scalars
}

// update returns the trainable weights and the state after a step, given the scalars [k] and the
// weights, gradients and state before it. Norm is the norm of all gradients together.
func (o *optimizer) update(scalars *Node, before, gradients, state []*Node) (next, nextState []*Node, norm *Node) {
	each := make([]*Node, scalars.Shape().Size())
	for i := range each {
		each[i] = Reshape(Slice(scalars, AxisRange(i, i+1)))
	}
	norm = globalNorm(gradients)
	if o.clipNorm > 0 {
		gradients = clip(gradients, norm, o.clipNorm)
	}
	for i, t := range o.weights {
		p := parameter{
			weight: before[i], gradient: gradients[i], state: state[:t.slots],
			scalars: each[1:], schedule: each[0], rate: t.rate, decay: t.decay,
		}
		state = state[t.slots:]
		w, s := o.rule.update(p)
		next, nextState = append(next, w), append(nextState, s...)
	}
	return next, nextState, norm
}

func globalNorm(gradients []*Node) *Node {
	sum := ScalarZero(gradients[0].Graph(), dtypes.Float32)
	for _, g := range gradients {
		sum = Add(sum, ReduceAllSum(Square(g)))
	}
	return Sqrt(sum)
}

// clip scales the gradients so that their norm is at most limit (optax clip_by_global_norm).
func clip(gradients []*Node, norm *Node, limit float64) []*Node {
	scale := MulScalar(Inverse(MaxScalar(norm, limit)), limit)
	clipped := make([]*Node, len(gradients))
	for i, g := range gradients {
		clipped[i] = Mul(g, scale)
	}
	return clipped
}
