package augment

import (
	"errors"
	"math"

	"github.com/pali3/pali3/random"
)

// buildRandAug follows big_vision's op of that name (pp/archive/autoaugment.py,
// distort_image_with_randaugment; RandAugment, arXiv 1909.13719): num_layers times one of sixteen
// changes, drawn uniformly, at the given magnitude. Two things differ: a solarize threshold above
// 255 changes nothing, where TensorFlow wraps it to 8 bits, and posterize keeps 8 bits at most. As
// with TensorFlow's shifts it keeps at least one.
func buildRandAug(a *Arguments) (Action, error) {
	layers, magnitude := a.NumberOr("num_layers", 2), a.NumberOr("magnitude", 10)
	switch {
	case layers != math.Trunc(layers) || layers < 0 || layers > 100:
		return Action{}, errors.New("num_layers is a whole number, 0 to 100")
	case !(0 <= magnitude && magnitude <= 30):
		return Action{}, errors.New("magnitude is a number, 0 to 30")
	}
	return Action{eightBit: true, Random: true, Moves: Turning, KeepsSize: true, Run: func(p *Pixels, rng *random.Stream) error {
		p.eightBit()
		for range int(layers) {
			randAugments[rng.IntN(len(randAugments))].apply(p, magnitude, rng)
		}
		return nil
	}}, nil
}

// augmentation is one of RandAugment's changes; magnitude is from 0 to 30, of which 10 is full.
type augmentation struct {
	name  string
	apply func(p *Pixels, magnitude float64, rng *random.Stream)
}

// randAugments are in the order of big_vision's available_ops, with the arguments of its
// level_to_arg; distances of translate and cutout are of RandAugment.
var randAugments = []augmentation{
	{"AutoContrast", func(p *Pixels, _ float64, _ *random.Stream) { p.image.autoContrast() }},
	{"Equalize", func(p *Pixels, _ float64, _ *random.Stream) { p.image.equalize() }},
	{"Invert", func(p *Pixels, _ float64, _ *random.Stream) {
		p.image.mapBytes(func(v uint8) uint8 { return 255 - v })
	}},
	{"Rotate", func(p *Pixels, level float64, rng *random.Stream) {
		p.project(rotationBy(signed(level/10*30, rng), p.image.Height, p.image.Width))
	}},
	{"Posterize", func(p *Pixels, level float64, _ *random.Stream) { p.image.posterize(int(level / 10 * 4)) }},
	{"Solarize", func(p *Pixels, level float64, _ *random.Stream) { p.image.solarize(int(level / 10 * 256)) }},
	{"Color", func(p *Pixels, level float64, _ *random.Stream) { p.image.color(enhancement(level)) }},
	{"Contrast", func(p *Pixels, level float64, _ *random.Stream) { p.image.contrast(enhancement(level)) }},
	{"Brightness", func(p *Pixels, level float64, _ *random.Stream) {
		factor := enhancement(level)
		p.image.mapBytes(func(v uint8) uint8 { return blend(0, v, factor) })
	}},
	{"Sharpness", func(p *Pixels, level float64, _ *random.Stream) { p.image.sharpen(enhancement(level)) }},
	{"ShearX", func(p *Pixels, level float64, rng *random.Stream) {
		p.project([6]float32{1, float32(signed(level/10*0.3, rng)), 0, 0, 1, 0})
	}},
	{"ShearY", func(p *Pixels, level float64, rng *random.Stream) {
		p.project([6]float32{1, 0, 0, float32(signed(level/10*0.3, rng)), 1, 0})
	}},
	{"TranslateX", func(p *Pixels, level float64, rng *random.Stream) {
		p.project([6]float32{1, 0, float32(signed(level/10*100, rng)), 0, 1, 0})
	}},
	{"TranslateY", func(p *Pixels, level float64, rng *random.Stream) {
		p.project([6]float32{1, 0, 0, 0, 1, float32(signed(level/10*100, rng))})
	}},
	{"Cutout", func(p *Pixels, level float64, rng *random.Stream) {
		y, x := rng.IntN(p.image.Height), rng.IntN(p.image.Width)
		p.image.cutOut(y, x, int(level/10*40))
	}},
	{"SolarizeAdd", func(p *Pixels, level float64, _ *random.Stream) {
		add := int(level / 10 * 110)
		p.image.mapBytes(func(v uint8) uint8 {
			if v < 128 {
				return clamp8(int32(v) + int32(add))
			}
			return v
		})
	}},
}

