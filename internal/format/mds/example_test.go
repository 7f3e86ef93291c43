package mds_test

import (
	"fmt"

	"github.com/pali3/pali3/internal/format/mds"
)

// Records are samples, or say why they are not.
func ExampleRead() {
	for record := range mds.Read("testdata/plain") {
		fmt.Println(record.Sample.Key, len(record.Sample.Images), record.Err)
	}
	// Output:
	// k0 1 <nil>
	// k1 1 <nil>
	// k2 1 <nil>
	// k3 1 <nil>
	// k4 1 <nil>
	// k5 1 <nil>
	// k6 1 <nil>
	// k7 1 <nil>
}
