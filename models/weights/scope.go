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

// Scope gives weights, whose names begin with its prefix, to the code that builds a model's graph.
// Within [Collect] it records which weights the code asks for; after [Bind] it returns their nodes.
//
// Asking for an unknown name or another shape is a programming error. It panics with an error, as
// GoMLX does; [backend.Catch] and [graph.NewExec] return that error.
type Scope struct {
	prefix string
	table  *table
}

// table is shared by all scopes of a graph.
type table struct {
	graph *graph.Graph // where Collect records weights, nil after Bind
	specs []Spec
	nodes []*graph.Node
	index map[string]int

	recording bool
	noted     []Noted

	random *graph.Node // state of the random numbers, nil outside of training

	constant func(i int) *graph.Node // makes the node of a weight, nil except after BindConstants
}

// Noted is a named intermediate result of a model.
type Noted struct {
	Name string
	Node *graph.Node
}

// Collect runs build once, on a graph that it discards, and returns the weights that build asked
// for in the order of their first request. Build makes its inputs with [Scope.Input].
func Collect(be compute.Backend, build func(*Scope)) ([]Spec, error) {
	g := graph.NewGraph(be, "collect")
	defer g.Finalize()
	t := &table{graph: g, index: map[string]int{}}
	if err := backend.Catch("collecting the model's weights", func() { build(&Scope{table: t}) }); err != nil {
		return nil, err
	}
	return t.specs, nil
}

// Bind returns a scope in which the weights of specs are the given nodes of a graph, in the same
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

// BindConstants returns a scope in which the weights are constants of the graph g with the values
// that the set has now. Only weights that the graph asks for take memory: the Go backend copies
// them, and then keeps those of matrix products in the order in which its kernel reads them. That
// saves most of the time of a product with few rows, such as a step of decoding.
func BindConstants(g *graph.Graph, set *Set) *Scope {
	scope := Bind(set.specs, make([]*graph.Node, len(set.specs)))
	scope.table.constant = func(i int) *graph.Node { return graph.ConstCachedTensor(g, set.values[i]) }
	return scope
}

// Constant reports whether the weights are constants of the graph. Such a graph has no gradients
// and runs on the Go backend, so layers may shape their products for its kernels.
func (s *Scope) Constant() bool { return s.table.constant != nil }

// In returns a scope below this one, whose prefix is extended by the parts, joined by dots.
func (s *Scope) In(parts ...any) *Scope {
	var name strings.Builder
	name.WriteString(s.prefix)
	for _, part := range parts {
		fmt.Fprintf(&name, "%v.", part)
	}
	return &Scope{prefix: name.String(), table: s.table}
}

// Record makes all scopes of the graph keep the results passed to [Scope.Note].
func (s *Scope) Record() { s.table.recording = true }

// Recording reports whether intermediate results are kept.
func (s *Scope) Recording() bool { return s.table.recording }

// Note names an intermediate result of the model, such as the output of a block, by the scope's
// prefix, and returns it.
func (s *Scope) Note(x *graph.Node) *graph.Node {
	if s.table.recording {
		s.table.noted = append(s.table.noted, Noted{strings.TrimSuffix(s.prefix, "."), x})
	}
	return x
}

// Noted returns the results noted since [Scope.Record], in order.
func (s *Scope) Noted() []Noted { return s.table.noted }

// Train puts all scopes of the graph into training, with random numbers that follow from the state,
// a node of [graph.RNGStateShape].
func (s *Scope) Train(state *graph.Node) { s.table.random = state }

// Training reports whether the graph is one of training. If not, Uniform must not be called.
func (s *Scope) Training() bool { return s.table.random != nil }

// Uniform returns new random numbers in [0, 1) of the given dimensions.
func (s *Scope) Uniform(dimensions ...int) (values *graph.Node) {
	s.table.random, values = graph.RandomUniform(s.table.random, shapes.Make(dtypes.Float32, dimensions...))
	return values
}

// collecting reports whether the scope belongs to Collect.
func (s *Scope) collecting() bool { return s.table.graph != nil }

// Input returns a placeholder for an input of the model within Collect. Elsewhere it panics.
func (s *Scope) Input(dtype dtypes.DType, dimensions ...int) *graph.Node {
	if !s.collecting() {
		panic(fmt.Errorf("weights: Input outside Collect"))
	}
	name := fmt.Sprintf("input %d", s.table.graph.NumParameters())
	return graph.Parameter(s.table.graph, name, shapes.Make(dtype, dimensions...))
}

// Kernel returns the weight [in, out] of a linear map. It decays, and files store it as torch does.
func (s *Scope) Kernel(name string, in, out int, init Init) *graph.Node {
	return s.Weight(Spec{Name: name, Shape: []int{in, out}, Init: init, Decay: true, Layout: Transposed})
}

// Vector returns a bias or a scale [size], which does not decay.
func (s *Scope) Vector(name string, size int, init Init) *graph.Node {
	return s.Weight(Spec{Name: name, Shape: []int{size}, Init: init})
}

// Table returns a lookup table [rows, columns], which does not decay.
func (s *Scope) Table(name string, rows, columns int, init Init) *graph.Node {
	return s.Weight(Spec{Name: name, Shape: []int{rows, columns}, Init: init})
}

// Weight returns the node of a weight whose name is the scope's prefix and spec.Name. The same name
// always gives the same node.
func (s *Scope) Weight(spec Spec) *graph.Node {
	t := s.table
	spec.Name = s.prefix + spec.Name
	i, known := t.index[spec.Name]
	if !known {
		if !s.collecting() {
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
	return t.node(i)
}

func (t *table) node(i int) *graph.Node {
	if t.nodes[i] == nil {
		t.nodes[i] = t.constant(i)
	}
	return t.nodes[i]
}

// Node returns the node of a known weight by its full name.
func (s *Scope) Node(name string) *graph.Node {
	i, known := s.table.index[name]
	if !known {
		panic(fmt.Errorf("weight %s: not among the model's %d weights", name, len(s.table.specs)))
	}
	return s.table.node(i)
}
