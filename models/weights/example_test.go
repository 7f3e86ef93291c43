package weights_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/compute/dtypes"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// A model's weights are found by building it once, drawn from a seed, and kept in a safetensors
// file.
func Example() {
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := weights.Collect(be, func(s *weights.Scope) {
		x := s.Input(dtypes.Float32, 1, 8)
		block.MLP(s.In("mlp"), block.LayerNorm(s.In("layer_norm"), x), 32)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	set := weights.Initial(specs, 42)
	fmt.Println(set.Parameters(), "parameters")

	folder, _ := os.MkdirTemp("", "weights")
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "model.safetensors")
	if err := set.Save(path, map[string]string{"step": "0"}); err != nil {
		fmt.Println(err)
		return
	}
	loaded, err := weights.Load(path, specs)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range loaded.Specs() {
		fmt.Println(s.Name, s.Shape, s.Init)
	}
	// Output:
	// 568 parameters
	// layer_norm.weight [8] constant(1)
	// layer_norm.bias [8] constant(0)
	// mlp.fc1.weight [8 32] uniform(0.387298)
	// mlp.fc1.bias [32] normal(1e-06)
	// mlp.fc2.weight [32 8] uniform(0.387298)
	// mlp.fc2.bias [8] normal(1e-06)
}
