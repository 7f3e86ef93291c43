package jpeg

// Upsampler brings a plane to full resolution, row by row, as libjpeg does by default ("fancy
// upsampling", jdsample.c): at half the resolution the weights are 3/4 and 1/4 towards the nearer
// neighbour in each direction; lower resolutions repeat the nearest sample.
type Upsampler struct {
	pix           []uint8
	stride        int
	width, height int // samples
	h, v          int // pixels to a sample
	smooth        bool
	widens        bool     // samples are interpolated within rows
	sums          []uint16 // a row at half the width, times 4, with a sample repeated at either end
}

// NewUpsampler makes one of a plane of width x height samples, each for h x v pixels. Without
// smooth, it repeats samples throughout.
func NewUpsampler(pix []uint8, stride, width, height, h, v int, smooth bool) *Upsampler {
	u := new(Upsampler)
	u.begin(pix, stride, width, height, h, v, smooth)
	return u
}

// begin makes it ready for another plane, with the same memory.
func (u *Upsampler) begin(pix []uint8, stride, width, height, h, v int, smooth bool) {
	sums := u.sums
	*u = Upsampler{pix: pix, stride: stride, width: width, height: height, h: h, v: v, smooth: smooth}
	u.widens = smooth && h == 2 && v <= 2
	if u.sums = sums; u.widens {
		u.sums = resized(sums, width+2)
	}
}

// RowSize is the least length of a row for [Upsampler.Row].
func (u *Upsampler) RowSize() int { return u.width * u.h }

// Row returns row y at full width. It may use dst, of [Upsampler.RowSize], for it.
func (u *Upsampler) Row(dst []uint8, y int) []uint8 {
	switch {
	case u.h == 1 && u.v == 1:
		return u.samples(y)
	case u.widens && u.v == 1:
		for i, v := range u.samples(y) {
			u.sums[i+1] = 4 * uint16(v)
		}
		widenRow(dst, u.repeatEnds(), 4, 8)
	case u.widens:
		near, far := u.nearAndFar(y)
		sumRows(u.sums[1:u.width+1], near, far)
		widenRow(dst, u.repeatEnds(), 8, 7)
	case u.h == 1 && u.v == 2 && u.smooth:
		near, far := u.nearAndFar(y)
		blendRows(dst[:u.width], near, far, uint16(1+y%2))
	case u.h == 1:
		return u.samples(y / u.v)
	default:
		for i, v := range u.samples(y / u.v) {
			fill(dst[i*u.h:][:u.h], v)
		}
	}
	return dst
}

func (u *Upsampler) samples(y int) []uint8 { return u.pix[y*u.stride:][:u.width] }

// nearAndFar returns the rows of samples that row y lies between, the nearer first.
func (u *Upsampler) nearAndFar(y int) (near, far []uint8) {
	other := max(y/2-1, 0)
	if y%2 == 1 {
		other = min(y/2+1, u.height-1)
	}
	return u.samples(y / 2), u.samples(other)
}

func (u *Upsampler) repeatEnds() []uint16 {
	last := len(u.sums) - 1
	u.sums[0], u.sums[last] = u.sums[1], u.sums[last-1]
	return u.sums
}

// sumRowsPortable writes 3 near + far to sums: samples at a quarter of the way, times 4.
func sumRowsPortable(sums []uint16, near, far []uint8) {
	near, far = near[:len(sums)], far[:len(sums)]
	for i := range sums {
		sums[i] = 3*uint16(near[i]) + uint16(far[i])
	}
}

// blendRowsPortable writes the samples at a quarter of the way, rounded by the bias.
func blendRowsPortable(dst, near, far []uint8, bias uint16) {
	near, far = near[:len(dst)], far[:len(dst)]
	for i := range dst {
		dst[i] = uint8((3*uint16(near[i]) + uint16(far[i]) + bias) >> 2)
	}
}

// widenRowPortable writes two samples for each of sums, which are samples times 4, but its first
// and last: a quarter of the way to the left neighbour and to the right one, rounded by the biases.
func widenRowPortable(dst []uint8, sums []uint16, left, right uint16) {
	for i := range len(sums) - 2 {
		three := 3 * sums[i+1]
		dst[2*i] = uint8((three + sums[i] + left) >> 4)
		dst[2*i+1] = uint8((three + sums[i+2] + right) >> 4)
	}
}
