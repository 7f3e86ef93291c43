package augment

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/random"
)

// Op is one op of the language. Append your own to [BuiltinOps].
type Op struct {
	// Name is how a pipeline calls the op.
	Name string
	// Usage is the call with its arguments, optional ones in brackets, such as
	// "central_crop(size | height, width)".
	Usage string
	// Help says in a few words what the op does.
	Help string
	// Build takes the op's arguments and returns what it does. Arguments that are missing, left
	// over or malformed are reported by [Ops.Parse]; Build returns only errors of its own.
	Build func(*Arguments) (Action, error)
}

// Action is an op with its arguments.
type Action struct {
	// Run changes the pixels. It draws random numbers from the stream alone, which is nil in
	// pipelines without random ops.
	Run func(*Pixels, *random.Stream) error
	// Random says that Run draws from the stream.
	Random bool
	// KeepsSize says that Run leaves height and width as they are.
	KeepsSize bool
	// Height and Width are the size that Run leaves, 0 if it depends on the image. KeepsSize
	// overrides them.
	Height, Width int

	sequence Sequence // that Run leaves, zero for other sizes
	draft    bool     // Run needs the size that the next op leaves
}

// Ops is a table of ops. Of two with the same name the first counts.
type Ops []Op

// BuiltinOps returns a copy of the table of built-in ops.
func BuiltinOps() Ops { return slices.Clone(builtinOps) }

// String lists the ops as they are written, one a line, with what they do.
func (ops Ops) String() string {
	var b strings.Builder
	for _, o := range ops {
		fmt.Fprintf(&b, "%-52s %s\n", o.Usage, o.Help)
	}
	return b.String()
}

// maxOutput bounds the sides that a resize may ask for.
const maxOutput = 16384

// builtinOps have the names and meanings of big_vision's (pp/ops_general.py, pp/ops_image.py).
// Resizing differs in two ways: antialias defaults to true, and floats are not rounded to 8 bits.
var builtinOps = Ops{
	{decodeOp, "decode([background=white], [scale=1])", "bytes to pixels 0 to 255; must come first; scale=auto decodes large JPEGs smaller", buildDecode},
	{"resize", "resize(size | height, width, [method], [antialias], [as])", "squash to that size; as=pil gives the bytes of Pillow, as=planes is faster", buildResize},
	{"resize_small", "resize_small(size, [method], [antialias], [as])", "shorter side to size, aspect kept", buildResizeSmall},
	{"resize_to_sequence", "resize_to_sequence(patch_size, max_sequence_len, [method], [antialias], [as])", "most whole patches allowed, aspect kept: NaFlex", buildResizeToSequence},
	{"central_crop", "central_crop(size | height, width)", "cut out the middle", buildCentralCrop},
	{"random_crop", "random_crop(size | height, width)", "cut out a random part", buildRandomCrop},
	{"inception_crop", "inception_crop(size, [area_min=5], [area_max=100], [method], [antialias], [as])", "random area in percent and aspect, then resize", buildInceptionCrop},
	{"flip_lr", "flip_lr", "flip horizontally with probability 0.5", buildFlip},
	{"grayscale", "grayscale([p=1])", "remove colour, with probability p", buildGrayscale},
	{"value_range", "value_range(low, high, [in_low=0], [in_high=255])", "map in_low..in_high to low..high", buildValueRange},
	{"vgg_value_range", "vgg_value_range(mean_r, mean_g, mean_b, std_r, std_g, std_b)", "subtract a mean and divide by a deviation, per channel", buildVGGValueRange},
}

// decodeOp is the op that every pipeline begins with.
const decodeOp = "decode"

// buildDecode takes what transparency is laid over, white, black or #rrggbb, and by how much JPEGs
// are scaled while they are decoded.
func buildDecode(a *Arguments) (Action, error) {
	background := White
	if text, given := a.Text("background"); given {
		background = a.colour("background", text)
	}
	scale := 1
	if text, given := a.Text("scale"); given {
		scale = a.scale(text)
	}
	return Action{draft: scale == autoScale, Run: func(p *Pixels, _ *random.Stream) error {
		return p.decode(background, scale)
	}}, nil
}

func buildResize(a *Arguments) (Action, error) {
	height, width := a.Size()
	how := a.resampling()
	return Action{Height: height, Width: width, Run: func(p *Pixels, _ *random.Stream) error {
		return p.resize(height, width, how)
	}}, nil
}

func buildResizeSmall(a *Arguments) (Action, error) {
	size := a.Side("size")
	how := a.resampling()
	return Action{Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		ratio := float64(size) / float64(min(h, w))
		height, width := max(int(math.RoundToEven(float64(h)*ratio)), 1), max(int(math.RoundToEven(float64(w)*ratio)), 1)
		if height*width > p.limits.MaxPixels {
			return fmt.Errorf("%w: %dx%d would become %dx%d", ErrTooLarge, h, w, height, width)
		}
		return p.resize(height, width, how)
	}}, nil
}

