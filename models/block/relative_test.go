package block

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/weights"
)

// TestRelativeBuckets compares the buckets of all distances up to 5,000 in both directions with
// transformers and T5X, for many sizes of the table. The golden file lists the distances, of key
// minus query, at which the bucket changes (parity/models_t5.py).
func TestRelativeBuckets(t *testing.T) {
	content, err := os.ReadFile("testdata/bucket_edges.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables []struct {
		Buckets       int
		MaxDistance   int `json:"max_distance"`
		Bidirectional bool
		From, Bucket  []int
	}
	if err := json.Unmarshal(content, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables) < 100 {
		t.Fatalf("only %d tables", len(tables))
	}
	for _, c := range tables {
		next := 0
		for distance := -5000; distance <= 5000; distance++ {
			if next < len(c.From) && distance == c.From[next] {
				next++
			}
			if got, want := bucket(-distance, c.Buckets, c.MaxDistance, c.Bidirectional), c.Bucket[next-1]; got != want {
				t.Errorf("%d buckets up to %d, bidirectional %v: a key %d later is in bucket %d, want %d",
					c.Buckets, c.MaxDistance, c.Bidirectional, distance, got, want)
			}
		}
	}
}

// TestRelativeBuckets_ByQueryAndKey checks the table of pairs.
func TestRelativeBuckets_ByQueryAndKey(t *testing.T) {
	for _, bidirectional := range []bool{false, true} {
		table := RelativeBuckets(7, 8, 12, bidirectional)
		for query := range 7 {
			for key := range 7 {
				if got, want := int(table[query][key]), bucket(query-key, 8, 12, bidirectional); got != want {
					t.Errorf("query %d, key %d: bucket %d, want %d", query, key, got, want)
				}
			}
		}
	}
}

// TestRelativeBiasAt_IsARow compares each row of the bias, and of the causal bias, to the bit.
func TestRelativeBiasAt_IsARow(t *testing.T) {
	const length = 20
	empty, err := weights.NewSet(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bidirectional := range []bool{false, true} {
		for position := range int32(length) {
			out := modeltest.Outputs(t, empty, func(_ *weights.Scope, in []*graph.Node) []*graph.Node {
				table, at := in[0], in[1]
				row := func(all *graph.Node) *graph.Node {
					return graph.Slice(all, graph.AxisRange(), graph.AxisRange(), graph.AxisElem(int(position)), graph.AxisRange())
				}
				return []*graph.Node{
					RelativeBiasAt(table, at, length, 12, bidirectional), row(RelativeBias(table, length, 12, bidirectional)),
					CausalBiasAt(at, length), row(CausalBias(at.Graph(), length)),
				}
			}, modeltest.Floats("table", 8, 3), tensors.FromValue(position))
			for i := 0; i < len(out); i += 2 {
				if !out[i].Equal(out[i+1]) {
					t.Errorf("position %d: %v, want %v", position, out[i], out[i+1])
				}
			}
		}
	}
}