// enhancement is the factor of a blend, from 0.1.
func enhancement(level float64) float32 { return float32(level/10*1.8 + 0.1) }

// signed makes a value negative with probability 0.5.
func signed(v float64, rng *random.Stream) float64 {
	if rng.Float64() < 0.5 {
		return -v
	}
	return v
}

// replaced is the grey that RandAugment fills holes with.
const replaced = 128

func (m *Image) mapBytes(change func(uint8) uint8) {
	var table [256]uint8
	for v := range table {
		table[v] = change(uint8(v))
	}
	for i, v := range m.Pix {
		m.Pix[i] = table[v]
	}
}

// blend goes from a to b and, for factors above 1, beyond it. It rounds towards zero.
func blend(a, b uint8, factor float32) uint8 {
	switch factor {
	case 0:
		return a
	case 1:
		return b
	}
	v := float32(a) + float32(factor*(float32(b)-float32(a)))
	return uint8(min(max(v, 0), 255))
}

// luma is tf.image.rgb_to_grayscale on 8-bit pixels: in floats of 0 to 1, rounded towards zero
// after scaling by 255.5 (convert_image_dtype).
func luma(rgb []uint8) uint8 {
	const unit = float32(1) / 255
	v := float32(float32(rgb[0])*unit)*0.2989 + float32(float32(rgb[1])*unit)*0.587 + float32(float32(rgb[2])*unit)*0.114
	return uint8(min(v*255.5, 255))
}

func (m *Image) posterize(bits int) {
	shift := uint(8 - min(max(bits, 1), 8))
	m.mapBytes(func(v uint8) uint8 { return v >> shift << shift })
}

func (m *Image) solarize(threshold int) {
	m.mapBytes(func(v uint8) uint8 {
		if int(v) < threshold {
			return v
		}
		return 255 - v
	})
}

func (m *Image) color(factor float32) {
	for i := 0; i < len(m.Pix); i += 3 {
		grey, rgb := luma(m.Pix[i:]), m.Pix[i:i+3]
		for c, v := range rgb {
			rgb[c] = blend(grey, v, factor)
		}
	}
}

// contrast blends with a grey that is not the mean, as the reference does: it divides the number of
// pixels by 256.
func (m *Image) contrast(factor float32) {
	grey := uint8(min(float32(len(m.Pix)/3)/256, 255))
	m.mapBytes(func(v uint8) uint8 { return blend(grey, v, factor) })
}

func (m *Image) autoContrast() {
	for c := range 3 {
		low, high := uint8(255), uint8(0)
		for i := c; i < len(m.Pix); i += 3 {
			low, high = min(low, m.Pix[i]), max(high, m.Pix[i])
		}
		if high <= low {
			continue
		}
		scale := 255 / (float32(high) - float32(low))
		offset := float32(-float32(low) * scale)
		for i := c; i < len(m.Pix); i += 3 {
			v := float32(float32(m.Pix[i])*scale) + offset
			m.Pix[i] = uint8(min(max(v, 0), 255))
		}
	}
}

func (m *Image) equalize() {
	for c := range 3 {
		var counts [256]int
		for i := c; i < len(m.Pix); i += 3 {
			counts[m.Pix[i]]++
		}
		last := 255
		for counts[last] == 0 {
			last--
		}
		step := (len(m.Pix)/3 - counts[last]) / 255
		if step == 0 {
			continue
		}
		var table [256]uint8
		sum := 0
		for v := range table {
			table[v] = uint8(min((sum+step/2)/step, 255))
			if v == 0 {
				table[v] = 0
			}
			sum += counts[v]
		}
		for i := c; i < len(m.Pix); i += 3 {
			m.Pix[i] = table[m.Pix[i]]
		}
	}
}

