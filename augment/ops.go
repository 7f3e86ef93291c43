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
	// Moves says how Run may move the parts of the image. An op that moves them by other means than
	// [Pixels.Crop] and [Pixels.Mirror] calls [Pixels.Moved], so that boxes can be moved, too.
	Moves Movement
	// KeepsSize says that Run leaves height and width as they are.
	KeepsSize bool
	// Height and Width are the size that Run leaves, 0 if it depends on the image. KeepsSize
	// overrides them.
	Height, Width int

	sequence   Sequence                            // that Run leaves, zero for other sizes
	first      func(*Pixels, *random.Stream) error // what comes before Run and is not random
	values     valueMap                            // what Run does to values
	eightBit   bool                                // Run works on values of 0 to 255
	drawsBoxes bool                                // Run needs the image's boxes
	draft      bool                                // Run needs the size that the next op leaves
}

// Ops is a table of ops. Of two with the same name the first counts.
type Ops []Op

// BuiltinOps returns a copy of the table of built-in ops.
func BuiltinOps() Ops { return slices.Clone(builtinOps) }

// String lists the ops as they are written, with what they do in the line below.
func (ops Ops) String() string {
	var b strings.Builder
	for _, o := range ops {
		width := 0
		for i, argument := range strings.SplitAfter(o.Usage, ", ") {
			if width += len(argument); width > 92 && i > 0 {
				width = 8 + len(argument)
				b.WriteString("\n        ")
			}
			b.WriteString(argument)
		}
		fmt.Fprintf(&b, "\n    %s\n", o.Help)
	}
	return b.String()
}

// maxOutput bounds the sides that a resize may ask for.
const maxOutput = 16384

// builtinOps have the names and meanings of big_vision's (pp/ops_general.py, pp/ops_image.py,
// pp/proj/paligemma, pp/archive). Resizing differs in three ways: antialias defaults to true, the
// method to bilinear, and floats are not rounded to 8 bits.
var builtinOps = Ops{
	{decodeOp, "decode([background=white], [scale=1], [dct=accurate])", "bytes to pixels 0 to 255; must come first; scale=auto decodes large JPEGs smaller; dct=fast is TensorFlow's default", buildDecode},
	{decodeAndCropOp, "decode_jpeg_and_inception_crop(size, [area_min=5], [area_max=100], [ratio_min=0.75], [ratio_max=1.33], [method], [antialias], [as])", "decode and inception_crop in one, of any format; comes first", buildDecodeAndCrop},
	{sheetOp, "contact_sheet(count, [columns], [background=white])", "frames of an animated GIF or WebP in a grid; comes first, in place of decode", buildContactSheet},
	{"resize", "resize(size | height, width, [method], [antialias], [as])", "squash to that size; as=tf, pil or torch as they do; as=planes from the planes of a JPEG", buildResize},
	{"resize_small", "resize_small(size, [method], [antialias], [as])", "shorter side to size, aspect kept", buildResizeSmall},
	{"resize_long", "resize_long(size, [method], [antialias], [as])", "longer side to size, aspect kept", buildResizeLong},
	{"resize_inside", "resize_inside(size | height, width, [method], [antialias], [as])", "as large as fits into that size, aspect kept", buildResizeInside},
	{"resize_r", "resize_r(size | height, width)", "resize by a method of TensorFlow drawn at random, with or without antialias", buildResizeR},
	{"resize_to_sequence", "resize_to_sequence(patch_size, max_sequence_len, [method], [antialias], [as])", "most whole patches allowed, aspect kept: NaFlex", buildResizeToSequence},
	{"central_crop_to_sequence", "central_crop_to_sequence(patch_size, max_sequence_len)", "cut out the middle, of the size that resize_to_sequence has", buildCentralCropToSequence},
	{"patchify", "patchify(patch_size, max_sequence_len)", "cut off what is not a whole patch; the image is a grid of patches", buildPatchify},
	{"central_crop", "central_crop([size] | height, width)", "cut out the middle; without a size, its largest square", buildCentralCrop},
	{"crop_border", "crop_border(pixels)", "cut that many pixels off each edge, such as the border of ObjectNet's images", buildCropBorder},
	{"random_crop", "random_crop(size | height, width)", "cut out a random part", buildRandomCrop},
	{"inception_crop", "inception_crop(size, [area_min=5], [area_max=100], [method], [antialias], [as], [ratio_min=0.75], [ratio_max=1.33])", "random area in percent and aspect, then resize", buildInceptionCrop},
	{"inception_box", "inception_box([area_min=5], [area_max=100], [ratio_min=0.75], [ratio_max=1.33], [min_object_covered=0])", "the crop of inception_crop alone; it shows at least that part of one of the image's boxes", buildInceptionBox},
	{"pad_to_shape", "pad_to_shape(size | height, width, [pad_value=0], [where=after])", "add edges of a value or colour: after, before or on both sides", buildPadToShape},
	{"flip_lr", "flip_lr", "flip horizontally with probability 0.5", buildFlip},
	{"draw_bbox", "draw_bbox([color=#ff0000], [width=1])", "draw the outlines of the image's boxes, where they are now", buildDrawBBox},
	{"draw_box", "draw_box(y0, x0, y1, x1, [color=#ff0000], [width=1])", "draw a box given in parts of the whole image, 0 to 1", buildDrawBox},
	{"grayscale", "grayscale([p=1])", "remove colour, with probability p", buildGrayscale},
	{"color_jitter", "color_jitter([brightness=0], [contrast=0], [saturation=0], [hue=0])", "torchvision's, in 8 bits: random factors, in a random order", buildColorJitter},
	{"randaug", "randaug([num_layers=2], [magnitude=10])", "RandAugment, in 8 bits: random changes, some of which turn or move", buildRandAug},
	{"random_jpeg", "random_jpeg(p, [quality_min=75], [quality_max=95])", "write as JPEG and read again, with probability p, in 8 bits", buildRandomJPEG},
	{"value_range", "value_range([low=-1], [high=1], [in_low=0], [in_high=255], [clip_values=false])", "map in_low..in_high to low..high; also vmin, vmax, in_min, in_max", buildValueRange},
	{"vgg_value_range", "vgg_value_range([mean_r, mean_g, mean_b, std_r, std_g, std_b])", "subtract a mean and divide by a deviation, ImageNet's by default", buildVGGValueRange},
	{"clip_value_range", "clip_value_range", "vgg_value_range with the numbers of CLIP", buildCLIPValueRange},
}

