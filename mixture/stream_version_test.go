package mixture

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
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
		3: {"89780e9846bdf9da", "fbf6e442d1c0fb67", "f03114c932e41c90", "e5499ce8ae23c4c5", "58abc26f8076d93a"},
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

// TestBatch_OfACurriculumStaysThatOfItsStreamVersion is the same for a curriculum in which tasks
// lose their share, where versions 2 and 3 differ.
func TestBatch_OfACurriculumStaysThatOfItsStreamVersion(t *testing.T) {
	for version, want := range map[int][]string{
		2: {"0f5a650fc80d6fee", "f09274d7b1ab1bce"},
		3: {"50c8edbf43e181f4", "f2c5dbdd7a7630b6"},
	} {
		s := open(t, recipe(t, append(losing(40), fmt.Sprint("stream_version=", version))...), Options{NoPixels: true})
		for i, step := range []int{40, 20_000} {
			if got := idsDigest(batch(t, s, step)); got != want[i] {
				t.Errorf("version %d step %d: %s, want %s", version, step, got, want[i])
			}
		}
	}
}

// losing are assignments for a recipe of n tasks, half of which lose their share by step 40.
func losing(n int) []string {
	var tasks, before, after []string
	for i := range n {
		tasks = append(tasks, fmt.Sprintf("{name: t%d, kind: caption, weight: 1}", i))
		before = append(before, fmt.Sprintf("t%d: %d", i, 1+i*i%17))
		after = append(after, fmt.Sprintf("t%d: %d", i, i%2*(1+i*i*i%13)))
	}
	join := func(list []string) string { return strings.Join(list, ", ") }
	return []string{
		"tasks=[" + join(tasks) + "]",
		"curriculum=[{step: 0, weights: {" + join(before) + "}}, {step: 40, weights: {" + join(after) + "}}]",
	}
}
