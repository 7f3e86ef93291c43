//go:build !(goexperiment.simd && amd64)

package augment

func sumRows(sums []uint16, near, far []uint8) { sumRowsPortable(sums, near, far) }

func widenRow(dst []uint8, sums []uint16, left, right uint16) {
	widenRowPortable(dst, sums, left, right)
}

func convertRow(to, luma, cb, cr []uint8, c ycbcrRange) { convertRowPortable(to, luma, cb, cr, c) }

func addBytes(sum []float32, row []uint8, weight float32) { addRowPortable(sum, row, weight) }

func blendRows(sum []float32, rows [][]uint8, weights []float32) {
	blendRowsPortable(sum, rows, weights)
}