// decodeOp is the op that every pipeline begins with.
const decodeOp = "decode"

// buildDecode takes what transparency is laid over, white, black or #rrggbb, by how much JPEGs are
// scaled while they are decoded, and their inverse transform: accurate as in PIL, or fast as in
// TensorFlow's decode_jpeg and decode_image (big_vision's decode without precise).
func buildDecode(a *Arguments) (Action, error) {
	background := White
	if text, given := a.Text("background"); given {
		background = a.colour("background", text)
	}
	how := decoding{background: background, scale: 1}
	if text, given := a.Text("scale"); given {
		how.scale = a.scale(text)
	}
	switch text, given := a.Text("dct"); {
	case text == "fast":
		how.fastDCT = true
	case given && text != "accurate":
		a.fail("dct is %q, not accurate or fast", text)
	}
	return Action{draft: how.scale == autoScale, Run: func(p *Pixels, _ *random.Stream) error {
		return p.decode(how)
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
		return p.scale(float64(size)/float64(min(h, w)), how)
	}}, nil
}

func buildCentralCrop(a *Arguments) (Action, error) {
	if len(a.byPlace) == 0 && len(a.byName) == 0 {
		return Action{Moves: Cropping, Run: func(p *Pixels, _ *random.Stream) error {
			h, w := p.Size()
			side := min(h, w)
			return p.Crop((h-side)/2, (w-side)/2, side, side)
		}}, nil
	}
	height, width := a.Size()
	return Action{Moves: Cropping, Height: height, Width: width, Run: func(p *Pixels, _ *random.Stream) error {
		h, w, err := roomFor(p, height, width)
		if err == nil {
			p.crop(region{(h - height) / 2, (w - width) / 2, height, width})
		}
		return err
	}}, nil
}

func buildCropBorder(a *Arguments) (Action, error) {
	border := a.Side("pixels")
	return Action{Moves: Cropping, Run: func(p *Pixels, _ *random.Stream) error {
		h, w, err := roomFor(p, 2*border+1, 2*border+1)
		if err == nil {
			p.crop(region{border, border, h - 2*border, w - 2*border})
		}
		return err
	}}, nil
}

