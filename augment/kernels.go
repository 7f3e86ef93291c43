package augment

// The hot loops, in portable Go. Where there is a SIMD twin (kernels_amd64.go) it does
// as many elements as it can and leaves the rest to these; both give the same bits.

// convertRowPortable converts a row to RGB, interleaved, in fixed-point arithmetic.
func convertRowPortable(to, luma, cb, cr []uint8, c ycbcrRange) {
	cb, cr, to = cb[:len(luma)], cr[:len(luma)], to[:3*len(luma)]
	for x, v := range luma {
		l := (int32(v)-c.offset)*c.luma + 1<<15
		b, r := int32(cb[x])-128, int32(cr[x])-128
		to[3*x] = clamp8((l + c.crToR*r) >> 16)
		to[3*x+1] = clamp8((l - c.cbToG*b - c.crToG*r) >> 16)
		to[3*x+2] = clamp8((l + c.cbToB*b) >> 16)
	}
}

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
