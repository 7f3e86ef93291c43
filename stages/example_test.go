package stages_test

import (
	"fmt"
	"log"

	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/stages"
)

// A shipped recipe is read with values of one's own.
func ExampleParseRecipe() {
	content, err := recipes.Read("quickstart-stage1")
	if err != nil {
		log.Fatal(err)
	}
	recipe, err := stages.ParseRecipe(content, "quickstart-stage1", "steps=20", "data=mine")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(recipe.Stage, recipe.Steps, recipe.Mixture.Data, "freezes", recipe.Freeze)
	for _, init := range recipe.Init {
		fmt.Println("takes", init.Prefixes, "of", init.From)
	}
	_, err = stages.ParseRecipe(content, "quickstart-stage1", "freze=[]")
	fmt.Println(err != nil)
	// Output:
	// pali3 20 mine freezes [vision_model]
	// takes [vision_model] of siglip
	// takes [shared encoder decoder lm_head] of ul2
	// true
}

// PaLI's schedule: a linear warm-up, then the inverse square root of the step.
func ExampleSchedule_At() {
	s := stages.Schedule{Kind: "rsqrt", WarmUp: 1000, Timescale: 1000}
	for _, step := range []int{0, 500, 1000, 4000, 16000} {
		fmt.Printf("%.3f ", s.At(step, 100_000))
	}
	// Output: 0.000 0.500 1.000 0.500 0.250
}
