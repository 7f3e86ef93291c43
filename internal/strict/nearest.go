package strict

import "strings"

// Nearest returns the name with the smallest edit distance to what was written, or "" if there are
// no names.
func Nearest(written string, names []string) string {
	best, least := "", -1
	for _, name := range names {
		if d := distance(written, name); least < 0 || d < least {
			best, least = name, d
		}
	}
	return best
}

// Close is like Nearest, but returns "" if the nearest name differs in more than a third of its
// letters: it is then not what was meant. A name that begins with what was written is close, and so
// is one that ends with it behind a hyphen.
func Close(written string, names []string) string {
	for _, name := range names {
		if len(written) > 2 && (strings.HasPrefix(name, written) || strings.HasSuffix(name, "-"+written)) {
			return name
		}
	}
	name := Nearest(written, names)
	if distance(written, name) > max(1, len(name)/3) {
		return ""
	}
	return name
}

// distance returns the Levenshtein distance.
func distance(a, b string) int {
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
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
