package block

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// RelativeBuckets returns T5's bucket for every pair of positions, as element [query][key] of a
// square of the given length. Half of the buckets, in each direction if there are two, are for
// exact distances; the others cover ranges that grow logarithmically up to maxDistance (t5x
// examples/t5/layers.py, RelativePositionBiases).
//
// Rounding could move a bucket at distances where the logarithm is an integer (16, 32 and 64 for 32
// buckets up to 128). A test pins the float32 results.
func RelativeBuckets(length, buckets, maxDistance int, bidirectional bool) [][]int32 {
	byDistance := bucketsByDistance(length, buckets, maxDistance, bidirectional)
	table := make([][]int32, length)
	for query := range table {
		table[query] = make([]int32, length)
		for key := range table[query] {
			table[query][key] = byDistance[query-key+length-1]
		}
	}
	return table
}

// bucketsByDistance returns the buckets of the distances, of query minus key, from 1-length to
// length-1.
func bucketsByDistance(length, buckets, maxDistance int, bidirectional bool) []int32 {
	byDistance := make([]int32, 2*length-1)
	for i := range byDistance {
		byDistance[i] = int32(bucket(i-(length-1), buckets, maxDistance, bidirectional))
	}
	return byDistance
}

// bucket returns the bucket of distance n = query - key.
func bucket(n, buckets, maxDistance int, bidirectional bool) int {
	first := 0
	if bidirectional {
		buckets /= 2
		if n < 0 {
			first, n = buckets, -n
		}
	}
	n = max(n, 0)
	exact := buckets / 2
	if n < exact {
		return first + n
	}
	const eps = float32(1.1920929e-07) // np.finfo(np.float32).eps
	share := float32(math.Log(float64(float32(n)/float32(exact)+eps))) / float32(math.Log(float64(maxDistance)/float64(exact)))
	large := exact + int(share*float32(buckets-exact))
	return first + min(large, buckets-1)
}

// RelativeBias looks up the bias of every pair of positions in table [buckets, H]: [1, H, L, L].
func RelativeBias(table *Node, length, maxDistance int, bidirectional bool) *Node {
	d := table.Shape().Dimensions
	ids := Const(table.Graph(), RelativeBuckets(length, d[0], maxDistance, bidirectional)) // [query, key]
	return InsertAxes(TransposeAllAxes(Embed(table, ids), 2, 0, 1), 0)
}

// RelativeBiasAt looks up the biases of one query, at position, an int32 scalar, and all keys:
// [1, H, 1, L]. They are a row of [RelativeBias].
func RelativeBiasAt(table, position *Node, length, maxDistance int, bidirectional bool) *Node {
	g, buckets := table.Graph(), table.Shape().Dimensions[0]
	byDistance := Const(g, bucketsByDistance(length, buckets, maxDistance, bidirectional))
	key := Iota(g, shapes.Make(dtypes.Int32, length), 0)
	distance := Sub(AddScalar(position, length-1), key)           // query minus key, from 0
	ids := Gather(byDistance, InsertAxes(distance, -1))           // [L]
	biases := Transpose(Gather(table, InsertAxes(ids, -1)), 0, 1) // [H, L]
	return Reshape(biases, 1, table.Shape().Dimensions[1], 1, length)
}
