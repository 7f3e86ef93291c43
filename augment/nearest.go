package augment

import "math"

// nearest returns the candidate with the fewest edits from word (Levenshtein), the first of equals.
func nearest(word string, candidates []string) string {
	best, fewest := "", math.MaxInt
	for _, candidate := range candidates {
		if d := edits(word, candidate); d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}

func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
