package benchmarks_test

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/ingest/benchmarks"
)

func ExampleLayouts() {
	fmt.Println(strings.Join(benchmarks.Layouts()[:4], " "))
	// Output: activitynet activitynet-qa ai2d aokvqa
}
