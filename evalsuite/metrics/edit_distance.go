package metrics

// editDistance is the Levenshtein distance: the least number of insertions, deletions and
// substitutions that turn a into b. Time is len(a)*len(b), memory the shorter length.
func editDistance[T comparable](a, b []T) int {
	d, _ := editDistanceWithin(a, b, max(len(a), len(b)))
	return d
}

// editDistanceWithin returns the edit distance if it is at most limit. Only the cells within limit
// of the diagonal are computed.
func editDistanceWithin[T comparable](a, b []T, limit int) (int, bool) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case len(b)-len(a) > limit:
		return 0, false
	case len(a) == 0:
		return len(b), true
	}
	const far = int(^uint(0)>>1) / 2
	row := make([]int, len(a)+1) // row[i]: the distance of a[:i] and b[:j]
	for i := range row {
		row[i] = i
		if i > limit {
			row[i] = far
		}
	}
	for j, y := range b {
		from, to := max(0, j-limit), min(len(a), j+1+limit) // a[from:to] lies within limit of j
		diagonal := row[from]
		left := far
		if from == 0 && j+1 <= limit {
			left = j + 1
		}
		row[from] = left
		for i := from; i < to; i++ {
			d := diagonal
			if a[i] != y {
				d = 1 + min(diagonal, row[i+1], left)
			}
			diagonal, row[i+1], left = row[i+1], d, d
		}
	}
	d := row[len(a)]
	return d, d <= limit
}
