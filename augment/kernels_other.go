//go:build !(goexperiment.simd && amd64)

package augment

func convertRow(to, luma, cb, cr []uint8, c ycbcrRange) { convertRowPortable(to, luma, cb, cr, c) }

func addBytes(sum []float32, row []uint8, weight float32) { addRowPortable(sum, row, weight) }

func blendRows(sum []float32, rows [][]uint8, weights []float32) {
	blendRowsPortable(sum, rows, weights)
}
