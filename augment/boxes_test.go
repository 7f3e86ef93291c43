package augment_test

import (
	"testing"

	"github.com/pali3/pali3/augment"
)

func TestMovesBoxes(t *testing.T) {
	for ops, want := range map[string]string{
		"decode|resize(8)|value_range(-1,1)": "",
		"decode|resize(10)| central_crop(8)": "central_crop",
		"decode|flip_lr|random_crop(8)":      "flip_lr",
	} {
		if got := augment.MovesBoxes(ops); got != want {
			t.Errorf("%s: %q, want %q", ops, got, want)
		}
	}
}
