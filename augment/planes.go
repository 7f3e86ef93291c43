package augment

import (
	"fmt"
	"image"

	"github.com/pali3/pali3/augment/jpeg"
)

// DecodeYCbCr returns the planes of a JPEG as they are stored, chroma at whatever resolution it
// has, so that a JPEG can be written again without converting to RGB. It returns nil without an
// error for an image that only [Decode] can decode: another format, a grey, CMYK or RGB JPEG, or
// one that EXIF says to rotate.
func DecodeYCbCr(encoded []byte) (*image.YCbCr, error) { return DefaultLimits().DecodeYCbCr(encoded) }

// DecodeYCbCr is the function of that name within these limits.
func (l Limits) DecodeYCbCr(encoded []byte) (m *image.YCbCr, err error) {
	format, width, height, err := Inspect(encoded)
	if err != nil || format != JPEG {
		return nil, err
	}
	if err := l.check(encoded, width, height); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("%w: the decoder gave up: %v", ErrCorrupt, r)
		}
	}()
	h, err := jpeg.ReadHeader(encoded)
	if err != nil || h.Orientation > 1 || h.Model() != jpeg.YCbCr {
		return nil, err
	}
	decoded, err := jpeg.Decode(encoded, jpegOptions)
	if err != nil {
		return nil, fmt.Errorf("decoding jpeg of %dx%d: %w", width, height, err)
	}
	return ycbcrOf(decoded), nil
}

// ResizeYCbCr returns a part of the image resized to height x width, by the bilinear kernel with
// antialiasing, as planes with chroma at half the height and width: each plane is resampled by
// itself, chroma sited in the middle of its pixels (JFIF 1.02). Part is in pixels of the resized
// image, and within it.
func ResizeYCbCr(m *image.YCbCr, height, width int, part image.Rectangle) *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, part.Dx(), part.Dy()), image.YCbCrSubsampleRatio420)
	rows := axis{m.Rect.Dy(), height, part.Min.Y, part.Dy()}
	columns := axis{m.Rect.Dx(), width, part.Min.X, part.Dx()}
	resizePlane(out.Y, out.YStride, m.Y[m.YOffset(m.Rect.Min.X, m.Rect.Min.Y):], m.YStride, rows.luma(), columns.luma())
	byRow, byColumn := subsampling(m.SubsampleRatio)
	rowTaps, columnTaps := rows.chroma(byRow), columns.chroma(byColumn)
	from := m.COffset(m.Rect.Min.X, m.Rect.Min.Y)
	resizePlane(out.Cb, out.CStride, m.Cb[from:], m.CStride, rowTaps, columnTaps)
	resizePlane(out.Cr, out.CStride, m.Cr[from:], m.CStride, rowTaps, columnTaps)
	return out
}

// axis is one direction of a resize: the luma samples of the source and of the result, and the part
// of the result that is wanted.
type axis struct{ from, to, first, count int }

func (a axis) ratio() float64 { return float64(a.from) / float64(a.to) }

func (a axis) luma() (t taps) {
	t.spread(a.from, a.ratio(), float64(a.first), a.count, Bilinear, true)
	return t
}

// chroma is of samples for each by source pixels; a sample of the output is for two.
func (a axis) chroma(by int) (t taps) {
	samples := (a.from + by - 1) / by
	t.spread(samples, 2*a.ratio()/float64(by), float64(a.first)/2, (a.count+1)/2, Bilinear, true)
	return t
}

// subsampling returns how many luma rows and columns there are for each of chroma.
func subsampling(ratio image.YCbCrSubsampleRatio) (rows, columns int) {
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		return 1, 2
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 2, 1
	case image.YCbCrSubsampleRatio411:
		return 1, 4
	case image.YCbCrSubsampleRatio410:
		return 2, 4
	}
	return 1, 1
}

// resizePlane writes one row after the other: the weighted sum of source rows, then of its columns.
func resizePlane(to []uint8, toStride int, from []uint8, fromStride int, rows, columns taps) {
	sum := make([]float32, columns.source)
	lines := make([][]uint8, rows.length)
	for y, first := range rows.first {
		for i := range lines {
			lines[i] = from[(first+i)*fromStride:][:columns.source]
		}
		blendRows(sum, lines, rows.of(y))
		columns.gather(to[y*toStride:][:len(columns.first)], sum)
	}
}

// gather writes one output row, rounded to nearest.
func (t *taps) gather(out []uint8, source []float32) {
	switch t.length {
	case 2:
		for x, first := range t.first {
			s, w := (*[2]float32)(source[first:]), (*[2]float32)(t.weights[2*x:])
			out[x] = uint8(w[0]*s[0] + w[1]*s[1] + 0.5)
		}
	case 3:
		for x, first := range t.first {
			s, w := (*[3]float32)(source[first:]), (*[3]float32)(t.weights[3*x:])
			out[x] = uint8(w[0]*s[0] + w[1]*s[1] + w[2]*s[2] + 0.5)
		}
	case 4:
		for x, first := range t.first {
			s, w := (*[4]float32)(source[first:]), (*[4]float32)(t.weights[4*x:])
			out[x] = uint8(w[0]*s[0] + w[1]*s[1] + (w[2]*s[2] + w[3]*s[3]) + 0.5)
		}
	default:
		for x, first := range t.first {
			var v float32
			for i, w := range t.weights[x*t.length:][:t.length] {
				v += w * source[first+i]
			}
			out[x] = uint8(v + 0.5)
		}
	}
}
