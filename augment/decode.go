package augment

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

// Decode turns the bytes of a JPEG, PNG, GIF, WebP or BMP file into 8-bit RGB, within [DefaultLimits].
//
// What it does to the unusual: transparency is laid over white; grey and palette pictures become RGB;
// 16-bit samples keep their upper byte; CMYK is converted without a profile; colour profiles are
// ignored; of an animation the first frame counts, on a canvas of the animation's size. The EXIF
// orientation of a JPEG is applied: the picture is upright, as people see it (TensorFlow's
// decode_jpeg and PIL's Image.open leave it as stored).
func Decode(encoded []byte) (*Image, error) { return DefaultLimits().Decode(encoded) }

// Decode is the function of that name within these limits.
func (l Limits) Decode(encoded []byte) (*Image, error) {
	format, width, height, err := Inspect(encoded)
	if err != nil {
		return nil, err
	}
	if err := l.check(encoded, width, height); err != nil {
		return nil, err
	}
	m, err := decodeFormat(encoded, format)
	if err != nil {
		return nil, fmt.Errorf("decoding %s of %dx%d: %w", format, width, height, err)
	}
	if m.Width != width || m.Height != height {
		return nil, fmt.Errorf("decoding %s: %w: header says %dx%d, the picture is %dx%d",
			format, ErrCorrupt, width, height, m.Width, m.Height)
	}
	return m, nil
}

// decodeFormat calls the decoder of the format. A decoder's panic on bytes that its author did not
// think of is the picture's fault and must not end a run of millions.
func decodeFormat(encoded []byte, format string) (m *Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("%w: the decoder gave up: %v", ErrCorrupt, r)
		}
	}()
	switch format {
	case JPEG:
		planes, orientation, err := decodeJPEG(encoded)
		if err != nil {
			return nil, err
		}
		return upright(planes.rgb(), orientation), nil
	case PNG:
		return convert(png.Decode(bytes.NewReader(encoded)))
	case GIF:
		return decodeGIF(encoded)
	case WebP:
		return decodeWebP(encoded)
	}
	return convert(bmp.Decode(bytes.NewReader(encoded)))
}

func convert(decoded image.Image, err error) (*Image, error) {
	if err != nil {
		return nil, classify(err)
	}
	return toRGB(decoded, fullRange), nil
}

// decodeGIF lays the first frame at its place on the canvas.
func decodeGIF(encoded []byte) (*Image, error) {
	config, err := gif.DecodeConfig(bytes.NewReader(encoded))
	if err != nil {
		return nil, classify(err)
	}
	frame, err := gif.Decode(bytes.NewReader(encoded))
	if err != nil {
		return nil, classify(err)
	}
	canvas := image.Rect(0, 0, config.Width, config.Height)
	if frame.Bounds() == canvas {
		return toRGB(frame, fullRange), nil
	}
	whole := image.NewNRGBA(canvas)
	draw.Draw(whole, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return toRGB(whole, fullRange), nil
}

// decodeWebP decodes a still picture or an animation's first frame. Lossy WebP holds luma of 16 to
// 235 (RFC 6386, section 9.2), which x/image/webp passes on as it is.
func decodeWebP(encoded []byte) (*Image, error) {
	still, place, err := firstFrame(encoded)
	if err != nil {
		return nil, err
	}
	decoded, err := webp.Decode(bytes.NewReader(still))
	if err != nil {
		return nil, classify(err)
	}
	m := toRGB(decoded, videoRange)
	if place == nil {
		return m, nil
	}
	return place.onCanvas(m)
}
