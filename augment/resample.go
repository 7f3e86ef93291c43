package augment

import "math"

// Filter is a resampling kernel.
type Filter int

const (
	Bilinear Filter = iota // triangle of support 1
	Bicubic                // Keys' cubic with a = -0.5, support 2
	Nearest                // the pixel under the centre
	Lanczos3               // sinc windowed by a sinc, support 3
	Area                   // mean of what an output pixel covers
	Lanczos5               // support 5
	Gaussian               // deviation 1/2, support 1.5
	Mitchell               // Mitchell and Netravali's cubic with B = C = 1/3, support 2
)

func (f Filter) String() string {
	return [...]string{"bilinear", "bicubic", "nearest", "lanczos3", "area", "lanczos5", "gaussian", "mitchellcubic"}[f]
}

func (f Filter) support() float64 { return [...]float64{1, 2, 0.5, 3, 0.5, 5, 1.5, 2}[f] }

// overshoots reports whether results can lie beyond the values that they are made of.
func (f Filter) overshoots() bool {
	return f == Bicubic || f == Lanczos3 || f == Lanczos5 || f == Mitchell
}

// at is the kernel's value at distance x (Keys 1981, equation 4, for the cubic; TensorFlow's
// sampling_kernels.h).
func (f Filter) at(x float64) float64 {
	if f == Area { // Pillow's box has its right edge alone
		if -0.5 < x && x <= 0.5 {
			return 1
		}
		return 0
	}
	x = math.Abs(x)
	switch {
	case f == Bilinear:
		return max(0, 1-x)
	case f == Lanczos3, f == Lanczos5:
		return lanczos(x, f.support())
	case f == Gaussian && x < 1.5:
		return math.Exp(-2 * x * x)
	case f == Gaussian:
		return 0
	case f == Mitchell && x < 1:
		return (7.0/6*x-2)*x*x + 8.0/9
	case f == Mitchell && x < 2:
		return ((-7.0/18*x+2)*x-10.0/3)*x + 16.0/9
	case f == Mitchell:
		return 0
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

func lanczos(x, support float64) float64 {
	switch {
	case x == 0:
		return 1
	case x >= support:
		return 0
	}
	x *= math.Pi
	return support * math.Sin(x) * math.Sin(x/support) / (x * x)
}

// taps say of which source samples each output sample is the weighted sum: first, first+1 and so
// on. All outputs have the same number of weights; the excess ones are 0, so that the loop over
// them is the same for every sample.
type taps struct {
	length  int
	source  int // samples that there are
	first   []int
	weights []float32 // length for each output

	exact []float64 // of one output
	spare []float32
}

// of returns the weights of an output.
func (t *taps) of(i int) []float32 { return t.weights[i*t.length:][:t.length] }

// within reports whether all outputs are of samples that there are. The first ones never decrease.
func (t *taps) within() bool {
	count := len(t.first)
	return t.length > 0 && len(t.weights) == t.length*count && t.first[0] >= 0 && t.first[count-1]+t.length <= t.source
}

// along computes the taps of every output of one axis, with half-pixel centres: output i looks at
// (i+0.5)*from/to. With antialias the kernel is as wide as the shrinking ratio, and weights that
// fall outside the image are shared out among the rest. That is tf.image.resize
// (scale_and_translate_op.cc, ComputeSpansCore) and PIL (Resample.c, precompute_coeffs).
func (t *taps) along(from, to int, filter Filter, antialias bool) {
	ratio := float64(from) / float64(to)
	switch filter {
	case Area:
		t.set(from, ours.axis(from, to, Area, antialias))
		return
	case Nearest:
	default:
		t.spread(from, ratio, 0, to, filter, antialias)
		return
	}
	t.begin(from, 1, to)
	for i := range t.first {
		t.first[i], t.weights[i] = min(int((float64(i)+0.5)*ratio), from-1), 1
	}
}

// begin makes room for count outputs of length weights.
func (t *taps) begin(source, length, count int) {
	t.source, t.length = source, length
	t.first = resized(t.first, count)
	t.weights = resized(t.weights, length*count)
	clear(t.weights)
}

// spread computes the taps of count outputs, the first of them output number offset of a row in
// which each is ratio source pixels wide.
func (t *taps) spread(from int, ratio, offset float64, count int, filter Filter, antialias bool) {
	stretch := 1.0
	if antialias {
		stretch = max(ratio, 1)
	}
	reach := filter.support() * stretch
	span := func(i int) (centre float64, first, last int) {
		centre = (offset + float64(i) + 0.5) * ratio
		last = min(max(int(math.Floor(centre+reach-0.5)), 0), from-1)
		return centre, min(max(int(math.Ceil(centre-reach-0.5)), 0), last), last
	}
	length := 0
	for i := range count {
		_, first, last := span(i)
		length = max(length, last-first+1)
	}
	t.begin(from, length, count)
	t.exact = resized(t.exact, length)
	for i := range count {
		centre, first, last := span(i)
		exact, total := t.exact[:last-first+1], 0.0
		for j := range exact {
			exact[j] = filter.at((float64(first+j) + 0.5 - centre) / stretch)
			total += exact[j]
		}
		t.first[i] = min(first, from-length) // at the end of the source, zeros come first
		weights := t.of(i)[first-t.first[i]:]
		for j, w := range exact {
			weights[j] = float32(w / total)
		}
	}
}

// resized returns a slice of a length, of the same memory if that suffices.
func resized[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}

// Resize returns the image at height x width, squashed if its shape differs, as floats 0 to 255.
// Without antialias the kernel keeps its width when shrinking, as tf.image.resize does by default.
func (m *Image) Resize(height, width int, filter Filter, antialias bool) Tensor {
	return resizeRows(newTensor(height, width), m, filter, antialias)
}

// Resize is [Image.Resize] on floats; cubics and Lanczos' kernels may overshoot.
func (t Tensor) Resize(height, width int, filter Filter, antialias bool) Tensor {
	return t.resizeTo(newTensor(height, width), filter, antialias)
}

func (t Tensor) resizeTo(out Tensor, filter Filter, antialias bool) Tensor {
	r := resizers.Get().(*resizer)
	defer resizers.Put(r)
	r.begin(t.Height, t.Width, out.Height, out.Width, filter, antialias)
	return r.floats(out, t)
}

// floats makes one output row at a time: the weighted sum of source rows, then of its columns.
func (r *resizer) floats(out, t Tensor) Tensor {
	r.sum = resized(r.sum, 3*t.Width+1)
	r.sum[3*t.Width] = 0
	for y, first := range r.rows.first {
		sum := r.sum[:3*t.Width]
		clear(sum)
		for i, weight := range r.rows.of(y) {
			addRow(sum, t.Pix[3*(first+i)*t.Width:][:3*t.Width], weight)
		}
		gatherRow(out.Pix[3*y*out.Width:cap(out.Pix)], r.sum, &r.columns)
	}
	return out
}
