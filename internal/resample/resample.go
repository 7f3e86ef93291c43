// Package resample computes the weights with which Pillow resizes an axis of an image. Images and
// masks share them.
package resample

import "math"

// Taps say of which source pixels one output pixel is the weighted sum: First, First+1 and so on.
type Taps struct {
	First int
	// Weights have the sum 1.
	Weights []float64
}

// Axis returns the taps of each of the to pixels that from pixels are resized to, for a kernel that
// is 0 beyond its support. Output pixel i is centred at (i+0.5)·from/to. Where the axis shrinks,
// the kernel is widened by the ratio, which antialiases. Weights beyond the edge are shared out
// among the others. It follows Pillow step by step (Resample.c, precompute_coeffs), so that the
// numbers are equal to the bit; tf.image.resize with antialias computes the same weights in other
// steps.
func Axis(from, to int, support float64, kernel func(x float64) float64) []Taps {
	scale := float64(from) / float64(to)
	stretch := max(scale, 1)
	reach := support * stretch
	all := make([]Taps, to)
	for i := range all {
		centre := (float64(i) + 0.5) * scale
		first := max(int(centre-reach+0.5), 0)
		weights := make([]float64, min(int(centre+reach+0.5), from)-first)
		total := 0.0
		for j := range weights {
			weights[j] = kernel((float64(j+first) - centre + 0.5) * (1 / stretch))
			total += weights[j]
		}
		for j := range weights {
			if total != 0 {
				weights[j] /= total
			}
		}
		all[i] = Taps{first, weights}
	}
	return all
}

// Triangle is the kernel of bilinear resizing, of support 1.
func Triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }
