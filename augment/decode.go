package augment

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/pali3/pali3/internal/imagefile"
)

// Colour is red, green and blue.
type Colour [3]uint8

// The colours that transparency is usually laid over.
var (
	White = Colour{255, 255, 255}
	Black = Colour{}
)

// Decode turns the bytes of a JPEG, PNG, GIF, WebP, BMP or TIFF file into 8-bit RGB, within
// [DefaultLimits].
//
// Unusual images: transparency is laid over white ([DecodeOver] takes another colour);
// grey and palette images become RGB; 16-bit samples keep their upper byte; CMYK is converted
// without a profile; colour profiles are ignored; of an animation the first frame counts, on a
// canvas of the animation's size. The orientation of JPEG, PNG and WebP (EXIF) and of TIFF is
// applied: the image is upright, as people see it (TensorFlow's decode_jpeg and PIL's Image.open
// leave it as stored). Of a TIFF with several pages the first counts.
//
// Faults that leave all pixels readable are passed over, as browsers and PIL do: a missing end
// marker, bytes after the end, wrong lengths, checksums of chunks that hold no pixels. A file that
// lacks coded pixels is [ErrTruncated], and nothing is filled in.
func Decode(encoded []byte) (*Image, error) { return DefaultLimits().Decode(encoded) }

// DecodeOver is Decode with transparency laid over another colour.
func DecodeOver(encoded []byte, background Colour) (*Image, error) {
	return DefaultLimits().DecodeOver(encoded, background)
}

// DecodeTwice returns the image laid over white and, if it has transparent pixels, over black, too;
// black is nil otherwise. What is white on transparent ground shows over black alone.
func DecodeTwice(encoded []byte) (white, black *Image, err error) {
	r, err := DefaultLimits().decode(encoded)
	if err != nil {
		return nil, nil, err
	}
	if r.opaque() {
		return r.turned(r.colour), nil, nil
	}
	return r.turned(r.over(White)), r.turned(r.over(Black)), nil
}

// Decode is the function of that name within these limits.
func (l Limits) Decode(encoded []byte) (*Image, error) { return l.DecodeOver(encoded, White) }

// DecodeOver is the function of that name within these limits.
func (l Limits) DecodeOver(encoded []byte, background Colour) (*Image, error) {
	r, err := l.decode(encoded)
	if err != nil {
		return nil, err
	}
	return r.turned(r.over(background)), nil
}

// oneAtATime is held while an image of more than largePixels is decoded, so that memory stays
// bounded whatever the number of workers.
var oneAtATime sync.Mutex

const largePixels = 64 << 20

func (l Limits) decode(encoded []byte) (*raster, error) {
	info, err := imagefile.ReadHeader(encoded)
	if err != nil {
		return nil, err
	}
	if err := l.check(encoded, info.Width, info.Height); err != nil {
		return nil, err
	}
	if info.Width*info.Height > largePixels {
		oneAtATime.Lock()
		defer oneAtATime.Unlock()
	}
	r, err := decodeFormat(encoded, info.Format)
	if err != nil {
		return nil, fmt.Errorf("decoding %s of %dx%d: %w", info.Format, info.Width, info.Height, err)
	}
	if r.colour.Width != info.Width || r.colour.Height != info.Height {
		return nil, fmt.Errorf("decoding %s: %w: header says %dx%d, the image is %dx%d",
			info.Format, ErrCorrupt, info.Width, info.Height, r.colour.Width, r.colour.Height)
	}
	r.orientation = info.Orientation
	return r, nil
}

// decodeFormat calls the decoder of the format. If a decoder panics on unexpected bytes, the image
// is at fault: it must not end a run over millions.
func decodeFormat(encoded []byte, format string) (r *raster, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, fmt.Errorf("%w: the decoder gave up: %v", ErrCorrupt, p)
		}
	}()
	switch format {
	case JPEG:
		decoded, err := decodeJPEG(encoded)
		if err != nil {
			return nil, err
		}
		return &raster{colour: decoded}, nil
	case PNG:
		return decodePNG(encoded)
	case GIF:
		return decodeGIF(encoded)
	case WebP:
		return decodeWebP(encoded)
	case TIFF:
		return decodeTIFF(encoded)
	}
	f, err := imagefile.ReadBMP(encoded)
	if err != nil {
		return nil, err
	}
	decoded, err := f.Decode()
	if err != nil {
		return nil, err
	}
	return rasterOf(decoded), nil
}

func decodeTIFF(encoded []byte) (*raster, error) {
	f, err := imagefile.ReadTIFF(encoded)
	if err != nil {
		return nil, err
	}
	rgb, alpha, err := f.Decode()
	if err != nil {
		return nil, err
	}
	return &raster{colour: &Image{Pix: rgb, Height: f.Height, Width: f.Width}, alpha: alpha}, nil
}

// classify gives the error of a decoder one of the kinds above.
func classify(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrTruncated), errors.Is(err, ErrCorrupt), errors.Is(err, ErrUnsupported):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %v", ErrTruncated, err)
	}
	return fmt.Errorf("%w: %v", ErrCorrupt, err)
}

// decodeGIF lays the first frame at its place on the screen. What no frame covers is transparent.
func decodeGIF(encoded []byte) (*raster, error) {
	g, err := imagefile.ReadGIF(encoded)
	if err != nil {
		return nil, err
	}
	indices, err := g.Indices()
	if err != nil {
		return nil, err
	}
	var table [256]Colour
	for i := range table {
		if len(g.Palette) == 0 { // as Pillow shows a file without colours
			table[i] = Colour{uint8(i), uint8(i), uint8(i)}
		}
	}
	for i := range min(len(g.Palette)/3, len(table)) {
		copy(table[i][:], g.Palette[3*i:])
	}
	r := &raster{colour: newImage(g.Height, g.Width)}
	whole := g.FrameWidth == g.Width && g.FrameHeight == g.Height
	if g.Transparent >= 0 || !whole {
		r.alpha = make([]uint8, g.Width*g.Height)
	}
	for y := range g.FrameHeight {
		to := (g.Y+y)*g.Width + g.X
		for x, index := range indices[y*g.FrameWidth:][:g.FrameWidth] {
			copy(r.colour.Pix[3*(to+x):][:3], table[index][:])
			if r.alpha != nil && int(index) != g.Transparent {
				r.alpha[to+x] = 255
			}
		}
	}
	return r, nil
}

// decodeWebP decodes a still image or an animation's first frame.
func decodeWebP(encoded []byte) (*raster, error) {
	w, err := imagefile.ReadWebP(encoded)
	if err != nil {
		return nil, err
	}
	frame, err := webpRaster(w)
	if err != nil || w.FrameWidth == w.Width && w.FrameHeight == w.Height {
		return frame, err
	}
	return frame.onCanvas(w.Height, w.Width, w.Y, w.X), nil
}

func webpRaster(w *imagefile.WebPFile) (*raster, error) {
	rgb, alpha, err := w.Decode()
	if err != nil {
		return nil, err
	}
	return &raster{colour: &Image{Pix: rgb, Height: w.FrameHeight, Width: w.FrameWidth}, alpha: alpha}, nil
}
