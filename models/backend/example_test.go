package backend_test

import (
	"fmt"
	"log"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/backend"
)

// The default backend is GoMLX's pure-Go one, on all cores.
func ExampleOpen() {
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	defer be.Finalize()
	sum, err := graph.CallOnce(be, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }, []float32{1, 2, 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sum.Value())
	// Output: 6
}
