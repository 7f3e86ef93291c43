package weights

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/backend"
)

// Scope hands out weights to the code that builds a model's graph, under a prefix of their names.
// In Collect it notes what is asked for; after Bind it gives the graph nodes of those weights.
//
// Asking in a way that cannot be met (an unknown name, another shape) is a programmer's error and
// panics with an error, as GoMLX does; backend.Catch and graph.NewExec return it.
type Scope struct {
	prefix string
	table  *table
}

// table is what all the scopes of one graph share.
type table struct {
	graph *graph.Graph // where weights are noted, nil after Bind
	specs []Spec
	nodes []*graph.Node
	index map[string]int

	recording bool
	noted     []Noted

	random *graph.Node // the state of the random numbers, nil for a model that is not trained
}

// Noted is a value that a model computes on its way.
type Noted struct {
	Name string
	Node *graph.Node
}

// Collect runs build once on a graph that is thrown away and returns the weights it asked for, in
// the order of their first request. Build makes its inputs with Scope.Input.
func Collect(be compute.Backend, build func(*Scope)) ([]Spec, error) {
	g := graph.NewGraph(be, "collect")
	defer g.Finalize()
	t := &table{graph: g, index: map[string]int{}}
	if err := backend.Catch("collecting the model's weights", func() { build(&Scope{table: t}) }); err != nil {
		return nil, err
	}
	return t.specs, nil
}

// Bind returns the scope in which the weights of specs are the given nodes of a graph, in the same
// order.
func Bind(specs []Spec, nodes []*graph.Node) *Scope {
	if len(specs) != len(nodes) {
		panic(fmt.Errorf("binding weights: %d nodes for %d weights", len(nodes), len(specs)))
	}
	t := &table{specs: specs, nodes: nodes, index: make(map[string]int, len(specs))}
	for i, s := range specs {
		t.index[s.Name] = i
	}
	return &Scope{table: t}
}

// In returns the scope below this one: its name and the parts joined by dots.
func (s *Scope) In(parts ...any) *Scope {
	var name strings.Builder
	name.WriteString(s.prefix)
	for _, part := range parts {
		fmt.Fprintf(&name, "%v.", part)
	}
	return &Scope{prefix: name.String(), table: s.table}
}

// Record makes the scope keep what is noted in it and in those made from it.
func (s *Scope) Record() { s.table.recording = true }

// Note names a value that the model computes on its way, a block's output for example, for those
// who look inside: by the scope's prefix, as weights are. It returns x.
func (s *Scope) Note(x *graph.Node) *graph.Node {
	if s.table.recording {
		s.table.noted = append(s.table.noted, Noted{strings.TrimSuffix(s.prefix, "."), x})
	}
	return x
}

// Noted returns what was noted since Record, in order.
func (s *Scope) Noted() []Noted { return s.table.noted }

// Train makes the scope, and those made from it, that of a model in training, whose random numbers
// follow from the state, [graph.RNGStateShape].
func (s *Scope) Train(state *graph.Node) { s.table.random = state }

// Training reports whether the model is trained, so that Uniform may be called.
func (s *Scope) Training() bool { return s.table.random != nil }

// Uniform returns random numbers from 0 to below 1 of the dimensions, others at each call.
func (s *Scope) Uniform(dimensions ...int) (values *graph.Node) {
	s.table.random, values = graph.RandomUniform(s.table.random, shapes.Make(dtypes.Float32, dimensions...))
	return values
}

// Collecting reports whether the scope notes weights (in Collect) rather than handing them out.
func (s *Scope) Collecting() bool { return s.table.graph != nil }

// Input returns a placeholder for an input of the model inside Collect; elsewhere it panics.
func (s *Scope) Input(dtype dtypes.DType, dimensions ...int) *graph.Node {
	if !s.Collecting() {
		panic(fmt.Errorf("weights: Input outside Collect"))
	}
	name := fmt.Sprintf("input %d", s.table.graph.NumParameters())
	return graph.Parameter(s.table.graph, name, shapes.Make(dtype, dimensions...))
}

// Kernel returns the weight [in, out] of a linear map, stored as torch stores it and decayed.
func (s *Scope) Kernel(name string, in, out int, init Init) *graph.Node {
	return s.Weight(Spec{Name: name, Shape: []int{in, out}, Init: init, Decay: true, Layout: Transposed})
}

// Vector returns a bias or a scale [size]: not decayed.
func (s *Scope) Vector(name string, size int, init Init) *graph.Node {
	return s.Weight(Spec{Name: name, Shape: []int{size}, Init: init})
}

// Table returns a lookup table [rows, columns], stored as used and not decayed.
func (s *Scope) Table(name string, rows, columns int, init Init) *graph.Node {
	return s.Weight(Spec{Name: name, Shape: []int{rows, columns}, Init: init})
}

// Weight returns the node of a weight; spec.Name is relative to the scope. Asked for twice, it is
// the same weight.
func (s *Scope) Weight(spec Spec) *graph.Node {
	t := s.table
	spec.Name = s.prefix + spec.Name
	i, known := t.index[spec.Name]
	if !known {
		if !s.Collecting() {
			panic(fmt.Errorf("weight %s: not among the %d weights bound", spec.Name, len(t.specs)))
		}
		i = len(t.specs)
		t.index[spec.Name] = i
		t.specs = append(t.specs, spec)
		t.nodes = append(t.nodes, graph.Parameter(t.graph, spec.Name, shapes.Make(dtypes.Float32, spec.Shape...)))
	}
	if !t.specs[i].same(spec) {
		panic(fmt.Errorf("weight %s: asked for as %v, known as %v", spec.Name, spec.Shape, t.specs[i].Shape))
	}
	return t.nodes[i]
}

// Node returns the node of a weight that was asked for or bound before, by its whole name.
func (s *Scope) Node(name string) *graph.Node {
	i, known := s.table.index[name]
	if !known {
		panic(fmt.Errorf("weight %s: not among the model's %d weights", name, len(s.table.specs)))
	}
	return s.table.nodes[i]
}
