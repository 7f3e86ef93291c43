package augment

import (
	"bytes"
	"image"

	"github.com/gen2brain/jpegn"

	"github.com/pali3/pali3/internal/imagefile/jpeg"
)

// fastJPEG says for which files jpegn, which is the fastest decoder at hand, was shown to give the
// same pixels as libjpeg (parity/images.py): baseline files of one scan without restart markers,
// grey or YCbCr with one of four samplings, that end with their end marker and in which every
// decoder sees the same segments. Elsewhere jpegn 0.3.0 is wrong without an error: it shears
// progressive files, RGB and rarer samplings, loses what follows a restart marker or the first
// scan, and fills in what is missing. All others go to package jpeg.
func fastJPEG(h *jpeg.Header) bool {
	if h.Process != 0xC0 || h.Precision != 8 || h.Scans != 1 || !h.Whole || h.Restarts || !h.Ended || h.Odd {
		return false
	}
	luma := h.Components[0]
	switch h.Model() {
	case jpeg.Grey:
		return luma.H == 1 && luma.V == 1
	case jpeg.YCbCr:
		cb, cr := h.Components[1], h.Components[2]
		return luma.H <= 2 && luma.V <= 2 && cb.H*cb.V*cr.H*cr.V == 1
	}
	return false
}

// decodeJPEG decodes a JPEG as it is stored, not turned upright.
func decodeJPEG(encoded []byte) (*planes, error) {
	h, err := jpeg.ReadHeader(encoded, true)
	if err != nil {
		return nil, err
	}
	if err := h.Supported(); err != nil {
		return nil, err
	}
	if fastJPEG(&h) {
		decoded, err := jpegn.Decode(bytes.NewReader(encoded))
		if m := planesOf(decoded); err == nil && m != nil && m.Width == h.Width && m.Height == h.Height {
			if m.endsFlat() { // as jpegn leaves it where coded data are missing
				err = jpeg.Check(encoded)
			}
			return m, err
		}
	}
	decoded, err := jpeg.Decode(encoded)
	if err != nil {
		return nil, err
	}
	return &planes{Image: decoded}, nil
}

// planes is a decoded JPEG.
type planes struct{ *jpeg.Image }

// planesOf returns the planes of what jpegn decodes, nil if it is of another kind than [fastJPEG]
// lets through.
func planesOf(decoded image.Image) *planes {
	switch m := decoded.(type) {
	case *image.Gray:
		w, h := m.Rect.Dx(), m.Rect.Dy()
		return &planes{&jpeg.Image{Width: w, Height: h, Model: jpeg.Grey, Planes: []jpeg.Plane{{Pix: m.Pix, Stride: m.Stride, Width: w, Height: h, H: 1, V: 1}}}}
	case *image.YCbCr:
		w, h := m.Rect.Dx(), m.Rect.Dy()
		rows, columns := subsampling(m.SubsampleRatio)
		chroma := jpeg.Plane{Stride: m.CStride, Width: (w + columns - 1) / columns, Height: (h + rows - 1) / rows, H: columns, V: rows}
		cb, cr := chroma, chroma
		cb.Pix, cr.Pix = m.Cb, m.Cr
		return &planes{&jpeg.Image{Width: w, Height: h, Model: jpeg.YCbCr,
			Planes: []jpeg.Plane{{Pix: m.Y, Stride: m.YStride, Width: w, Height: h, H: 1, V: 1}, cb, cr}}}
	}
	return nil
}

// endsFlat reports whether the last block of each plane is of one value.
func (m *planes) endsFlat() bool {
	for _, p := range m.Planes {
		first := p.Pix[(p.Height-1)/8*8*p.Stride+(p.Width-1)/8*8]
		for y := (p.Height - 1) / 8 * 8; y < p.Height; y++ {
			for _, v := range p.Pix[y*p.Stride:][(p.Width-1)/8*8 : p.Width] {
				if v != first {
					return false
				}
			}
		}
	}
	return true
}

// ycbcr returns the planes as the image package has them, or nil if it has no such kind.
func (m *planes) ycbcr() *image.YCbCr {
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

// rgb converts the planes to pixels.
func (m *planes) rgb() *Image {
	out := newImage(m.Height, m.Width)
	var rows [4][]uint8
	var samplers [4]*upsampler
	for i, p := range m.Planes {
		samplers[i] = newUpsampler(p.Pix, p.Stride, p.Width, p.Height, p.H, p.V, p.Width > 2)
		rows[i] = make([]uint8, p.H*p.Width+1)
	}
	for y := range m.Height {
		to := out.Pix[3*y*m.Width:][:3*m.Width]
		for i := range m.Planes {
			samplers[i].row(rows[i], y)
		}
		switch m.Model {
		case jpeg.Grey:
			for x, v := range rows[0][:m.Width] {
				to[3*x], to[3*x+1], to[3*x+2] = v, v, v
			}
		case jpeg.YCbCr:
			convertRow(to, rows[0][:m.Width], rows[1], rows[2], fullRange)
		case jpeg.RGB:
			for x := range m.Width {
				to[3*x], to[3*x+1], to[3*x+2] = rows[0][x], rows[1][x], rows[2][x]
			}
		case jpeg.CMYK, jpeg.YCCK:
			if m.Model == jpeg.YCCK { // its inks are the complements of what YCbCr codes, as Adobe stores CMYK
				convertRow(to, rows[0][:m.Width], rows[1], rows[2], fullRange)
			} else {
				for x := range m.Width {
					to[3*x], to[3*x+1], to[3*x+2] = rows[0][x], rows[1][x], rows[2][x]
				}
			}
			overBlack(to, rows[3][:m.Width], m.Model == jpeg.YCCK)
		}
	}
	return out
}

// overBlack turns inks into colours.
func overBlack(to []uint8, black []uint8, complement bool) {
	for x, k := range black {
		for c := range 3 {
			v := to[3*x+c]
			if complement {
				v = 255 - v
			}
			to[3*x+c] = scale255(v, k)
		}
	}
}

// scale255 returns v * by / 255, rounded.
func scale255(v, by uint8) uint8 {
	t := uint32(v)*uint32(by) + 128
	return uint8((t>>8 + t) >> 8)
}
