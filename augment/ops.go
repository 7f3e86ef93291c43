package augment

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

// op is one line of the language.
type op struct {
	name, usage, does string
	build             func(*call) action
}

// action is an op with its arguments: what it does, whether it draws random numbers, and the size
// it leaves where that is known (0 otherwise), with keepsSize for those that leave it as it was.
type action struct {
	run           func(*subject, *random.Stream) error
	random        bool
	height, width int
	keepsSize     bool
}

// maxOutput bounds the sides that a resize may ask for.
const maxOutput = 16384

// ops is the language. Names and meanings are big_vision's (pp/ops_general.py, pp/ops_image.py);
// the resizes differ in that antialias is true unless said otherwise and that floats are not
// rounded back to 8 bit.
var ops = []op{
	{"decode", "decode([background=white])", "bytes to pixels 0 to 255; must come first", buildDecode},
	{"resize", "resize(size | height, width, [method], [antialias])", "squash to that size", buildResize},
	{"resize_small", "resize_small(size, [method], [antialias])", "shorter side to size, shape kept", buildResizeSmall},
	{"central_crop", "central_crop(size | height, width)", "cut out the middle", buildCentralCrop},
	{"random_crop", "random_crop(size | height, width)", "cut out anywhere", buildRandomCrop},
	{"inception_crop", "inception_crop(size, [area_min=5], [area_max=100])", "random area in percent and shape, then resize", buildInceptionCrop},
	{"flip_lr", "flip_lr", "mirror every second picture", buildFlip},
	{"grayscale", "grayscale([p=1])", "take the colour away, with probability p", buildGrayscale},
	{"value_range", "value_range(low, high, [in_low=0], [in_high=255])", "map in_low..in_high to low..high", buildValueRange},
}

// buildDecode takes what transparency is laid over: white, black or #rrggbb.
func buildDecode(c *call) action {
	background := White
	if text, given := c.take("background"); given {
		background = c.colour("background", text)
	}
	return action{run: func(p *subject, _ *random.Stream) (err error) {
		p.image, err = p.limits.DecodeOver(p.encoded, background)
		p.encoded = nil
		return err
	}}
}

func buildResize(c *call) action {
	height, width := c.size()
	filter, antialias := c.resampling()
	return action{height: height, width: width, run: func(p *subject, _ *random.Stream) error {
		p.resize(height, width, filter, antialias)
		return nil
	}}
}

func buildResizeSmall(c *call) action {
	size := c.side("size")
	filter, antialias := c.resampling()
	return action{run: func(p *subject, _ *random.Stream) error {
		h, w := p.size()
		ratio := float64(size) / float64(min(h, w))
		height, width := max(int(math.RoundToEven(float64(h)*ratio)), 1), max(int(math.RoundToEven(float64(w)*ratio)), 1)
		if height*width > p.limits.MaxPixels {
			return fmt.Errorf("%w: %dx%d would become %dx%d", ErrTooLarge, h, w, height, width)
		}
		p.resize(height, width, filter, antialias)
		return nil
	}}
}

func buildCentralCrop(c *call) action {
	height, width := c.size()
	return action{height: height, width: width, run: func(p *subject, _ *random.Stream) error {
		h, w, err := roomFor(p, height, width)
		if err == nil {
			p.crop(region{(h - height) / 2, (w - width) / 2, height, width})
		}
		return err
	}}
}

func buildRandomCrop(c *call) action {
	height, width := c.size()
	return action{random: true, height: height, width: width, run: func(p *subject, rng *random.Stream) error {
		h, w, err := roomFor(p, height, width)
		if err == nil {
			p.crop(region{rng.IntN(h - height + 1), rng.IntN(w - width + 1), height, width})
		}
		return err
	}}
}

func roomFor(p *subject, height, width int) (h, w int, err error) {
	if h, w = p.size(); h < height || w < width {
		return h, w, fmt.Errorf("cutting %dx%d out of a picture of only %dx%d (height x width)", height, width, h, w)
	}
	return h, w, nil
}

func buildInceptionCrop(c *call) action {
	size := c.side("size")
	areaMin, areaMax := c.numberOr("area_min", 5), c.numberOr("area_max", 100)
	if !(0 < areaMin && areaMin <= areaMax && areaMax <= 100) {
		c.fail("areas are percentages, 0 < area_min <= area_max <= 100")
	}
	filter, antialias := c.resampling()
	return action{random: true, height: size, width: size, run: func(p *subject, rng *random.Stream) error {
		h, w := p.size()
		p.crop(inceptionRegion(rng, h, w, areaMin/100, areaMax/100))
		p.resize(size, size, filter, antialias)
		return nil
	}}
}

// inceptionRegion draws a rectangle of a random aspect (width/height 0.75 to 1.33) and of a part of
// the area between areaMin and areaMax; after 100 misses it is the whole picture. It follows
// tf.image.sample_distorted_bounding_box (sample_distorted_bounding_box_op.cc, GenerateRandomCrop).
func inceptionRegion(rng *random.Stream, height, width int, areaMin, areaMax float64) region {
	total := float64(height) * float64(width)
	for range 100 {
		aspect := 0.75 + rng.Float64()*(1.33-0.75)
		low := int(math.RoundToEven(math.Sqrt(areaMin * total / aspect)))
		high := int(math.RoundToEven(math.Sqrt(areaMax * total / aspect)))
		high = min(high, height, int((float64(width)+0.5-1e-7)/aspect))
		h := min(low, high)
		if low < high {
			h += rng.IntN(high - low + 1)
		}
		w := int(math.RoundToEven(float64(h) * aspect))
		if part := float64(h*w) / total; h < 1 || w < 1 || w > width || part < areaMin || part > areaMax {
			continue
		}
		return region{rng.IntN(height - h + 1), rng.IntN(width - w + 1), h, w}
	}
	return region{0, 0, height, width}
}

func buildFlip(*call) action {
	return action{random: true, keepsSize: true, run: func(p *subject, rng *random.Stream) error {
		if rng.Float64() < 0.5 {
			p.mirror()
		}
		return nil
	}}
}

// buildGrayscale weighs the channels as tf.image.rgb_to_grayscale does.
func buildGrayscale(c *call) action {
	probability := c.numberOr("p", 1)
	if !(0 <= probability && probability <= 1) {
		c.fail("p is a probability, 0 to 1")
	}
	draws := probability < 1
	return action{random: draws, keepsSize: true, run: func(p *subject, rng *random.Stream) error {
		if draws && rng.Float64() >= probability {
			return nil
		}
		pix := p.float().Pix
		for i := 0; i < len(pix); i += 3 {
			luma := 0.2989*pix[i] + 0.587*pix[i+1] + 0.114*pix[i+2]
			pix[i], pix[i+1], pix[i+2] = luma, luma, luma
		}
		return nil
	}}
}

func buildValueRange(c *call) action {
	low, high := c.number("low"), c.number("high")
	inLow, inHigh := c.numberOr("in_low", 0), c.numberOr("in_high", 255)
	if inLow == inHigh {
		c.fail("in_low and in_high are the same")
	}
	scale := float32((high - low) / (inHigh - inLow))
	from, to := float32(inLow), float32(low)
	return action{keepsSize: true, run: func(p *subject, _ *random.Stream) error {
		pix := p.float().Pix
		for i, v := range pix {
			pix[i] = (v-from)*scale + to
		}
		return nil
	}}
}
