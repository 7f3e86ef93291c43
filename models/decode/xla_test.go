//go:build xla

package decode_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
)

// TestXLA_ChoosesTheSameIDs decodes by each method on XLA and on the Go backend, and on several
// goroutines of one XLA at once.
func TestXLA_ChoosesTheSameIDs(t *testing.T) {
	found, folders := backend.Plugins()
	if !slices.ContainsFunc(found, func(p backend.Plugin) bool { return p.Name == "cpu" }) {
		t.Skipf("XLA IS NOT TESTED: no plugin for the CPU in %q; make xla-plugin gets one", folders)
	}
	onXLA, err := backend.Open("xla:cpu")
	if err != nil {
		t.Fatal(err)
	}
	onGo, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]decode.Method{
		"greedy":   {},
		"beams":    {Beams: 3, Alpha: 0.6},
		"sampling": {Temperature: 0.8, TopK: 9, Seed: 5},
	}
	var running sync.WaitGroup
	for name, method := range methods {
		want, err := answersOn(t, onGo, method)
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			got, err := answersOn(t, onXLA, method)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			for i := range want {
				if !slices.Equal(got[i].IDs, want[i].IDs) || math.Abs(got[i].LogProbability-want[i].LogProbability) > 1e-4 {
					t.Errorf("%s, sample %d: %v on XLA, %v on the Go backend", name, i, got[i], want[i])
				}
			}
		})
	}
	running.Wait()
}

// answersOn decodes the tests' batch on a backend, with tensors of its own.
func answersOn(t *testing.T, be compute.Backend, method decode.Method) ([]decode.Answer, error) {
	set, in := initial(t)
	generator, err := decode.NewGenerator(be, &tiny, set.Specs(), length)
	if err != nil {
		return nil, err
	}
	generator.Method = method
	return generator.Generate(context.Background(), set, in)
}
