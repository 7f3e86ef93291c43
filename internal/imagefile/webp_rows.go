package imagefile

// The loops over rows of lossy WebP, in portable Go. Their SIMD twins (webp_rows_amd64.go) do as
// many elements as they can and leave the rest to these; both give the same bits.

// upsampleWebPRow interpolates chroma to the width of to: weights of 9, 3, 3 and 1 sixteenths,
// rounded twice as in libwebp.
func upsampleWebPRow(to, near, far []uint8) {
	last := len(near) - 1
	to[0] = uint8((3*int(near[0]) + int(far[0]) + 2) >> 2)
	if len(to)%2 == 0 {
		to[len(to)-1] = uint8((3*int(near[last]) + int(far[last]) + 2) >> 2)
	}
	upsampleWebPPairs(to[1:], near, far)
}

// upsampleWebPPairsPortable writes the two pixels between each two samples of chroma.
func upsampleWebPPairsPortable(to, near, far []uint8) {
	far = far[:len(near)]
	nearLeft, farLeft := int(near[0]), int(far[0])
	for i := 1; i < len(near); i++ {
		n, f := int(near[i]), int(far[i])
		sum := nearLeft + n + farLeft + f + 8
		to[2*i-2] = uint8(((sum+2*(n+farLeft))>>3 + nearLeft) >> 1)
		to[2*i-1] = uint8(((sum+2*(nearLeft+f))>>3 + n) >> 1)
		nearLeft, farLeft = n, f
	}
}

// convertWebPRowPortable converts from ITU-R BT.601, with luma of 16 to 235, in the 14-bit fixed
// point of libwebp (src/dsp/yuv.h).
func convertWebPRowPortable(to, luma, cb, cr []uint8) {
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, l := range luma {
		y, u, v := int(l)*19077>>8, int(cb[x]), int(cr[x])
		pixel := to[3*x:][:3]
		pixel[0] = clipWebP(y + v*26149>>8 - 14234)
		pixel[1] = clipWebP(y - u*6419>>8 - v*13320>>8 + 8708)
		pixel[2] = clipWebP(y + u*33050>>8 - 17685)
	}
}

// clipWebP drops six fraction bits.
func clipWebP(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