func buildCentralCrop(a *Arguments) (Action, error) {
	height, width := a.Size()
	return Action{Height: height, Width: width, Run: func(p *Pixels, _ *random.Stream) error {
		h, w, err := roomFor(p, height, width)
		if err == nil {
			p.crop(region{(h - height) / 2, (w - width) / 2, height, width})
		}
		return err
	}}, nil
}

func buildRandomCrop(a *Arguments) (Action, error) {
	height, width := a.Size()
	return Action{Random: true, Height: height, Width: width, Run: func(p *Pixels, rng *random.Stream) error {
		h, w, err := roomFor(p, height, width)
		if err == nil {
			p.crop(region{rng.IntN(h - height + 1), rng.IntN(w - width + 1), height, width})
		}
		return err
	}}, nil
}

func roomFor(p *Pixels, height, width int) (h, w int, err error) {
	if h, w = p.Size(); h < height || w < width {
		return h, w, fmt.Errorf("cutting %dx%d out of an image of only %dx%d (height x width)", height, width, h, w)
	}
	return h, w, nil
}

func buildInceptionCrop(a *Arguments) (Action, error) {
	size := a.Side("size")
	areaMin, areaMax := a.NumberOr("area_min", 5), a.NumberOr("area_max", 100)
	if !(0 < areaMin && areaMin <= areaMax && areaMax <= 100) {
		return Action{}, errors.New("areas are percentages, 0 < area_min <= area_max <= 100")
	}
	how := a.resampling()
	return Action{Random: true, Height: size, Width: size, Run: func(p *Pixels, rng *random.Stream) error {
		h, w := p.Size()
		p.crop(inceptionRegion(rng, h, w, areaMin/100, areaMax/100))
		return p.resize(size, size, how)
	}}, nil
}

// inceptionRegion draws a rectangle of a random aspect (width/height 0.75 to 1.33) and of a part of
// the area between areaMin and areaMax; after 100 misses it is the whole image. It follows
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

func buildFlip(*Arguments) (Action, error) {
	return Action{Random: true, KeepsSize: true, Run: func(p *Pixels, rng *random.Stream) error {
		if rng.Float64() < 0.5 {
			p.mirror()
		}
		return nil
	}}, nil
}

// buildGrayscale weighs the channels as tf.image.rgb_to_grayscale does.
func buildGrayscale(a *Arguments) (Action, error) {
	probability := a.NumberOr("p", 1)
	if !(0 <= probability && probability <= 1) {
		return Action{}, errors.New("p is a probability, 0 to 1")
	}
	draws := probability < 1
	return Action{Random: draws, KeepsSize: true, Run: func(p *Pixels, rng *random.Stream) error {
		if draws && rng.Float64() >= probability {
			return nil
		}
		pix := p.Tensor().Pix
		for i := 0; i < len(pix); i += 3 {
			luma := 0.2989*pix[i] + 0.587*pix[i+1] + 0.114*pix[i+2]
			pix[i], pix[i+1], pix[i+2] = luma, luma, luma
		}
		return nil
	}}, nil
}

func buildValueRange(a *Arguments) (Action, error) {
	low, high := a.Number("low"), a.Number("high")
	inLow, inHigh := a.NumberOr("in_low", 0), a.NumberOr("in_high", 255)
	if inLow == inHigh {
		return Action{}, errors.New("in_low and in_high are the same")
	}
	scale := float32((high - low) / (inHigh - inLow))
	from, to := float32(inLow), float32(low)
	return Action{KeepsSize: true, Run: func(p *Pixels, _ *random.Stream) error {
		mapRange(p.Tensor().Pix, from, scale, to)
		return nil
	}}, nil
}

// buildVGGValueRange takes means and deviations in units of the pixels, 0 to 255, as big_vision's
// op of that name does.
func buildVGGValueRange(a *Arguments) (Action, error) {
	var mean, std [3]float32
	for i, channel := range []string{"r", "g", "b"} {
		mean[i] = float32(a.Number("mean_" + channel))
	}
	for i, channel := range []string{"r", "g", "b"} {
		v := a.Number("std_" + channel)
		if v == 0 {
			return Action{}, errors.New("a deviation is 0")
		}
		std[i] = float32(v)
	}
	return Action{KeepsSize: true, Run: func(p *Pixels, _ *random.Stream) error {
		pix := p.Tensor().Pix
		for i := 0; i < len(pix); i += 3 {
			for c := range mean {
				pix[i+c] = (pix[i+c] - mean[c]) / std[c]
			}
		}
		return nil
	}}, nil
}
