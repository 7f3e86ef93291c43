// Package weights is the border between a model's graph and its numbers: which weights a model has
// (Collect), what they are before training (Initial), how its graph gets them (Bind), and the
// safetensors files that hold them (Save, Load, Fill).
//
//	specs, err := ul2.Specs(be, config)           // what the model asks for, in order
//	set := weights.Initial(specs, seed)           // a function of (seed, name) alone
//	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
//		scope := weights.Bind(specs, in)
//		...
//	})
//
// In a file the names and the axes are those of transformers; in memory a kernel is [in, out].
package weights

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/safetensors"
)

// Set is the weights of a model: for every spec a float32 tensor of its shape, in the same order.
type Set struct {
	specs  []Spec
	values []*tensors.Tensor
	index  map[string]int
}

// NewSet returns the set of the given tensors, which it keeps. A tensor that has not the shape of
// its spec is an error.
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

// Initial draws every weight by its Init. A weight depends on the seed and its own name alone.
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

// Specs returns the weights' descriptions, in order.
func (s *Set) Specs() []Spec { return s.specs }

// Tensors returns the tensors in the order of Specs. It is the set's own slice: a trainer that
// donates them to a step puts the step's results back into it.
func (s *Set) Tensors() []*tensors.Tensor { return s.values }

// Get returns the weight of that name, nil if there is none.
func (s *Set) Get(name string) *tensors.Tensor {
	if i, ok := s.index[name]; ok {
		return s.values[i]
	}
	return nil
}

// Parameters returns the number of elements of all the weights.
func (s *Set) Parameters() int { return Parameters(s.specs) }

// Bytes returns the memory of all the weights.
func (s *Set) Bytes() int64 { return 4 * int64(s.Parameters()) }

// Save writes the weights, as float32 and in transformers' layout, to a safetensors file that
// becomes visible when it is whole. Metadata may be nil.
func (s *Set) Save(path string, metadata map[string]string) error {
	out := make([]safetensors.Tensor, len(s.specs))
	var failed error
	for i, spec := range s.specs {
		out[i] = safetensors.Tensor{
			Name:  spec.Name,
			DType: safetensors.F32,
			Shape: spec.Layout.FileShape(spec.Shape),
			Data: func() []byte {
				values, err := tensors.CopyFlatData[float32](s.values[i])
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("weight %s: %w", spec.Name, err))
				}
				return safetensors.Float32Bytes(spec.Layout.ToFile(values, spec.Shape))
			},
		}
	}
	note := map[string]string{"format": "pt"} // transformers loads no file without it
	for key, value := range metadata {
		note[key] = value
	}
	return errors.Join(failed, safetensors.Write(path, out, note))
}
