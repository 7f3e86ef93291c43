package imagefile

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// Decode returns the still image or first frame as [FrameHeight,FrameWidth,3] of RGB and an alpha
// plane, nil if the image has none. Colours are not multiplied by alpha. The pixels are those of
// libwebp, which Pillow, TensorFlow and browsers use.
func (w *WebPFile) Decode() (rgb, alpha []uint8, err error) {
	decoded, err := webp.Decode(bytes.NewReader(w.Still()))
	if err != nil {
		kind := ErrCorrupt
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			kind = ErrTruncated
		}
		return nil, nil, fmt.Errorf("%w: %v", kind, err)
	}
	if size := decoded.Bounds().Size(); size.X != w.FrameWidth || size.Y != w.FrameHeight {
		return nil, nil, fmt.Errorf("%w: a bitstream of another size than its header says", ErrCorrupt)
	}
	rgb = make([]uint8, 3*w.FrameWidth*w.FrameHeight)
	switch m := decoded.(type) {
	case *image.YCbCr:
		lossyPixels(rgb, m)
		return rgb, nil, nil
	case *image.NYCbCrA:
		lossyPixels(rgb, &m.YCbCr)
		alpha = make([]uint8, 0, w.FrameWidth*w.FrameHeight)
		for y := range w.FrameHeight {
			alpha = append(alpha, m.A[y*m.AStride:][:w.FrameWidth]...)
		}
		return rgb, alpha, nil
	case *image.NRGBA:
		if !w.Opaque {
			alpha = make([]uint8, w.FrameWidth*w.FrameHeight)
		}
		for y := range w.FrameHeight {
			at, from := y*w.FrameWidth, m.Pix[y*m.Stride:][:4*w.FrameWidth]
			to := rgb[3*at:][:3*w.FrameWidth]
			for x := range w.FrameWidth {
				to[3*x], to[3*x+1], to[3*x+2] = from[4*x], from[4*x+1], from[4*x+2]
				if alpha != nil {
					alpha[at+x] = from[4*x+3]
				}
			}
		}
		return rgb, alpha, nil
	}
	return nil, nil, fmt.Errorf("%w: pixels of type %T", ErrCorrupt, decoded)
}

// lossyPixels converts the planes of a lossy image to RGB as libwebp does. Chroma has half the
// resolution in both directions. A row of pixels lies between two rows of chroma, the nearer and
// the farther (src/dsp/upsampling.c and src/dec/io_dec.c, EmitFancyRGB).
func lossyPixels(rgb []uint8, m *image.YCbCr) {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	cb, cr := make([]uint8, width), make([]uint8, width)
	columns, rows := (width+1)/2, (height+1)/2
	for y := range height {
		near := y / 2
		far := min(max(near-1+2*(y%2), 0), rows-1)
		upsampleWebPRow(cb, m.Cb[near*m.CStride:][:columns], m.Cb[far*m.CStride:][:columns])
		upsampleWebPRow(cr, m.Cr[near*m.CStride:][:columns], m.Cr[far*m.CStride:][:columns])
		convertWebPRow(rgb[3*y*width:][:3*width], m.Y[y*m.YStride:][:width], cb, cr)
	}
}
