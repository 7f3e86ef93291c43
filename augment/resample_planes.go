package augment

import (
	"sync"

	"github.com/pali3/pali3/augment/jpeg"
)

// Resizing the planes of a JPEG as they are stored: luma and chroma are resampled each from its own
// resolution, and the small image is converted to RGB. The weights of chroma are those of its
// interpolation to full resolution followed by the resize, so that, but for rounding, the sums are
// those of the way over an RGB image. What differs: nothing is rounded to 8 bits in between, and
// colours beyond 0 to 255 are clamped once, in the small image, and not in the large one.

// planeResizer holds the memory of such a resize.
type planeResizer struct {
	fullRows, fullColumns taps // on pixels
	rows, columns         taps // on samples of a plane
	sum                   []float32
	lines                 [][]uint8
	weights               []float32
	small                 [3][]float32 // planes at their new size
}

var planeResizers = sync.Pool{New: func() any { return new(planeResizer) }}

// hasPlanes reports whether the colours are Y, Cb and Cr.
func (s *stored) hasPlanes() bool { return s.planes.Model == jpeg.YCbCr }

// resizePlanes writes the part of the image to out.
func (s *stored) resizePlanes(out Tensor, filter Filter, antialias bool) Tensor {
	height, width := out.Height, out.Width
	r := planeResizers.Get().(*planeResizer)
	defer planeResizers.Put(r)
	r.fullRows.along(s.part.height, height, filter, antialias)
	r.fullColumns.along(s.part.width, width, filter, antialias)
	for i, p := range s.planes.Planes {
		r.small[i] = resized(r.small[i], height*width+gatherSlack)
		if before := s.planes.Planes[max(i-1, 0)]; i == 0 || p.H != before.H || p.V != before.V {
			betweenRows, betweenColumns := s.planes.Interpolates(i)
			r.rows.compose(&r.fullRows, s.part.y, p.V, p.Height, betweenRows)
			r.columns.compose(&r.fullColumns, s.part.x, p.H, p.Width, betweenColumns)
			r.columns.fillUp(4)
		}
		r.plane(r.small[i], p)
	}
	n := height * width
	convertPlanes(out.Pix[:cap(out.Pix)], r.small[0][:n], r.small[1][:n], r.small[2][:n])
	return out
}

// plane resamples one plane.
func (r *planeResizer) plane(to []float32, p jpeg.Plane) {
	r.sum = resized(r.sum, p.Stride+gatherSlack) // with what fills the last blocks, whose weights are 0
	clear(r.sum[p.Stride:])
	for y, first := range r.rows.first {
		r.lines, r.weights = r.lines[:0], r.weights[:0]
		for i, w := range r.rows.of(y) {
			if w != 0 {
				r.lines, r.weights = append(r.lines, p.Pix[(first+i)*p.Stride:][:p.Stride]), append(r.weights, w)
			}
		}
		blendRows(r.sum[:p.Stride], r.lines, r.weights)
		gatherValues(to[y*len(r.columns.first):], r.sum, &r.columns)
	}
}

// compose makes the taps, on the samples of a plane, of a resize whose taps on pixels are given.
// The first pixel is number origin of the image, and a sample covers by pixels. With interpolation
// a pixel is 3/4 of its own sample and 1/4 of the nearest other one (see [jpeg.Upsampler]).
func (t *taps) compose(pixels *taps, origin, by, samples int, interpolated bool) {
	if by == 1 {
		t.begin(samples, pixels.length, len(pixels.first))
		copy(t.weights, pixels.weights)
		for i, first := range pixels.first {
			t.first[i] = origin + first
		}
		return
	}
	near := func(x int) int { return min(int(uint32(origin+x)/uint32(by)), samples-1) }
	length := 1
	for _, first := range pixels.first {
		length = max(length, near(first+pixels.length-1)-near(first)+3) // one more at either end
	}
	length = min(length, samples)
	t.begin(samples, length, len(pixels.first))
	for i, first := range pixels.first {
		t.first[i] = min(max(near(first)-1, 0), samples-length)
		weights := t.of(i)
		for j, w := range pixels.of(i) {
			switch x := first + j; {
			case w == 0:
			case interpolated:
				at := near(x)
				other := min(at+1, samples-1)
				if (origin+x)%2 == 0 {
					other = max(at-1, 0)
				}
				weights[at-t.first[i]] += w * 0.75
				weights[other-t.first[i]] += w * 0.25
			default:
				weights[near(x)-t.first[i]] += w
			}
		}
	}
	t.trim()
}

// trim removes weights that are 0 in all outputs, at the end or, output by output, at the
// beginning.
func (t *taps) trim() {
	length := 1
	for i := range t.first {
		weights := t.of(i)
		begin, end := 0, len(weights)
		for begin < end-1 && weights[begin] == 0 {
			begin++
		}
		for end > begin+1 && weights[end-1] == 0 {
			end--
		}
		if t.first[i]+begin > t.source-(end-begin) {
			begin = 0
		}
		length = max(length, end-begin)
	}
	if length == t.length {
		return
	}
	for i := range t.first {
		weights := t.of(i)
		begin := 0
		for begin < len(weights)-1 && weights[begin] == 0 {
			begin++
		}
		begin = min(begin, t.length-length, t.source-length-t.first[i])
		begin = max(begin, 0)
		copy(t.weights[i*length:][:length], weights[begin:begin+length])
		t.first[i] += begin
	}
	t.length, t.weights = length, t.weights[:length*len(t.first)]
}

// fillUp makes the length a multiple of n by weights of 0, which may lie behind the source.
func (t *taps) fillUp(n int) {
	longer := (t.length + n - 1) / n * n
	if longer == t.length {
		return
	}
	count := len(t.first)
	weights := resized(t.spare, longer*count)
	clear(weights)
	for i := range count {
		copy(weights[i*longer:], t.of(i))
	}
	t.spare, t.weights, t.length = t.weights, weights, longer
}
