package augment

import (
	"math"

	"github.com/pali3/pali3/internal/resample"
)

// Libraries differ in where samples lie, in what they do at the edges and in how they round. This
// file has the weights of each.

// definition names whose resize is meant.
type definition int

const (
	ours   definition = iota // TensorFlow's kernels and PIL's, clamped, as floats
	tf                       // tf.image.resize
	pil                      // PIL.Image.resize
	torch                    // torch.nn.functional.interpolate and torchvision's resize
	planes                   // ours, on the planes of a JPEG
)

var definitions = []string{"", "tf", "pil", "torch", "planes"}

// definedFilters are those that a library has.
var definedFilters = map[definition][]Filter{
	pil:   {Nearest, Bilinear, Bicubic, Lanczos3, Area},
	torch: {Nearest, Bilinear, Bicubic, Area},
}

// axis returns the weights of each of to outputs for an axis of from samples.
func (d definition) axis(from, to int, filter Filter, antialias bool) []resample.Taps {
	ratio := float64(from) / float64(to)
	switch {
	case d == torch && filter == Nearest: // the pixel under the left edge
		return each(to, func(i int) resample.Taps {
			return resample.Taps{First: min(int(float32(i)*(float32(from)/float32(to))), from-1), Weights: []float64{1}}
		})
	case d == tf && filter == Nearest:
		scale := float32(from) / float32(to)
		return each(to, func(i int) resample.Taps {
			return resample.Taps{First: min(int((float32(i)+0.5)*scale), from-1), Weights: []float64{1}}
		})
	case d == pil && filter == Nearest:
		return nearestPIL(from, to)
	case filter == Nearest:
		return each(to, func(i int) resample.Taps {
			return resample.Taps{First: min(int((float64(i)+0.5)*ratio), from-1), Weights: []float64{1}}
		})
	case d == torch && filter == Area: // the mean of all pixels that are touched (adaptive_avg_pool2d)
		return each(to, func(i int) resample.Taps {
			first, end := i*from/to, ((i+1)*from+to-1)/to
			return evenly(first, end-first)
		})
	case d != pil && filter == Area:
		return each(to, func(i int) resample.Taps { return covered(float64(i)*ratio, float64(i+1)*ratio, from) })
	case d == torch && filter == Bicubic && !antialias:
		return each(to, func(i int) resample.Taps {
			return cubicAt((float64(i)+0.5)*ratio-0.5, from, -0.75, repeatEdge)
		})
	case d == tf && filter == Bicubic && !antialias: // resize_bicubic_op.cc has a table of 1,024 offsets
		return each(to, func(i int) resample.Taps {
			at := (float64(i)+0.5)*ratio - 0.5
			whole := math.Floor(at)
			return cubicAt(whole+math.RoundToEven((at-whole)*1024)/1024, from, -0.5, leaveOut)
		})
	case d == tf && (antialias || filter != Bilinear):
		return each(to, func(i int) resample.Taps { return tfSpan(i, from, to, filter, antialias) })
	case d == pil || d == torch && antialias:
		return resample.Axis(from, to, filter.support(), filter.at)
	}
	var t taps
	t.along(from, to, filter, antialias)
	return each(to, func(i int) resample.Taps {
		weights := make([]float64, t.length)
		for j, w := range t.of(i) {
			weights[j] = float64(w)
		}
		return resample.Taps{First: t.first[i], Weights: weights}
	})
}

func each(count int, tapsOf func(i int) resample.Taps) []resample.Taps {
	all := make([]resample.Taps, count)
	for i := range all {
		all[i] = tapsOf(i)
	}
	return all
}

// tfSpan returns the weights of an output in the single precision of scale_and_translate_op.cc,
// which decides whether a pixel at the end of the kernel counts.
func tfSpan(i, from, to int, filter Filter, antialias bool) resample.Taps {
	inverse := 1 / (float32(to) / float32(from))
	stretch := float32(1)
	if antialias {
		stretch = max(inverse, 1)
	}
	centre := (float32(i) + 0.5) * inverse
	reach := float32(filter.support()) * stretch
	first := min(max(int(math.Ceil(float64(centre-reach-0.5))), 0), from-1)
	last := min(max(int(math.Floor(float64(centre+reach-0.5))), first), from-1)
	weights, total := make([]float64, last-first+1), 0.0
	for j := range weights {
		weights[j] = filter.at(float64((float32(first+j) + 0.5 - centre) * (1 / stretch)))
		total += weights[j]
	}
	for j := range weights {
		weights[j] /= total
	}
	return resample.Taps{First: first, Weights: weights}
}

func evenly(first, count int) resample.Taps {
	weights := make([]float64, count)
	for i := range weights {
		weights[i] = 1 / float64(count)
	}
	return resample.Taps{First: first, Weights: weights}
}

