package mixture

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
)

// idsDigest is the sha256 of what a batch has besides pixels, which depend on the build, and the
// dataset's folder, which depends on the test.
func idsDigest(b *Batch) string {
	h := sha256.New()
	for _, ids := range [][]int32{b.EncoderIDs, b.DecoderInputs, b.Targets, b.Tasks, b.Truncated} {
		hashInts(h, ids)
	}
	fmt.Fprintln(h, b.Keys, b.Indices)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// TestBatch_StaysThatOfItsStreamVersion compares digests of batches with those of the program that
// introduced a version. A version never changes: where this test fails, add a version.
func TestBatch_StaysThatOfItsStreamVersion(t *testing.T) {
	steps := []int{0, 1, 2, 500, 10_000_000}
	for version, want := range map[int][]string{
		1: {"20cb159ae37d4aae", "7fc5c1fb0a18ff54", "9002eaf2dd9e91ff", "d2d5b7b09027f59e", "7051eb2dfe302c02"},
		2: {"89780e9846bdf9da", "fbf6e442d1c0fb67", "f03114c932e41c90", "e5499ce8ae23c4c5", "58abc26f8076d93a"},
	} {
		s := open(t, recipe(t, fmt.Sprint("stream_version=", version)), Options{NoPixels: true})
		if got := s.Recipe().StreamVersion; got != version {
			t.Errorf("a recipe of version %d is opened as version %d", version, got)
		}
		for i, step := range steps {
			if got := idsDigest(batch(t, s, step)); got != want[i] {
				t.Errorf("version %d step %d: %s, want %s", version, step, got, want[i])
			}
		}
	}
	if s := open(t, recipe(t), Options{NoPixels: true}); s.Recipe().StreamVersion != NewestStreamVersion {
		t.Errorf("a recipe without a version is opened as version %d", s.Recipe().StreamVersion)
	}
}
