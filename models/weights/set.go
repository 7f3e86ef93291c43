// Package weights declares, initialises, loads and binds a model's parameters. [Collect] lists the
// weights of a model, [Initial] draws them, [Bind] gives them to its graph, and [Set.Save] and
// [Load] write and read safetensors files.
//
//	specs, err := t5.Specs(be, config)           // the model's weights, in order
//	set := weights.Initial(specs, seed)           // each a function of the seed and its name
//	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
//		scope := weights.Bind(specs, in)
//		...
//	})
//
// Files have the names and axes of transformers; in memory a kernel is [in, out].
//
// Public weights come in other files: [OpenFile] opens a folder of a hub, with its weights in one
// file or in several, and numpy's archives. [LoadFile] reads a model's weights from what it opened
// and reports what was missing, unexpected or left out. [Names] describe other layouts, such as
// [BigVision]. [Set.SaveSharded] writes a folder that transformers loads.
package weights

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Set holds the weights of a model: a float32 tensor for each spec, in the same order.
type Set struct {
	specs  []Spec
	values []*tensors.Tensor
	index  map[string]int
}

// NewSet returns the set of the given tensors, which it keeps. It is an error if a tensor does not
// have the shape of its spec.
func NewSet(specs []Spec, values []*tensors.Tensor) (*Set, error) {
	if len(values) != len(specs) {
		return nil, fmt.Errorf("a set of weights: %d tensors for %d specs", len(values), len(specs))
	}
	set := &Set{specs: specs, values: values, index: make(map[string]int, len(specs))}
	for i, s := range specs {
		if err := values[i].Shape().Check(dtypes.Float32, s.Shape...); err != nil {
			return nil, fmt.Errorf("weight %s: %w", s.Name, err)
		}
		if _, twice := set.index[s.Name]; twice {
			return nil, fmt.Errorf("weight %s: named twice", s.Name)
		}
		set.index[s.Name] = i
	}
	return set, nil
}

// Initial draws every weight by its Init. A weight depends only on the seed and its name.
func Initial(specs []Spec, seed uint64) *Set {
	values := make([]*tensors.Tensor, len(specs))
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, s := range specs {
		slots <- struct{}{}
		group.Go(func() {
			drawn := make([]float32, s.Size())
			s.Init.Draw(drawn, seed, s.Name)
			values[i] = tensors.FromFlatDataAndDimensions(drawn, s.Shape...)
			<-slots
		})
	}
	group.Wait()
	set, err := NewSet(specs, values)
	if err != nil {
		panic(err) // the specs name a weight twice
	}
	return set
}

// Specs returns the descriptions of the weights, in order.
func (s *Set) Specs() []Spec { return s.specs }

// Tensors returns the tensors in the order of Specs. It is the set's own slice: a trainer donates
// the tensors to a step and puts the step's results back.
func (s *Set) Tensors() []*tensors.Tensor { return s.values }

// Get returns the weight of the given name, or nil.
func (s *Set) Get(name string) *tensors.Tensor {
	if i, ok := s.index[name]; ok {
		return s.values[i]
	}
	return nil
}

// Parameters returns the number of elements of all weights.
func (s *Set) Parameters() int { return Parameters(s.specs) }

// Bytes returns the memory of all weights.
func (s *Set) Bytes() int64 { return 4 * int64(s.Parameters()) }
