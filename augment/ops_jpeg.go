package augment

import (
	"errors"

	"github.com/pali3/pali3/internal/jpegencode"
	"github.com/pali3/pali3/random"
)

// buildRandomJPEG follows big_vision's op (pp/proj/paligemma/robustness.py): with probability p the
// image is written as JPEG of a quality drawn from quality_min to quality_max, and read again. The
// quantization tables are those of ITU T.81, annex K, scaled as libjpeg scales them, and chroma has
// half the resolution, as in TensorFlow. Decoding is always by the accurate transform, where
// big_vision takes the fast one half of the time.
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
		m := pixels.eightBit()
		encoded, err := jpegencode.RGB(m.Pix, m.Height, m.Width, int(low)+rng.IntN(int(high-low)+1))
		if err != nil {
			return err
		}
		again, err := pixels.limits.DecodeOver(encoded, White)
		if err == nil {
			pixels.SetImage(again)
		}
		return err
	}}, nil
}
