package augment

import "math"

// Filter is a resampling kernel.
type Filter int

const (
	Bilinear Filter = iota // triangle of support 1
	Bicubic                // Keys' cubic with a = -0.5, support 2
	Nearest                // the pixel under the centre
)

func (f Filter) String() string { return [...]string{"bilinear", "bicubic", "nearest"}[f] }

func (f Filter) support() float64 { return [...]float64{1, 2, 0.5}[f] }

// at is the kernel's value at distance x (Keys 1981, equation 4, for the cubic).
func (f Filter) at(x float64) float64 {
	x = math.Abs(x)
	switch {
	case f == Bilinear:
		return max(0, 1-x)
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

// taps say of which source pixels one output pixel is the weighted sum: first, first+1, ...
type taps struct {
	first   int
	weights []float32
}

// tapsFor computes the taps of every output pixel of one axis, with half-pixel centres: output i
// looks at (i+0.5)*from/to. With antialias the kernel is as wide as the shrinking ratio, and
// weights that fall outside the image are shared out among the rest. That is tf.image.resize
// (scale_and_translate_op.cc, ComputeSpansCore) and PIL (Resample.c, precompute_coeffs).
func tapsFor(from, to int, filter Filter, antialias bool) []taps {
	ratio := float64(from) / float64(to)
	if filter == Nearest {
		all := make([]taps, to)
		for i := range all {
			all[i] = taps{min(int((float64(i)+0.5)*ratio), from-1), []float32{1}}
		}
		return all
	}
	return spread(from, ratio, 0, to, filter, antialias)
}

// spread computes the taps of count outputs, the first of them output number offset of a row in
// which each is ratio source pixels wide.
func spread(from int, ratio, offset float64, count int, filter Filter, antialias bool) []taps {
	all := make([]taps, count)
	stretch := 1.0
	if antialias {
		stretch = max(ratio, 1)
	}
	reach := filter.support() * stretch
	for i := range all {
		centre := (offset + float64(i) + 0.5) * ratio
		last := min(max(int(math.Floor(centre+reach-0.5)), 0), from-1)
		first := min(max(int(math.Ceil(centre-reach-0.5)), 0), last)
		weights := make([]float64, last-first+1)
		total := 0.0
		for j := range weights {
			weights[j] = filter.at((float64(first+j) + 0.5 - centre) / stretch)
			total += weights[j]
		}
		all[i] = taps{first, make([]float32, len(weights))}
		for j, w := range weights {
			all[i].weights[j] = float32(w / total)
		}
	}
	return all
}

// Resize returns the image at height x width, squashed if its shape differs, as floats 0 to 255.
// Without antialias the kernel keeps its width when shrinking, as tf.image.resize does by default.
func (m *Image) Resize(height, width int, filter Filter, antialias bool) Tensor {
	out := resize(m.Pix, m.Height, m.Width, height, width, filter, antialias)
	if filter == Bicubic { // the cubic overshoots
		for i, v := range out.Pix {
			out.Pix[i] = min(max(v, 0), 255)
		}
	}
	return out
}

// Resize is [Image.Resize] on floats; the cubic may overshoot.
func (t Tensor) Resize(height, width int, filter Filter, antialias bool) Tensor {
	return resize(t.Pix, t.Height, t.Width, height, width, filter, antialias)
}

// resize makes one output row at a time: the weighted sum of source rows, then of its columns. The
// memory it needs beside the output is one source row, whatever the two sizes.
func resize[T uint8 | float32](pix []T, fromHeight, fromWidth, height, width int, filter Filter, antialias bool) Tensor {
	rows := tapsFor(fromHeight, height, filter, antialias)
	columns := tapsFor(fromWidth, width, filter, antialias)
	out := Tensor{height, width, make([]float32, 3*height*width)}
	sum := make([]float32, 3*fromWidth)
	for y, r := range rows {
		clear(sum)
		for i, weight := range r.weights {
			addRow(sum, pix[3*(r.first+i)*fromWidth:], weight)
		}
		gatherRow(out.Pix[3*y*width:][:3*width], sum, columns)
	}
	return out
}

func addRow[T uint8 | float32](sum []float32, row []T, weight float32) {
	if bytes, ok := any(row).([]uint8); ok {
		addBytes(sum, bytes, weight)
	} else {
		addRowPortable(sum, row, weight)
	}
}

// gatherRow writes one output row, each pixel the weighted sum of its columns of the source row.
func gatherRow(out, source []float32, columns []taps) {
	for x, c := range columns {
		from := source[3*c.first:][:3*len(c.weights)]
		var r, g, b float32
		for _, weight := range c.weights {
			r += weight * from[0]
			g += weight * from[1]
			b += weight * from[2]
			from = from[3:]
		}
		out[3*x], out[3*x+1], out[3*x+2] = r, g, b
	}
}
