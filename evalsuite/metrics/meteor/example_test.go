package meteor_test

import (
	"context"
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics/meteor"
)

// Without METEOR's tables, equal words and stems match. With them, meteor.Open gives METEOR's
// score.
func ExampleExactStem() {
	scorer := meteor.ExactStem()
	counts, err := scorer.Captions(context.Background(), []string{"two dogs run"}, [][]string{{"a dog runs", "two dogs are running"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.3f\n", scorer.Name(), counts[0].Score())
	// Output: meteor_exact_stem 0.302
}
