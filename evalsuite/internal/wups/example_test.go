package wups_test

import (
	"fmt"

	"github.com/pali3/pali3/evalsuite/internal/wups"
)

// The folder is usually NLTK's own. The one here has a few words.
func ExampleScorer_Score() {
	scorer, err := wups.Open("testdata/tables")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f %.3f\n", scorer.Score("two dogs", []string{"two cats"}, 0), scorer.Score("two dogs", []string{"two cats"}, 0.9))
	// Output: 0.857 0.086
}