func buildRandomCrop(a *Arguments) (Action, error) {
	height, width := a.Size()
	return Action{Random: true, Moves: Cropping, Height: height, Width: width, Run: func(p *Pixels, rng *random.Stream) error {
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
	areas := a.areas()
	how := a.resampling()
	return areas.crop(size, a.ratios(), how), nil
}

// decodeAndCropOp is the op that decodes and crops.
const decodeAndCropOp = "decode_jpeg_and_inception_crop"

func buildDecodeAndCrop(a *Arguments) (Action, error) {
	size := a.Side("size")
	areas, ratios := a.areas(), a.ratios()
	crop := areas.crop(size, ratios, a.resampling())
	decode, err := buildDecode(&Arguments{})
	crop.first = decode.Run
	return crop, err
}

// span is a range of numbers.
type span struct{ low, high, width float64 }

// areas takes the range of areas in percent.
func (a *Arguments) areas() (s span) {
	s.low, s.high = a.NumberOr("area_min", 5), a.NumberOr("area_max", 100)
	if !(0 < s.low && s.low <= s.high && s.high <= 100) {
		a.fail("areas are percentages, 0 < area_min <= area_max <= 100")
	}
	return s
}

// usualRatios are the aspects, width by height, that TensorFlow takes by default.
var usualRatios = span{0.75, 1.33, 1.33 - 0.75}

func (a *Arguments) ratios() span {
	s := span{low: a.NumberOr("ratio_min", usualRatios.low), high: a.NumberOr("ratio_max", usualRatios.high)}
	if s.low == usualRatios.low && s.high == usualRatios.high {
		return usualRatios
	}
	if s.width = s.high - s.low; !(0.01 <= s.low && s.low <= s.high && s.high <= 100) {
		a.fail("ratios are of width by height, 0.01 <= ratio_min <= ratio_max <= 100")
	}
	return s
}

func (s span) crop(size int, ratios span, how resampling) Action {
	return Action{Random: true, Moves: Cropping, Height: size, Width: size, Run: func(p *Pixels, rng *random.Stream) error {
		h, w := p.Size()
		p.crop(inceptionRegion(rng, h, w, s.low/100, s.high/100, ratios, nil))
		return p.resize(size, size, how)
	}}
}

// inceptionRegion draws a rectangle of a random aspect (width by height) and of a part of the area
// between areaMin and areaMax, which must be accepted, unless accept is nil; after 100 misses it is
// the whole image. It follows tf.image.sample_distorted_bounding_box
// (sample_distorted_bounding_box_op.cc, GenerateRandomCrop).
func inceptionRegion(rng *random.Stream, height, width int, areaMin, areaMax float64, ratios span, accept func(region) bool) region {
	total := float64(height) * float64(width)
	for range 100 {
		aspect := ratios.low + rng.Float64()*ratios.width
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
		if r := (region{rng.IntN(height - h + 1), rng.IntN(width - w + 1), h, w}); accept == nil || accept(r) {
			return r
		}
	}
	return region{0, 0, height, width}
}

func buildFlip(*Arguments) (Action, error) {
	return Action{Random: true, Moves: Turning, KeepsSize: true, Run: func(p *Pixels, rng *random.Stream) error {
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
	for name, other := range map[string]string{"low": "vmin", "high": "vmax", "in_low": "in_min", "in_high": "in_max"} {
		a.rename(other, name)
	}
	low, high := a.NumberOr("low", -1), a.NumberOr("high", 1)
	inLow, inHigh := a.NumberOr("in_low", 0), a.NumberOr("in_high", 255)
	clip := a.Switch("clip_values")
	switch {
	case inLow == inHigh:
		return Action{}, errors.New("in_low and in_high are the same")
	case low == high:
		return Action{}, errors.New("low and high are the same")
	}
	factor := (high - low) / (inHigh - inLow)
	scale, from, to := float32(factor), float32(inLow), float32(low)
	if scale == 0 || !finite((0-from)*scale+to) || !finite((255-from)*scale+to) {
		return Action{}, errNotFinite
	}
	least, most := float32(min(low, high)), float32(max(low, high))
	return Action{KeepsSize: true, values: linearly(factor, low-inLow*factor), Run: func(p *Pixels, _ *random.Stream) error {
		pix := p.Tensor().Pix
		mapRange(pix, from, scale, to)
		if clip {
			for i, v := range pix {
				pix[i] = min(max(v, least), most)
			}
		}
		return nil
	}}, nil
}

var errNotFinite = errors.New("what becomes of 0 to 255 is beyond numbers of 32 bits")

func finite(v float32) bool { return v-v == 0 }

// buildVGGValueRange takes means and deviations in units of the pixels, 0 to 255, as big_vision's
// op of that name does.
func buildVGGValueRange(a *Arguments) (Action, error) {
	mean, _ := a.channels("mean", imageNetMean)
	std, err := a.channels("std", imageNetStd)
	if err != nil {
		return Action{}, err
	}
	for c := range mean {
		if std[c] != 0 && !(finite((0-mean[c])/std[c]) && finite((255-mean[c])/std[c])) {
			return Action{}, errNotFinite
		}
	}
	return normaliseAction(mean, std), nil
}

func buildCLIPValueRange(*Arguments) (Action, error) { return normaliseAction(clipMean, clipStd), nil }

func normaliseAction(mean, std [3]float32) Action {
	return Action{KeepsSize: true, values: normalisation(mean, std), Run: func(p *Pixels, _ *random.Stream) error {
		p.normalise(mean, std)
		return nil
	}}
}
