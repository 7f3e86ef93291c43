package frames_test

import (
	"fmt"
	"os"

	"github.com/pali3/pali3/ingest/internal/frames"
)

func ExampleSplit() {
	animation, err := os.ReadFile("testdata/keep.gif")
	if err != nil {
		fmt.Println(err)
		return
	}
	stills, err := frames.Split(animation, 3)
	fmt.Println(len(stills), err)
	// Output: 3 <nil>
}
