//go:build !(goexperiment.simd && amd64)

package jpeg

func (r *bitReader) decodePairs(b *decodedBlock, ac *table, k int) int {
	return r.pairsPortable(b, ac, k)
}

func inverseFull(dst []byte, stride int, b, q *[64]int16) { inverseFullPortable(dst, stride, b, q) }

func inverseFastFull(dst []byte, stride int, b, q *[64]int16) {
	inverseFastFullPortable(dst, stride, b, q)
}

func inverse4x4Full(dst []byte, stride int, b, q *[64]int16) {
	inverse4x4FullPortable(dst, stride, b, q)
}

func sumRows(sums []uint16, near, far []uint8) { sumRowsPortable(sums, near, far) }

func blendRows(dst, near, far []uint8, bias uint16) { blendRowsPortable(dst, near, far, bias) }

func widenRow(dst []uint8, sums []uint16, left, right uint16) {
	widenRowPortable(dst, sums, left, right)
}

func convertRow(to, luma, cb, cr []uint8) { convertRowPortable(to, luma, cb, cr) }
