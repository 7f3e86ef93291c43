package augment

import "errors"

// valueMap is what ops have done to values of 0 to 255: times scale, plus offset, in each channel.
// The zero value is nothing.
type valueMap struct{ scale, offset [3]float64 }

// then returns the map with another after it.
func (v valueMap) then(next valueMap) valueMap {
	switch {
	case next == valueMap{}:
		return v
	case v == valueMap{}:
		return next
	}
	for c := range v.scale {
		v.scale[c] *= next.scale[c]
		v.offset[c] = v.offset[c]*next.scale[c] + next.offset[c]
	}
	return v
}

// linearly is a map that is the same for all channels.
func linearly(scale, offset float64) valueMap {
	return valueMap{[3]float64{scale, scale, scale}, [3]float64{offset, offset, offset}}
}

// Image returns what a tensor of the pipeline shows, as 8-bit values: the inverse of value_range
// and the like, rounded to the nearest and clipped. What ops from outside do to values is not
// undone.
func (p *Pipeline) Image(t Tensor) *Image {
	v := p.values
	if v == (valueMap{}) {
		v = linearly(1, 0)
	}
	m := newImage(t.Height, t.Width)
	for i, x := range t.Pix {
		c := i % 3
		m.Pix[i] = uint8(min(max((float64(x)-v.offset[c])/v.scale[c]+0.5, 0), 255))
	}
	return m
}

// normalisation subtracts a mean and divides by a deviation, per channel.
func normalisation(mean, std [3]float32) valueMap {
	var v valueMap
	for c := range mean {
		v.scale[c] = 1 / float64(std[c])
		v.offset[c] = -float64(mean[c]) / float64(std[c])
	}
	return v
}

func (p *Pixels) normalise(mean, std [3]float32) {
	pix := p.Tensor().Pix
	for i := 0; i < len(pix); i += 3 {
		for c := range mean {
			pix[i+c] = (pix[i+c] - mean[c]) / std[c]
		}
	}
}

// The means and deviations of ImageNet (torchvision) and of CLIP, as big_vision writes them.
var (
	imageNetMean = [3]float32{0.485 * 255, 0.456 * 255, 0.406 * 255}
	imageNetStd  = [3]float32{0.229 * 255, 0.224 * 255, 0.225 * 255}
	clipMean     = [3]float32{0.48145466 * 255, 0.4578275 * 255, 0.40821073 * 255}
	clipStd      = [3]float32{0.26862954 * 255, 0.26130258 * 255, 0.27577711 * 255}
)

// channels takes three numbers, or all of the values given instead.
func (a *Arguments) channels(name string, otherwise [3]float32) (v [3]float32, err error) {
	given := 0
	for c, channel := range []string{"r", "g", "b"} {
		if _, named := a.byName[name+"_"+channel]; named || len(a.byPlace) > 0 {
			given++
		}
		if v[c] = float32(a.NumberOr(name+"_"+channel, float64(otherwise[c]))); name == "std" && v[c] == 0 {
			err = errors.New("a deviation is 0")
		}
	}
	if given != 0 && given != 3 {
		a.fail("%[1]s has %[2]d of 3 numbers; write %[1]s_r, %[1]s_g and %[1]s_b, or none of them", name, given)
	}
	return v, err
}
