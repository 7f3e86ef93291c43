package imagefile

import (
	"bytes"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestWebPRows_TwinsAgree runs what the build uses and the portable loops on rows of every length.
func TestWebPRows_TwinsAgree(t *testing.T) {
	rng := random.New(1)
	row := func(n int) []uint8 {
		b := make([]uint8, n)
		for i := range b {
			b[i] = uint8(rng.Uint64() >> 11)
		}
		return b
	}
	for n := 1; n < 100; n++ {
		near, far, luma := row(n), row(n), row(n)
		got, want := make([]uint8, 3*n), make([]uint8, 3*n)
		convertWebPRow(got, luma, near, far)
		convertWebPRowPortable(want, luma, near, far)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d pixels: RGB %v, portable %v", n, got, want)
		}
		upsampleWebPPairs(got[:2*n-2], near, far)
		upsampleWebPPairsPortable(want[:2*n-2], near, far)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d samples: chroma %v, portable %v", n, got, want)
		}
	}
}
