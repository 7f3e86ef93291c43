package family

// Product is the number of operations of [rows, in] times [in, out].
func Product(rows, in, out int) int64 { return 2 * int64(rows) * int64(in) * int64(out) }

// Scores is the number of operations of queries times keys and of probabilities times values, over
// all heads, whose widths add up to width.
func Scores(queries, keys, width int) int64 { return 2 * Product(queries, width, keys) }

// TransformerFLOPs is the number of operations of blocks of self-attention and a two-layer
// perceptron.
func TransformerFLOPs(depth, width, mlp, length int) int64 {
	return int64(depth) * (4*Product(length, width, width) + Scores(length, length, width) + 2*Product(length, width, mlp))
}

// TransformerActivations counts the floats that the backward pass needs from such blocks for one
// sequence: in each block about 10 times the width and 3 times the hidden width per token, and 3
// per attention score.
func TransformerActivations(depth, width, mlp, heads, length int) int64 {
	n := int64(length)
	return int64(depth) * (n*int64(10*width+3*mlp) + 3*int64(heads)*n*n)
}
