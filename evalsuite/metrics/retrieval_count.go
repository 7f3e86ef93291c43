package metrics

// lanes is the number of counters that a row is spread over.
const lanes = 8

// countRowPortable counts the values that are at least the target, spread over the lanes.
func countRowPortable(counts *[lanes]int32, values []float32, target float32) {
	for i, v := range values {
		if v >= target {
			counts[i%lanes]++
		}
	}
}

// countColumnsPortable counts, by column, the values that are at least the column's target. Values
// are [rows, len(targets)].
func countColumnsPortable(counts []int32, values, targets []float32) {
	for len(values) >= len(targets) && len(targets) > 0 {
		for column, target := range targets {
			if values[column] >= target {
				counts[column]++
			}
		}
		values = values[len(targets):]
	}
}
