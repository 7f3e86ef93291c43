//go:build !(goexperiment.simd && amd64)

package metrics

func countRow(counts *[lanes]int32, values []float32, target float32) {
	countRowPortable(counts, values, target)
}

func countColumns(counts []int32, values, targets []float32) {
	countColumnsPortable(counts, values, targets)
}
