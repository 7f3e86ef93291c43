package augment

import (
	"encoding/json"
	"os"
	"testing"
)

// TestSequenceSize_EqualsTransformers compares with get_image_size_for_max_num_patches
// (parity/models_siglip.py).
func TestSequenceSize_EqualsTransformers(t *testing.T) {
	content, err := os.ReadFile("testdata/sequence_sizes.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][6]int
	if err := json.Unmarshal(content, &rows); err != nil || len(rows) < 100 {
		t.Fatal(len(rows), err)
	}
	for _, r := range rows {
		if h, w := SequenceSize(r[0], r[1], r[2], r[3]); h != r[4] || w != r[5] {
			t.Errorf("%d by %d in %d patches of %d is %d by %d, want %d by %d", r[0], r[1], r[3], r[2], h, w, r[4], r[5])
		}
	}
}

func TestResizeToSequence_KeepsTheAspect(t *testing.T) {
	got, err := MustParse("decode|resize_to_sequence(4, 9)|value_range(-1, 1)").Apply(numbered(t, 20, 5), nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := MustParse("decode").Apply(numbered(t, 20, 5), nil)
	if err != nil {
		t.Fatal(err)
	}
	if h, w := SequenceSize(before.Height, before.Width, 4, 9); h != got.Height || w != got.Width || h*w/16 > 9 {
		t.Errorf("%d by %d, want %d by %d", got.Height, got.Width, h, w)
	}
	for _, wrong := range []string{"decode|resize_to_sequence(16)", "decode|resize_to_sequence(0, 256)", "decode|resize_to_sequence(16, 256, 3, 4, 5)"} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}
