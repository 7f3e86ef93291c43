package block

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
)

// TestRelativeBuckets compares every distance up to 300 with transformers' T5 (parity/models.py).
func TestRelativeBuckets(t *testing.T) {
	golden := modeltest.OpenGolden(t, "testdata/buckets.safetensors")
	for name, bidirectional := range map[string]bool{"both": true, "one": false} {
		want := tensors.MustCopyFlatData[int32](golden.Ints(name)) // of key minus query, from -300
		table := RelativeBuckets(301, 32, 128, bidirectional)
		for distance := range 301 {
			if got := table[0][distance]; got != want[300+distance] {
				t.Errorf("%s: a key %d later is in bucket %d, want %d", name, distance, got, want[300+distance])
			}
			if got := table[distance][0]; got != want[300-distance] {
				t.Errorf("%s: a key %d earlier is in bucket %d, want %d", name, distance, got, want[300-distance])
			}
		}
	}
}
