package augment

import (
	"errors"

	"github.com/pali3/pali3/internal/jpegencode"
	"github.com/pali3/pali3/random"
)

// buildRandomJPEG follows big_vision's op (pp/proj/paligemma/robustness.py): with probability p the
// image is written as JPEG of a quality drawn from quality_min to quality_max, and read again by
// the fast or by the accurate transform, as likely.
func buildRandomJPEG(a *Arguments) (Action, error) {
	p := a.Number("p")
	low, high := a.NumberOr("quality_min", 75), a.NumberOr("quality_max", 95)
	switch {
	case !(0 <= p && p <= 1):
		return Action{}, errors.New("p is a probability, 0 to 1")
	case low != float64(int(low)) || high != float64(int(high)) || low < 1 || high < low || high > 100:
		return Action{}, errors.New("qualities are whole numbers, 1 <= quality_min <= quality_max <= 100")
	}
	return Action{eightBit: true, Random: true, KeepsSize: true, Run: func(pixels *Pixels, rng *random.Stream) error {
		if rng.Float64() >= p {
			return nil
		}
		quality := int(low) + rng.IntN(int(high-low)+1)
		again, err := throughJPEG(pixels.eightBit(), quality, rng.IntN(2) == 0)
		if err == nil {
			pixels.SetImage(again)
		}
		return err
	}}, nil
}

// throughJPEG writes an image as JPEG and reads it again, as tf.image.adjust_jpeg_quality does,
// with the fast transform by default. The pixels are TensorFlow's.
func throughJPEG(m *Image, quality int, fast bool) (*Image, error) {
	encoded, err := jpegencode.Libjpeg(m.Pix, m.Height, m.Width, quality)
	if err != nil {
		return nil, err
	}
	options := jpegOptions
	options.FastDCT = fast
	return decodeJPEGBy(encoded, options)
}