// sharpen blends with a smoothed image, which keeps the edges of the image as they are. An image of
// less than three rows or columns is all edge.
func (m *Image) sharpen(factor float32) {
	before := append([]uint8(nil), m.Pix...)
	stride := 3 * m.Width
	for y := 1; y < m.Height-1; y++ {
		for x := 3; x < stride-3; x++ {
			var sum float32
			for dy := -1; dy <= 1; dy++ {
				for dx := -3; dx <= 3; dx += 3 {
					weight := float32(1) / 13
					if dy == 0 && dx == 0 {
						weight = float32(5) / 13
					}
					sum += float32(float32(before[(y+dy)*stride+x+dx]) * weight)
				}
			}
			at := y*stride + x
			m.Pix[at] = blend(uint8(min(max(sum, 0), 255)), before[at], factor)
		}
	}
}

// cutOut fills a square of twice the given size, as far as it is in the image.
func (m *Image) cutOut(y, x, size int) {
	for row := max(y-size, 0); row < min(y+size, m.Height); row++ {
		for at := 3 * (row*m.Width + max(x-size, 0)); at < 3*(row*m.Width+min(x+size, m.Width)); at++ {
			m.Pix[at] = replaced
		}
	}
}

// rotationBy turns about the centre of the image by an angle in degrees (tensorflow_addons
// transform_ops.py, angles_to_projective_transforms).
func rotationBy(degrees float64, height, width int) [6]float32 {
	angle := float32(degrees * (math.Pi / 180))
	sin, cos := float32(math.Sin(float64(angle))), float32(math.Cos(float64(angle)))
	w, h := float32(width-1), float32(height-1)
	return [6]float32{
		cos, -sin, (w - (float32(cos*w) - float32(sin*h))) / 2,
		sin, cos, (h - (float32(sin*w) + float32(cos*h))) / 2,
	}
}

// project takes each pixel from another place: x' = a0·x + a1·y + a2, y' = a3·x + a4·y + a5,
// rounded to the nearest pixel (tensorflow_addons image/transform; image_ops.h,
// ProjectiveGenerator). What is beyond the image becomes grey.
func (p *Pixels) project(a [6]float32) {
	m := p.image
	out := newImage(m.Height, m.Width)
	for y := range m.Height {
		for x := range m.Width {
			fromX := math.Round(float64(float32(a[0]*float32(x)) + float32(a[1]*float32(y)) + a[2]))
			fromY := math.Round(float64(float32(a[3]*float32(x)) + float32(a[4]*float32(y)) + a[5]))
			to := out.Pix[3*(y*m.Width+x):][:3]
			if fromX < 0 || fromY < 0 || fromX >= float64(m.Width) || fromY >= float64(m.Height) {
				to[0], to[1], to[2] = replaced, replaced, replaced
				continue
			}
			copy(to, m.Pix[3*(int(fromY)*m.Width+int(fromX)):])
		}
	}
	p.SetImage(out)
	p.Moved(inParts(a, m.Height, m.Width))
}

// inParts is the way of an image's parts under project, which is given from where each pixel comes:
// the inverse, in parts of the sides, for points half a pixel off the pixels' numbers.
func inParts(a [6]float32, height, width int) Affine {
	h, w := float64(height), float64(width)
	from := Affine{XX: float64(a[0]), XY: float64(a[1]), X0: float64(a[2]), YX: float64(a[3]), YY: float64(a[4]), Y0: float64(a[5])}
	pixels := Affine{XX: w, X0: -0.5, YY: h, Y0: -0.5} // parts to numbers of pixels
	return pixels.inverse().after(from.inverse()).after(pixels)
}
