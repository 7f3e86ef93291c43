//go:build !(goexperiment.simd && amd64)

package augment

func blendRows(sum []float32, rows [][]uint8, weights []float32) {
	blendRowsPortable(sum, rows, weights)
}

func gatherRow(out, source []float32, columns *taps) { gatherRowPortable(out, source, columns) }

func widen(to []float32, from []uint8) { widenPortable(to, from) }

func mapRange(values []float32, from, scale, to float32) { mapRangePortable(values, from, scale, to) }

func gatherRows(out, source []float32, step int, columns *taps) {
	gatherRowsPortable(out, source, step, columns)
}

func gatherValues(out, source []float32, columns *taps) { gatherValuesPortable(out, source, columns) }

func convertPlanes(to, luma, cb, cr []float32) { convertPlanesPortable(to, luma, cb, cr) }

func gatherFixed(out, source []uint8, columns *fixedAxis) { gatherFixedPortable(out, source, columns) }

func gatherFixedRows(out, source []uint8, step int, columns *fixedAxis) {
	gatherFixedRowsPortable(out, source, step, columns)
}

func addFixed(sums []int32, row []uint8, weight int32) { addFixedPortable(sums, row, weight) }

func clipFixed(out []uint8, sums []int32, bits int) { clipFixedPortable(out, sums, bits) }
