package metrics

import "fmt"

// CalibrationError is the expected calibration error (Guo et al., On Calibration of Modern Neural
// Networks, ICML 2017, equation 5): confidences from 0 to 1 are put into bins of equal width, each
// open at its lower end, and the differences of mean confidence and accuracy in them are averaged,
// weighted by their sizes. A confidence of 0 lies in no bin and adds no difference.
func CalibrationError(confidences []float64, right []bool, bins int) (float64, error) {
	switch {
	case len(confidences) != len(right):
		return 0, fmt.Errorf("calibration: %d confidences for %d answers", len(confidences), len(right))
	case bins < 1:
		return 0, fmt.Errorf("calibration: %d bins, want 1 or more", bins)
	}
	type bin struct {
		confidence float64
		right, n   int
	}
	all := make([]bin, bins)
	for i, c := range confidences {
		if !(c >= 0 && c <= 1) {
			return 0, fmt.Errorf("calibration: confidence %d is %v, want 0 to 1", i, c)
		}
		if c == 0 {
			continue
		}
		b := &all[binOf(c, bins)]
		b.confidence += c
		b.n++
		if right[i] {
			b.right++
		}
	}
	sum := 0.0
	for _, b := range all {
		if b.n > 0 {
			difference := b.confidence/float64(b.n) - ratio(b.right, b.n)
			sum += max(difference, -difference) * float64(b.n) / float64(len(confidences))
		}
	}
	return sum, nil
}

// binOf finds the bin whose lower end is below c and whose upper end is not.
func binOf(c float64, bins int) int {
	width := 1 / float64(bins)
	at := min(int(c*float64(bins)), bins-1)
	for at > 0 && c <= float64(at)*width {
		at--
	}
	for at < bins-1 && c > float64(at+1)*width {
		at++
	}
	return at
}
