package imageprint

import "github.com/pali3/pali3/augment"

// plane is the brightness of an image, row by row.
type plane struct {
	height, width int
	pix           []float32
}

// planeOf returns the brightness of an image.
func planeOf(img augment.Tensor) plane {
	p := plane{img.Height, img.Width, make([]float32, img.Height*img.Width)}
	for i := range p.pix {
		p.pix[i] = luma(img, 0, i)
	}
	return p
}

// resize returns the plane at another size: each pixel is the mean of what it covers, or lies
// between two pixels where the plane grows.
func (p plane) resize(height, width int) plane {
	across := plane{p.height, width, make([]float32, p.height*width)}
	columns := spans(0, float64(p.width), p.width, width)
	for y := range p.height {
		row := p.pix[y*p.width:][:p.width]
		for x, s := range columns {
			across.pix[y*width+x] = s.mean(row, 1)
		}
	}
	out := plane{height, width, make([]float32, height*width)}
	for y, s := range spans(0, float64(p.height), p.height, height) {
		for x := range width {
			out.pix[y*width+x] = s.mean(across.pix[x:], width)
		}
	}
	return out
}

// detail returns the brightness of a part of the plane, whose edges y0, x0, y1, x1 are in pixels.
func (p plane) detail(edges [4]float64) *Detail {
	d := &Detail{}
	rows, columns := spans(edges[0], edges[2], p.height, detailSide), spans(edges[1], edges[3], p.width, detailSide)
	for y, r := range rows {
		for x, c := range columns {
			sum, weight := float32(0), float32(0)
			for at := r.from; at < r.to; at++ {
				w := r.weight(at)
				sum, weight = sum+w*c.mean(p.pix[at*p.width:], 1), weight+w
			}
			d[y*detailSide+x] = sum / weight
		}
	}
	return d
}

// span is what a pixel of the output covers of the input: from first up to last, fractions of
// pixels included.
type span struct {
	first, last float32
	from, to    int
}

// spans divides the input between two edges into n spans, each at least a pixel wide.
func spans(begin, end float64, size, n int) []span {
	all := make([]span, n)
	step := (end - begin) / float64(n)
	for i := range all {
		middle := begin + (float64(i)+0.5)*step
		half := max(step, 1) / 2
		first, last := max(middle-half, 0), min(middle+half, float64(size))
		if last-first < 0.5 { // outside
			first = min(max(first, 0), float64(size)-1)
			last = first + 1
		}
		s := &all[i]
		s.first, s.last = float32(first), float32(last)
		s.from, s.to = int(first), min(int(last)+1, size)
		if s.to > s.from+1 && float64(s.to-1) >= last {
			s.to--
		}
	}
	return all
}

// weight is the share of a pixel that the span covers.
func (s *span) weight(at int) float32 {
	return min(float32(at+1), s.last) - max(float32(at), s.first)
}

func (s *span) mean(pix []float32, stride int) float32 {
	sum, weight := float32(0), float32(0)
	for at := s.from; at < s.to; at++ {
		w := s.weight(at)
		sum, weight = sum+w*pix[at*stride], weight+w
	}
	return sum / weight
}
