package mixture

import "fmt"

// Fit is what a task does with a target that is longer than the recipe's lengths.decoder.
type Fit string

// The ways to fit a target.
const (
	// FitTruncate cuts the end off. Every kind can be truncated.
	FitTruncate Fit = "truncate"
	// FitLeaveOut leaves out whole parts, drawn at random, until the rest fits: texts of kind ocr,
	// and labels, with all of their boxes, of kind detect. The prompt asks for what is left alone.
	FitLeaveOut Fit = "leave_out"
)

func (f Fit) check() error {
	switch f {
	case "", FitTruncate, FitLeaveOut:
		return nil
	}
	return fmt.Errorf("fit: %q; legal are %s and %s", string(f), FitTruncate, FitLeaveOut)
}

// most returns the largest n from 1 to limit for which fits holds, 1 if there is none. It expects
// that what fits n fits fewer, and checks the result where that is not quite so.
func most(limit int, fits func(n int) bool) int {
	low, high := 1, limit
	for low < high {
		if middle := (low + high + 1) / 2; fits(middle) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	for low > 1 && !fits(low) {
		low--
	}
	return low
}
