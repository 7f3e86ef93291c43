package safetensors_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/safetensors"
)

func Example() {
	folder, _ := os.MkdirTemp("", "safetensors")
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "inputs.safetensors")
	err := safetensors.Write(path, []safetensors.Tensor{{
		Name: "ids", DType: safetensors.I32, Shape: []int{1, 3},
		Data: func() []byte { return safetensors.Int32Bytes([]int32{7, 8, 1}) },
	}}, map[string]string{"made by": "an example"})
	if err != nil {
		fmt.Println(err)
		return
	}

	file, err := safetensors.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	for _, e := range file.Entries() {
		fmt.Println(e.Name, e.DType, e.Shape)
	}
	ids, err := file.Int32("ids")
	fmt.Println(ids, err, file.Metadata())
	// Output:
	// ids I32 [1 3]
	// [7 8 1] <nil> map[made by:an example]
}