// covered weighs pixels by how much of them lies between begin and end (resize_area_op.cc).
func covered(begin, end float64, from int) resample.Taps {
	first := min(int(begin), from-1)
	last := max(min(int(math.Ceil(end)), from), first+1)
	weights, total := make([]float64, last-first), 0.0
	for i := range weights {
		left, right := max(begin, float64(first+i)), min(end, float64(first+i+1))
		weights[i] = max(right-left, 0)
		total += weights[i]
	}
	for i := range weights {
		weights[i] /= total
	}
	return resample.Taps{First: first, Weights: weights}
}

// What a cubic does with its pixels beyond the edge.
const (
	repeatEdge = false // takes that at the edge
	leaveOut   = true  // shares their weight out among the others
)

// cubicAt returns the weights of the four pixels around a position, by Keys' cubic with parameter
// a.
func cubicAt(at float64, from int, a float64, leave bool) resample.Taps {
	whole := math.Floor(at)
	before := int(whole) - 1
	first, last := min(max(before, 0), from-1), min(max(before+3, 0), from-1)
	weights, total := make([]float64, last-first+1), 0.0
	for i := range 4 {
		x := math.Abs(float64(before+i) - at)
		w := ((a*x-5*a)*x+8*a)*x - 4*a
		if x <= 1 {
			w = ((a+2)*x-(a+3))*x*x + 1
		}
		if p := before + i; leave && (p < 0 || p >= from) {
			continue
		}
		weights[min(max(before+i, first), last)-first] += w
		total += w
	}
	for i := range weights {
		weights[i] /= total
	}
	return resample.Taps{First: first, Weights: weights}
}

// set takes exact weights.
func (t *taps) set(from int, all []resample.Taps) {
	length := 0
	for _, exact := range all {
		length = max(length, len(exact.Weights))
	}
	t.begin(from, length, len(all))
	for i, exact := range all {
		t.first[i] = min(exact.First, from-length)
		weights := t.of(i)[exact.First-t.first[i]:]
		for j, w := range exact.Weights {
			weights[j] = float32(w)
		}
	}
}

// ResizeTF returns the image with the values of tf.image.resize: floats, not clamped. Antialias
// means nothing to Nearest and Area.
func (m *Image) ResizeTF(height, width int, filter Filter, antialias bool) Tensor {
	return m.Float().resizeAs(tf, newTensor(height, width), filter, antialias)
}

// ResizeTorch returns the image with the pixels of torchvision's resize of a uint8 tensor, on
// processors with AVX2: weights of 16 bits, results rounded to 8 bits after each of the two axes.
// Nearest takes the pixel under the left upper corner.
func (m *Image) ResizeTorch(height, width int, filter Filter, antialias bool) *Image {
	if width != m.Width {
		return resizeTorch(m, height, width, filter, antialias)
	}
	return m.torchRows(height, filter, antialias)
}

// resizeTorch is ResizeTorch to another width.
func resizeTorch(from rowSource, height, width int, filter Filter, antialias bool) *Image {
	_, fromWidth := from.Size()
	columns := torch.axis(fromWidth, width, filter, antialias)
	return fixedColumns(from, inWholeNumbers(fromWidth, columns, torchBits(columns))).torchRows(height, filter, antialias)
}

func (m *Image) torchRows(height int, filter Filter, antialias bool) *Image {
	if height == m.Height {
		return m
	}
	rows := torch.axis(m.Height, height, filter, antialias)
	return m.pilRows(inWholeNumbers(m.Height, rows, torchBits(rows)))
}

// resizeTorch is ResizeTorch of a JPEG whose rows are converted when their columns are resized.
func (s *stored) resizeTorch(height, width int, filter Filter, antialias bool) *Image {
	if _, fromWidth := s.Size(); width == fromWidth {
		return s.image().ResizeTorch(height, width, filter, antialias)
	}
	defer s.release()
	return resizeTorch(s, height, width, filter, antialias)
}

// torchBits returns the binary places of weights that are kept in 16 bits
// (UpSampleKernel.cpp, _compute_index_ranges_int16_weights).
func torchBits(axis []resample.Taps) int {
	most := 0.0
	for _, t := range axis {
		for _, w := range t.Weights {
			most = max(most, w)
		}
	}
	bits := 0
	for bits < 22 && int(0.5+most*float64(int(2)<<bits)) < 1<<15 {
		bits++
	}
	return max(bits, 1)
}

// resizeAs resizes floats by the weights of a library.
func (t Tensor) resizeAs(d definition, out Tensor, filter Filter, antialias bool) Tensor {
	r := resizers.Get().(*resizer)
	defer resizers.Put(r)
	r.rows.set(t.Height, d.axis(t.Height, out.Height, filter, antialias))
	r.columns.set(t.Width, d.axis(t.Width, out.Width, filter, antialias))
	return r.floats(out, t)
}
