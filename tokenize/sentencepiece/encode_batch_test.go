package sentencepiece

import (
	"slices"
	"strings"
	"testing"
)

func TestEncodeBatch(t *testing.T) {
	m, text := randomModel(t, 1)
	texts := append(strings.SplitAfter(text, "  "), "", text, strings.Repeat(text, 1+2*maxScratch/len(text)), "")
	for _, goroutines := range []int{0, 1, 2, 7} {
		ids := m.EncodeBatch(texts, goroutines)
		if len(ids) != len(texts) {
			t.Fatalf("%d goroutines: ids of %d texts, want %d", goroutines, len(ids), len(texts))
		}
		for i := range ids {
			if want := m.Encode(texts[i]); !slices.Equal(ids[i], want) {
				t.Fatalf("%d goroutines: text %d of %d has the ids %v, want %v", goroutines, i, len(texts), ids[i], want)
			}
		}
		_ = append(ids[0], -1)
		if !slices.Equal(ids[1], m.Encode(texts[1])) {
			t.Errorf("%d goroutines: appending to the ids of a text changes those of the next", goroutines)
		}
	}
	if ids := m.EncodeBatch(nil, 3); len(ids) != 0 {
		t.Errorf("no texts have the ids %v", ids)
	}
}
