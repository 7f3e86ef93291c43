package augment

import (
	"errors"
	"math"

	"github.com/pali3/pali3/random"
)

// Ops of Pillow, torchvision and big_vision on 8-bit pixels. Floats are first rounded to 8 bits.

// eightBit returns the pixels as 8-bit values, floats rounded to the nearest.
func (p *Pixels) eightBit() *Image {
	if m := p.Image(); m != nil {
		return m
	}
	t := p.Tensor()
	m := newImage(t.Height, t.Width)
	for i, v := range t.Pix {
		m.Pix[i] = uint8(min(max(v, 0), 255) + 0.5)
	}
	p.SetImage(m)
	return m
}

// buildColorJitter follows torchvision's ColorJitter on PIL images (transforms/transforms.py,
// _functional_pil.py): the four changes in a random order, each by a factor drawn uniformly from 1
// - strength to 1 + strength, and the hue from -hue to hue.
func buildColorJitter(a *Arguments) (Action, error) {
	var strength [3]float64
	for i, name := range []string{"brightness", "contrast", "saturation"} {
		if strength[i] = a.NumberOr(name, 0); strength[i] < 0 {
			return Action{}, errors.New(name + " is below 0")
		}
	}
	hue := a.NumberOr("hue", 0)
	if !(0 <= hue && hue <= 0.5) {
		return Action{}, errors.New("hue is a part of the circle, 0 to 0.5")
	}
	return Action{eightBit: true, Random: true, KeepsSize: true, Run: func(p *Pixels, rng *random.Stream) error {
		order := rng.Perm(4)
		var factor [3]float64
		for i, s := range strength {
			low := max(0, 1-s)
			factor[i] = low + rng.Float64()*(1+s-low)
		}
		turn := hue * (2*rng.Float64() - 1)
		m := p.eightBit()
		for _, change := range order {
			switch {
			case change == 3 && hue > 0:
				m.turnHue(turn)
			case change < 3 && strength[change] > 0:
				[...]func(*Image, float32){(*Image).brighten, (*Image).raiseContrast, (*Image).saturate}[change](m, float32(factor[change]))
			}
		}
		return nil
	}}, nil
}

// The three enhancements of Pillow's ImageEnhance: a blend with black, with the mean grey, and with
// the grey image.

func (m *Image) brighten(factor float32) {
	for i, v := range m.Pix {
		m.Pix[i] = blendPIL(0, v, factor)
	}
}

func (m *Image) raiseContrast(factor float32) {
	sum := 0
	for i := 0; i < len(m.Pix); i += 3 {
		sum += int(lumaPIL(m.Pix[i:]))
	}
	mean := uint8(float64(sum)/float64(len(m.Pix)/3) + 0.5)
	for i, v := range m.Pix {
		m.Pix[i] = blendPIL(mean, v, factor)
	}
}

func (m *Image) saturate(factor float32) {
	for i := 0; i < len(m.Pix); i += 3 {
		grey, rgb := lumaPIL(m.Pix[i:]), m.Pix[i:i+3]
		for c, v := range rgb {
			rgb[c] = blendPIL(grey, v, factor)
		}
	}
}

// lumaPIL is Pillow's conversion to L (Convert.c, L24).
func lumaPIL(rgb []uint8) uint8 {
	return uint8((19595*uint32(rgb[0]) + 38470*uint32(rgb[1]) + 7471*uint32(rgb[2]) + 1<<15) >> 16)
}

// blendPIL goes from a to b and, for factors above 1, beyond it (Blend.c).
func blendPIL(a, b uint8, factor float32) uint8 {
	v := float32(a) + float32(factor*float32(int(b)-int(a)))
	return uint8(min(max(v, 0), 255))
}

// turnHue adds to the hue by way of Pillow's HSV in 8 bits (Convert.c, rgb2hsv_row and hsv2rgb);
// turn is a part of the circle.
func (m *Image) turnHue(turn float64) {
	by := uint8(int32(turn * 255))
	for i := 0; i < len(m.Pix); i += 3 {
		rgb := (*[3]uint8)(m.Pix[i:])
		h, s, v := hsvPIL(*rgb)
		*rgb = rgbPIL(h+by, s, v)
	}
}

func hsvPIL(rgb [3]uint8) (h, s, v uint8) {
	most, least := max(rgb[0], rgb[1], rgb[2]), min(rgb[0], rgb[1], rgb[2])
	if most == least {
		return 0, 0, most
	}
	span := float32(most - least)
	r, g, b := float32(most-rgb[0])/span, float32(most-rgb[1])/span, float32(most-rgb[2])/span
	var hue float32
	switch most {
	case rgb[0]:
		hue = b - g
	case rgb[1]:
		hue = float32(2.0 + float64(r) - float64(b))
	default:
		hue = float32(4.0 + float64(g) - float64(r))
	}
	hue = float32(math.Mod(float64(hue)/6+1, 1))
	return uint8(min(int(float64(hue)*255), 255)), uint8(min(int(float64(span/float32(most))*255), 255)), most
}

func rgbPIL(h, s, v uint8) [3]uint8 {
	if s == 0 {
		return [3]uint8{v, v, v}
	}
	part := float32(float64(s) / 255)
	sector := int(float64(h) * 6 / 255)
	f := float32(float64(h)*6/255 - float64(sector))
	rounded := func(x float64) uint8 { return uint8(min(max(math.Round(x), 0), 255)) }
	value := float64(v)
	p := rounded(value * (1 - float64(part)))
	q := rounded(value * (1 - float64(float32(part*f))))
	t := rounded(value * (1 - float64(part)*(1-float64(f))))
	return [...][3]uint8{{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}[sector%6]
}
