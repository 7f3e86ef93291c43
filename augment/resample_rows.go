package augment

import "sync"

// rowSource has rows of 8-bit RGB: an [Image], or a JPEG whose rows are converted when they are
// asked for.
type rowSource interface {
	Size() (height, width int)
	// rowBytes is the size of the buffer that row needs.
	rowBytes() int
	// row returns row y, which it may write to the buffer.
	row(buffer []uint8, y int) []uint8
}

// rowSlack is room behind a row that [jpeg.Image.RGBRow] may use.
const rowSlack = 64

// Size returns the height and width in pixels.
func (m *Image) Size() (height, width int) { return m.Height, m.Width }

func (m *Image) rowBytes() int { return 0 }

func (m *Image) row(_ []uint8, y int) []uint8 { return m.Pix[3*y*m.Width:][:3*m.Width] }

// resizer holds the memory of a resize.
type resizer struct {
	rows, columns taps
	sum           []float32 // source rows, each with some values more
	ring          rowRing
}

var resizers = sync.Pool{New: func() any { return new(resizer) }}

func (r *resizer) begin(fromHeight, fromWidth, height, width int, filter Filter, antialias bool) {
	r.rows.along(fromHeight, height, filter, antialias)
	r.columns.along(fromWidth, width, filter, antialias)
}

// resizeRows makes output rows: the weighted sum of source rows, then of its columns, four rows at
// a time. It holds no more source rows than an output row needs.
func resizeRows(out Tensor, from rowSource, filter Filter, antialias bool) Tensor {
	fromHeight, fromWidth := from.Size()
	r := resizers.Get().(*resizer)
	defer resizers.Put(r)
	r.begin(fromHeight, fromWidth, out.Height, out.Width, filter, antialias)
	r.ring.begin(from, r.rows.length)
	step := 3*fromWidth + 1
	r.sum = resized(r.sum, 4*step)
	for i := range 4 {
		r.sum[(i+1)*step-1] = 0
	}
	for y, first := range r.rows.first {
		rows, weights := r.ring.weighted(first, r.rows.of(y))
		sum := r.sum[y%4*step:][:step]
		blendRows(sum[:3*fromWidth], rows, weights)
		switch {
		case y%4 == 3:
			gatherRows(out.Pix[3*(y-3)*out.Width:], r.sum, step, &r.columns)
		case y >= out.Height/4*4:
			gatherRow(out.Pix[3*y*out.Width:cap(out.Pix)], sum, &r.columns)
		}
	}
	if filter.overshoots() {
		for i, v := range out.Pix {
			out.Pix[i] = min(max(v, 0), 255)
		}
	}
	return out
}

// rowRing holds the last rows of a source that is read from top to bottom.
type rowRing struct {
	from    rowSource
	rows    [][]uint8 // row y is at y modulo the length
	buffers [][]uint8
	next    int // row to read
	used    [][]uint8
	weights []float32
}

func (r *rowRing) begin(from rowSource, length int) {
	r.from, r.next = from, 0
	r.rows, r.buffers = resized(r.rows, length), resized(r.buffers, length)
	for i := range r.buffers {
		r.buffers[i] = resized(r.buffers[i], from.rowBytes())
	}
}

// weighted returns the rows from first on whose weights are not 0, and those weights. First never
// decreases.
func (r *rowRing) weighted(first int, weights []float32) (rows [][]uint8, theirs []float32) {
	r.used, r.weights = r.used[:0], r.weights[:0]
	r.next = max(r.next, first)
	for i, w := range weights {
		if w == 0 {
			continue
		}
		at := (first + i) % len(r.rows)
		for ; r.next <= first+i; r.next++ {
			to := r.next % len(r.rows)
			r.rows[to] = r.from.row(r.buffers[to], r.next)
		}
		r.used, r.weights = append(r.used, r.rows[at]), append(r.weights, w)
	}
	return r.used, r.weights
}
