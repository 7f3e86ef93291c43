package jpeg

// smoothed is the number of coefficients, in the order of zigzag, that libjpeg examines and
// estimates to smooth blocks (jdcoefct.c, SAVED_COEFS).
const smoothed = 10

// lacksFrequencies reports whether to smooth the blocks of a progressive file as libjpeg does: some
// component lacks bits of the lower frequencies, and all have DC coefficients.
func (d *Decoder) lacksFrequencies() bool {
	if d.direct || d.header.Process != sof2 {
		return false
	}
	lacks := false
	for i := range d.components {
		c := &d.components[i]
		if !c.seen || c.left[0] < 0 {
			return false
		}
		for k := range smoothed {
			if c.quant[zigzag[k]] == 0 {
				return false
			}
			lacks = lacks || k > 0 && c.left[k] != 0
		}
	}
	return lacks
}

// smooth reconstructs a component and estimates coefficients that no scan has from the DC
// coefficients of the 5 by 5 blocks around (jdcoefct.c, decompress_smooth_data).
func (d *Decoder) smooth(c *component) {
	rows := ceil(d.header.Height, 8*d.maxV)
	for y := range c.high {
		left := &c.left
		if y/c.V > d.lastGood { // the last scan did not come that far
			left = &c.before
			if d.header.Scans < 2 {
				left = &[64]int8{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
			}
		}
		lines := c.lines(y, rows)
		for x := range c.wide {
			b := c.coefficients[y*c.stride+x]
			c.estimate(&b, left, c.neighbours(lines, x))
			c.inverse(x, y, &b, 63)
		}
	}
}

// lines returns the rows of blocks around row y, of the given number of rows of MCUs. Where the
// last MCUs have fewer rows of blocks than the others, libjpeg counts all MCUs as such, which shows
// at the top of images of two of them.
func (c *component) lines(y, mcus int) [5]int {
	each := c.V
	if last := c.high % c.V; y/c.V == mcus-1 && last != 0 {
		each = last
	}
	index := y/c.V*each + y%c.V
	up := y - min(index, 1)
	down := y + min(each*mcus-1-index, 1)
	return [5]int{up - min(max(index-1, 0), 1), up, y, down, down + min(max(each*mcus-2-index, 0), 1)}
}

// neighbours returns the DC coefficients around a block, row by row. Beyond the edges they are
// those of the nearest block.
func (c *component) neighbours(lines [5]int, x int) (dc [25]int32) {
	for i, y := range lines {
		for j := range 5 {
			at := min(max(x+j-2, 0), c.wide-1)
			dc[5*i+j] = int32(c.coefficients[y*c.stride+at][0])
		}
	}
	return dc
}

// kernel weighs the DC coefficients around a block to estimate one of its coefficients.
type kernel struct {
	position int // in natural order
	weights  [25]int32
}

// kernels are for blocks with some AC coefficients, by the order of zigzag.
var kernels = [smoothed]kernel{
	1: {1, [25]int32{10: -7, 11: 50, 13: -50, 14: 7}},
	2: {8, [25]int32{2: -7, 7: 50, 17: -50, 22: 7}},
	3: {16, [25]int32{2: -1, 7: 13, 12: -24, 17: 13, 22: -1}},
	4: {9, [25]int32{1: -1, 3: 1, 5: -1, 6: 10, 8: -10, 9: 1, 15: 1, 16: -10, 18: 10, 19: -1, 21: 1, 23: -1}},
	5: {2, [25]int32{10: -1, 11: 13, 12: -24, 13: 13, 14: -1}},
}

// dcKernels are for blocks without AC coefficients. The first replaces the DC coefficient.
var dcKernels = [smoothed]kernel{
	{0, [25]int32{-2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6, -2}},
	{1, [25]int32{-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1}},
	{8, [25]int32{-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1}},
	{16, [25]int32{2: 1, 6: 2, 7: 7, 8: 2, 11: -5, 12: -14, 13: -5, 16: 2, 17: 7, 18: 2, 22: 1}},
	{9, [25]int32{0: -1, 4: 1, 6: 9, 8: -9, 16: -9, 18: 9, 20: 1, 24: -1}},
	{2, [25]int32{6: 2, 7: -5, 8: 2, 10: 1, 11: 7, 12: -14, 13: 7, 14: 1, 16: 2, 17: -5, 18: 2}},
	{3, [25]int32{6: 1, 8: -1, 11: 2, 13: -2, 16: 1, 18: -1}},
	{10, [25]int32{6: 1, 7: -3, 8: 1, 16: -1, 17: 3, 18: -1}},
	{17, [25]int32{6: 1, 8: -1, 11: -3, 13: 3, 16: 1, 18: -1}},
	{24, [25]int32{6: 1, 7: 2, 8: 1, 16: -1, 17: -2, 18: -1}},
}

// estimate fills in coefficients that are zero and not known to their last bit. Left has how many
// bits are unknown, or -1 for all.
func (c *component) estimate(b *[64]int16, left *[64]int8, dc [25]int32) {
	all, first := &kernels, 1
	if [smoothed - 1]int8(left[1:]) == [smoothed - 1]int8{-1, -1, -1, -1, -1, -1, -1, -1, -1} {
		all, first = &dcKernels, 0
	}
	for k := first; k < smoothed; k++ {
		kernel := &all[k]
		at := kernel.position
		if k > 0 && (at == 0 || left[k] == 0 || b[at] != 0) {
			continue
		}
		sum := int64(0)
		for i, w := range kernel.weights {
			sum += int64(w) * int64(dc[i])
		}
		sum *= int64(uint16(c.quant[0]))
		b[at] = int16(predict(sum, int64(uint16(c.quant[at])), k, left[k]))
	}
}

// predict divides by 256 times the quantizer and rounds. The result has no bits that a scan has
// shown to be zero.
func predict(sum, quant int64, k int, left int8) int64 {
	v := max(sum, -sum)
	v = (quant<<7 + v) / (quant << 8)
	if k > 0 && left > 0 && v >= 1<<left {
		v = 1<<left - 1
	}
	if sum < 0 {
		return -v
	}
	return v
}
