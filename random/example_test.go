package random_test

import (
	"fmt"

	"github.com/pali3/pali3/random"
)

// A choice is keyed by what it belongs to, so it is the same in every process and at every time.
func ExampleNew() {
	const seed, epoch = 7, 0
	for _, sample := range []string{"owl.png", "cat.png", "owl.png"} {
		rng := random.New(seed, random.Name("crop"), epoch, random.Name(sample))
		fmt.Println(sample, rng.IntN(100), rng.IntN(100))
	}
	// Output:
	// owl.png 66 68
	// cat.png 83 8
	// owl.png 66 68
}
