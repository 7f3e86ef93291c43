package forward

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
)

// ReadInputs reads all tensors of a safetensors file: floating-point numbers as float32, integers
// as int32.
func ReadInputs(path string) (inputs map[string]*tensors.Tensor, err error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	inputs = map[string]*tensors.Tensor{}
	for _, e := range file.Entries() {
		for _, size := range e.Shape {
			if size == 0 {
				return nil, fmt.Errorf("%s: tensor %s is empty: %v", path, e.Name, e.Shape)
			}
		}
		if strings.HasPrefix(string(e.DType), "I") {
			values, err := file.Int32(e.Name)
			if err != nil {
				return nil, err
			}
			inputs[e.Name] = tensors.FromFlatDataAndDimensions(values, e.Shape...)
			continue
		}
		values, err := file.Float32(e.Name)
		if err != nil {
			return nil, err
		}
		inputs[e.Name] = tensors.FromFlatDataAndDimensions(values, e.Shape...)
	}
	return inputs, nil
}

// WriteOutputs writes the outputs to a safetensors file: ids as int32, all others as float32.
func WriteOutputs(path string, outputs []Output) error {
	var failed error
	all := make([]safetensors.Tensor, len(outputs))
	for i, o := range outputs {
		all[i] = safetensors.Tensor{
			Name: o.Name, DType: safetensors.F32, Shape: o.Tensor.Shape().Dimensions,
			Data: func() []byte {
				values, err := tensors.CopyFlatData[float32](o.Tensor)
				failed = errors.Join(failed, err)
				return safetensors.Float32Bytes(values)
			},
		}
		if o.Tensor.DType() == dtypes.Int32 {
			all[i].DType = safetensors.I32
			all[i].Data = func() []byte {
				ids, err := tensors.CopyFlatData[int32](o.Tensor)
				failed = errors.Join(failed, err)
				return safetensors.Int32Bytes(ids)
			}
		}
	}
	return errors.Join(safetensors.Write(path, all, nil), failed)
}
