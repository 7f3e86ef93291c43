package recipes_test

import (
	"fmt"
	"log"

	"github.com/pali3/pali3/recipes"
)

func ExampleOpen() {
	r, err := recipes.Open("quickstart-caption")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Name, r.Kind())
	// Output:
	// quickstart-caption training
}
