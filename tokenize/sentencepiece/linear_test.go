package sentencepiece

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestLongLines encodes lines of 10 MB that are hard in different ways. What is held is that time
// and memory grow with the length of the line, not faster: ten times the line takes less than 25
// times as long, and no byte of it takes more than 100 bytes.
func TestLongLines(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: that lines of 10 MB take time and memory in proportion to their length")
	}
	for _, line := range []struct{ name, unit string }{
		{"two letters", "ab"}, {"words", "surface with faces "}, {"visible spaces", spaceSymbol}, {"unknown", "\u0e01\u10d0"},
	} {
		for _, name := range []string{"nmt_nfkc", "suffix", "bpe_bytes", "bpe_unused"} {
			m := openGolden(t, name)
			short, _ := cost(m, strings.Repeat(line.unit, 1e6/len(line.unit)))
			long, memory := cost(m, strings.Repeat(line.unit, 1e7/len(line.unit)))
			t.Logf("%s with %s: 1 MB in %v, 10 MB in %v and %d MB of memory", line.name, name, short, long, memory>>20)
			if long > 25*max(short, 20*time.Millisecond) || memory > 100*1e7 {
				t.Errorf("%s with %s: 1 MB in %v, 10 MB in %v and %d MB of memory", line.name, name, short, long, memory>>20)
			}
		}
	}
}

// cost encodes text and returns the processor time that took and how many bytes were allocated.
func cost(m *Model, text string) (time.Duration, uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector's time is not the encoder's; memory is bounded of itself
	runtime.ReadMemStats(&before)
	began := processorTime()
	m.Encode(text)
	took := processorTime() - began
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc
}
