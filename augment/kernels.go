package augment

// The hot loops, in portable Go. Where there is a SIMD twin (kernels_amd64.go) it does
// as many elements as it can and leaves the rest to these; both give the same bits.

func clamp8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// addRow adds weight times the row to sum.
func addRow(sum, row []float32, weight float32) {
	row = row[:len(sum)]
	for i, v := range row {
		sum[i] += float32(weight * float32(v)) // rounded twice: no fused multiply-add
	}
}

// blendRowsPortable writes the sum of rows, each times its weight, row after row.
func blendRowsPortable(sum []float32, rows [][]uint8, weights []float32) {
	for x := range sum {
		var v float32
		for i, row := range rows {
			v += float32(weights[i] * float32(row[x])) // rounded twice: no fused multiply-add
		}
		sum[x] = v
	}
}

// gatherRowPortable writes a row of [W,3], each pixel the weighted sum of pixels of the source row,
// tap after tap.
func gatherRowPortable(out, source []float32, columns *taps) {
	for x, first := range columns.first {
		from := source[3*first:][:3*columns.length]
		var r, g, b float32
		for _, weight := range columns.of(x) {
			r += float32(weight * from[0]) // rounded twice: no fused multiply-add
			g += float32(weight * from[1])
			b += float32(weight * from[2])
			from = from[3:]
		}
		out[3*x], out[3*x+1], out[3*x+2] = r, g, b
	}
}

// gatherRowsPortable writes four rows by gatherRowPortable.
func gatherRowsPortable(out, source []float32, step int, columns *taps) {
	for i := range 4 {
		gatherRowPortable(out[3*i*len(columns.first):], source[i*step:], columns)
	}
}

// widenPortable converts bytes to floats.
func widenPortable(to []float32, from []uint8) {
	to = to[:len(from)]
	for i, v := range from {
		to[i] = float32(v)
	}
}

// mapRangePortable replaces each value v by (v-from)*scale+to.
func mapRangePortable(values []float32, from, scale, to float32) {
	for i, v := range values {
		values[i] = float32((v-from)*scale) + to // rounded twice: no fused multiply-add
	}
}

// gatherSlack is the number of values that gatherValues may read behind its source and write behind
// its row.
const gatherSlack = 8

// gatherValuesPortable writes a row of single values, each the weighted sum of values of the source
// row. The weights come in fours, and so are the products added: the sum of each of four lanes,
// then lanes 0 and 1, lanes 2 and 3, and the two results.
func gatherValuesPortable(out, source []float32, columns *taps) {
	for x, first := range columns.first {
		from := source[first:][:columns.length]
		var sums [4]float32
		for i, weight := range columns.of(x) {
			sums[i&3] += float32(weight * from[i]) // rounded twice: no fused multiply-add
		}
		out[x] = (sums[0] + sums[1]) + (sums[2] + sums[3])
	}
}

// Conversion from YCbCr of full range (JFIF; ITU-T T.871, section 7).
const (
	crToRed   = 1.402
	cbToGreen = -0.344136286
	crToGreen = -0.714136286
	cbToBlue  = 1.772
)

// convertPlanesPortable writes pixels of [N,3], clamped to 0 to 255.
func convertPlanesPortable(to, luma, cb, cr []float32) {
	clamped := func(v float32) float32 { return min(max(v, 0), 255) }
	for i, y := range luma {
		b, r := cb[i]-128, cr[i]-128
		to[3*i] = clamped(y + float32(r*crToRed)) // rounded twice: no fused multiply-add
		to[3*i+1] = clamped(y + float32(b*cbToGreen) + float32(r*crToGreen))
		to[3*i+2] = clamped(y + float32(b*cbToBlue))
	}
}

// gatherFixedPortable writes a row of [W,3] as gatherRowPortable does, in whole numbers, each
// rounded to 8 bits.
func gatherFixedPortable(out, source []uint8, columns *fixedAxis) {
	half := int32(1) << (columns.bits - 1)
	for x, first := range columns.first {
		from := source[3*first:][:3*columns.length]
		r, g, b := half, half, half
		for _, w := range columns.of(x) {
			r += int32(from[0]) * w
			g += int32(from[1]) * w
			b += int32(from[2]) * w
			from = from[3:]
		}
		out[3*x], out[3*x+1], out[3*x+2] = clamp8(r>>columns.bits), clamp8(g>>columns.bits), clamp8(b>>columns.bits)
	}
}

// gatherFixedRowsPortable writes four rows by gatherFixedPortable.
func gatherFixedRowsPortable(out, source []uint8, step int, columns *fixedAxis) {
	for i := range 4 {
		gatherFixedPortable(out[3*i*len(columns.first):], source[i*step:], columns)
	}
}

// addFixedPortable adds weight times the row to sums.
func addFixedPortable(sums []int32, row []uint8, weight int32) {
	row = row[:len(sums)]
	for i, v := range row {
		sums[i] += int32(v) * weight
	}
}

// clipFixedPortable drops bits of sums and clamps them to 8 bits.
func clipFixedPortable(out []uint8, sums []int32, bits int) {
	out = out[:len(sums)]
	for i, v := range sums {
		out[i] = clamp8(v >> bits)
	}
}
