package stages

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
)

// open opens the default backend once: a tensor belongs to the backend that used it first.
var open = sync.OnceValues(func() (compute.Backend, error) { return backend.Open("") })

func openBackend(t testing.TB) compute.Backend {
	t.Helper()
	be, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return be
}

// traces is what parity/optimizer_traces.py writes.
type traces struct {
	Strides   map[string]int
	Traces    map[string]map[string][][]float64
	Schedules []struct {
		Schedule map[string]any
		Total    int
		Steps    []int
		Factors  []float64
	}
}

func readTraces(t *testing.T) traces {
	t.Helper()
	content, err := os.ReadFile("testdata/optimizer_traces.json")
	if err != nil {
		t.Fatal(err)
	}
	var read traces
	if err := json.Unmarshal(content, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// tracedWeights are the script's SHAPES.
func tracedWeights() []weights.Spec {
	return []weights.Spec{
		{Name: "large.weight", Shape: []int{128, 130}, Decay: true},
		{Name: "middle.weight", Shape: []int{48, 40}, Decay: true},
		{Name: "tall.weight", Shape: []int{5, 200}, Decay: true},
		{Name: "bias", Shape: []int{50}},
		{Name: "probe", Shape: []int{3, 40, 36}},
	}
}

func tensorOf(spec weights.Spec, at func(i float64) float64) *tensors.Tensor {
	values := make([]float32, spec.Size())
	for i := range values {
		values[i] = float32(at(float64(i)))
	}
	return tensors.FromFlatDataAndDimensions(values, spec.Shape...)
}

func tracedInitial(spec weights.Spec) *tensors.Tensor {
	return tensorOf(spec, func(i float64) float64 { return 0.5*math.Cos(0.3*i) + 0.1 })
}

func tracedGradient(spec weights.Spec, step int) *tensors.Tensor {
	return tensorOf(spec, func(i float64) float64 {
		size := 0.02 + math.Mod(i*7919, 101)/101
		return math.Sin(0.7*i+float64(step)*(1+0.01*i)) * size
	})
}

// trace updates the weights of the script 20 times and returns them after each step.
func trace(t *testing.T, c OptimizerConfig) [][]*tensors.Tensor {
	t.Helper()
	specs := tracedWeights()
	n := len(specs)
	o, err := newOptimizer(c, Schedule{}, 20, specs)
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(openBackend(t), func(in []*graph.Node) []*graph.Node {
		next, state, _ := o.update(in[0], in[1:1+n], in[1+n:1+2*n], in[1+2*n:])
		return append(next, state...)
	})
	if err != nil {
		t.Fatal(err)
	}
	values := make([]*tensors.Tensor, n)
	for i, s := range specs {
		values[i] = tracedInitial(s)
	}
	state := weights.Initial(o.stateSpecs(), 0).Tensors()
	var steps [][]*tensors.Tensor
	for step := range 20 {
		scalars := o.scalars(step)
		scalars[0] = float32(min(1, float64(step)/5) * (1 - float64(step)/40)) // the script's warm_up
		args := []any{scalars}
		for _, x := range values {
			args = append(args, x)
		}
		for _, s := range specs {
			args = append(args, tracedGradient(s, step))
		}
		for _, x := range state {
			args = append(args, x)
		}
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		values, state = out[:n], out[n:]
		steps = append(steps, values)
	}
	return steps
}

// TestOptimizer_EqualsOptaxAndTorch compares 20 steps with optax (for both kinds of Adafactor) and
// torch.
func TestOptimizer_EqualsOptaxAndTorch(t *testing.T) {
	golden := readTraces(t)
	middle := []RateMultiplier{{Prefix: "middle", Value: 0.1}}
	for _, c := range []OptimizerConfig{
		{Name: "adafactor_bigvision", LearningRate: 0.05, WeightDecay: 0.02, ClipNorm: 1, Beta2: 0.85, RateMultipliers: middle},
		{Name: "adafactor_t5x", LearningRate: 0.1},
		{Name: "adamw", LearningRate: 0.05, WeightDecay: 0.2, Beta2: 0.98, RateMultipliers: middle},
	} {
		t.Run(c.Name, func(t *testing.T) {
			steps := trace(t, c)
			worst := 0.0
			for i, spec := range tracedWeights() {
				for step, want := range golden.Traces[c.Name][spec.Name] {
					got := tensors.MustCopyFlatData[float32](steps[step][i])
					for k, w := range want {
						g := float64(got[k*golden.Strides[spec.Name]])
						worst = max(worst, math.Abs(g-w)/max(math.Abs(w), 0.05))
					}
				}
			}
			if worst > 1e-5 {
				t.Errorf("the largest relative difference is %g", worst)
			}
			t.Logf("largest relative difference %.2g", worst)
		})
	}
}

func TestSchedule_EqualsBigVisionAndT5X(t *testing.T) {
	for _, c := range readTraces(t).Schedules {
		number := func(key string) float64 { v, _ := c.Schedule[key].(float64); return v }
		s := Schedule{
			Kind: c.Schedule["kind"].(string), WarmUp: int(number("warm_up")), Cooldown: int(number("cooldown")),
			Timescale: number("timescale"), Shift: number("shift"),
		}
		for i, step := range c.Steps {
			if got, want := s.At(step, c.Total), c.Factors[i]; math.Abs(got-want) > 1e-8*math.Abs(want)+1e-12 {
				t.Errorf("%+v at step %d: %.10g, want %.10g", s, step, got, want)
			}
		}
	}
}

func TestFactoredAxes(t *testing.T) {
	for _, c := range []struct {
		shape           []int
		second, largest int
		factored        bool
	}{
		{[]int{40}, 0, 0, false},
		{[]int{32, 32}, 0, 1, true},
		{[]int{64, 32}, 1, 0, true},
		{[]int{31, 500}, 0, 1, false},
		{[]int{50, 2, 40}, 2, 0, true},
		{[]int{1, 1, 40}, 1, 2, false},
	} {
		second, largest, factored := factoredAxes(c.shape, 32)
		if second != c.second || largest != c.largest || factored != c.factored {
			t.Errorf("%v: %d, %d, %v; want %d, %d, %v", c.shape, second, largest, factored, c.second, c.largest, c.factored)
		}
	}
}

func TestOptimizer_State(t *testing.T) {
	o, err := newOptimizer(OptimizerConfig{Name: "adafactor_bigvision", LearningRate: 1}, Schedule{}, 1, tracedWeights())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range o.stateSpecs() {
		got = append(got, s.Name)
	}
	want := []string{"large.weight/vr", "large.weight/vc", "large.weight/m", "middle.weight/vr", "middle.weight/vc", "middle.weight/m",
		"tall.weight/v", "tall.weight/m", "bias/v", "bias/m", "probe/vr", "probe/vc", "probe/m"}
	if !slices.Equal(got, want) {
		t.Errorf("state %v\nwant %v", got, want)
	}
	if shape := o.stateSpecs()[10].Shape; !slices.Equal(shape, []int{3, 36}) { // axis 1, of 40, is the largest
		t.Errorf("probe/vr has shape %v", shape)
	}
}

func TestNewOptimizer_ErrorNamesTheField(t *testing.T) {
	good := OptimizerConfig{Name: "adamw", LearningRate: 1e-3}
	for want, change := range map[string]func(*OptimizerConfig, *Schedule){
		`name "adam" is none of`:        func(c *OptimizerConfig, _ *Schedule) { c.Name = "adam" },
		"learning_rate is 0":            func(c *OptimizerConfig, _ *Schedule) { c.LearningRate = 0 },
		"learning_rate is NaN":          func(c *OptimizerConfig, _ *Schedule) { c.LearningRate = math.NaN() },
		"beta2 is 1,":                   func(c *OptimizerConfig, _ *Schedule) { c.Beta2 = 1 },
		"adafactor_t5x has no":          func(c *OptimizerConfig, _ *Schedule) { c.Name, c.WeightDecay = "adafactor_t5x", 0.1 },
		`no_decay: freezing "encoder"`:  func(c *OptimizerConfig, _ *Schedule) { c.NoDecay = []string{"encoder"} },
		`kind "cosin" is none of`:       func(_ *OptimizerConfig, s *Schedule) { s.Kind = "cosin" },
		"warm_up is -1":                 func(_ *OptimizerConfig, s *Schedule) { s.WarmUp = -1 },
		`the multiplier of "bias" is 0`: func(c *OptimizerConfig, _ *Schedule) { c.RateMultipliers = []RateMultiplier{{Prefix: "bias"}} },
	} {
		c, s := good, Schedule{}
		change(&c, &s)
		if _, err := newOptimizer(c, s, 10, tracedWeights()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
