package augment

import (
	"image"
	"math"
	"sync"

	"github.com/pali3/pali3/augment/jpeg"
)

// jpegOptions leave the limits to the caller, who has checked them.
var jpegOptions = jpeg.Options{MaxPixels: math.MaxInt}

// jpegDecoders keeps the memory of decoders from one file to the next, but not that for images of
// more than keptPixels.
var jpegDecoders = sync.Pool{New: func() any { return new(jpeg.Decoder) }}

const keptPixels = 4 << 20

// decodeJPEG decodes a JPEG as it is stored, not turned upright.
func decodeJPEG(encoded []byte) (*Image, error) { return decodeJPEGBy(encoded, jpegOptions) }

func decodeJPEGBy(encoded []byte, o jpeg.Options) (*Image, error) {
	d := jpegDecoders.Get().(*jpeg.Decoder)
	m, err := d.Decode(encoded, o)
	if err != nil {
		return nil, err
	}
	out := newImage(m.Height, m.Width)
	m.RGB(out.Pix)
	if m.Width*m.Height <= keptPixels {
		jpegDecoders.Put(d)
	}
	return out, nil
}

// ycbcrOf returns the planes as the image package has them, or nil if it has no such kind.
func ycbcrOf(m *jpeg.Image) *image.YCbCr {
	if m.Model != jpeg.YCbCr || m.Planes[0].H != 1 || m.Planes[0].V != 1 ||
		m.Planes[1].H != m.Planes[2].H || m.Planes[1].V != m.Planes[2].V || m.Planes[1].Stride != m.Planes[2].Stride {
		return nil
	}
	luma, cb, cr := m.Planes[0], m.Planes[1], m.Planes[2]
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		if rows, columns := subsampling(ratio); cb.V == rows && cb.H == columns {
			return &image.YCbCr{Y: luma.Pix, Cb: cb.Pix, Cr: cr.Pix, YStride: luma.Stride, CStride: cb.Stride,
				SubsampleRatio: ratio, Rect: image.Rect(0, 0, m.Width, m.Height)}
		}
	}
	return nil
}
