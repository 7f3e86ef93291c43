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

// Weights of another layout are read under the names of the model, and what does not match is
// reported. The result is a folder that transformers loads.
func ExampleLoadFile() {
	be, err := backend.Open("")
	if err != nil {
		fmt.Println(err)
		return
	}
	specs, err := weights.Collect(be, func(s *weights.Scope) {
		x := s.Input(dtypes.Float32, 1, 8)
		block.LayerNorm(s.In("vision_model", "post_layernorm"), x)
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	file, err := weights.OpenFile("testdata/big_vision-class-token.npz")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	set, report, err := weights.LoadFile(file, specs, weights.AnyLayout)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(weights.LayoutOf(file), "names;", report.Loaded, "loaded;", len(report.Missing), "missing;", len(report.Unexpected), "unexpected")

	folder, _ := os.MkdirTemp("", "weights")
	defer os.RemoveAll(folder)
	if err := set.SaveSharded(folder, weights.SaveOptions{DType: "BF16"}); err != nil {
		fmt.Println(err)
		return
	}
	saved, err := weights.OpenFile(folder)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer saved.Close()
	for _, e := range saved.Entries() {
		fmt.Println(e.Name, e.DType, e.Shape)
	}
	// Output:
	// big_vision names; 2 loaded; 0 missing; 24 unexpected
	// vision_model.post_layernorm.bias BF16 [8]
	// vision_model.post_layernorm.weight BF16 [8]
}
