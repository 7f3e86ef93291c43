package stages_test

import (
	"fmt"
	"log"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/stages"
)

// A folder that transformers wrote opens like a run of pali3.
func ExampleOpen() {
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	model, err := stages.Open(be, "../cli/testdata/hub/t5-gated", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Family.Name, "of type", model.Published.ModelType)
	fmt.Println(len(model.Weights.Specs()) > 0, len(model.Published.Weights.Missing), "weights missing")
	fmt.Println("ids of a text:", len(model.Vocabulary.Encode("a cat")) > 0)
	// Output:
	// t5 of type t5
	// true 0 weights missing
	// ids of a text: true
}
