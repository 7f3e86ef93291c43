package cli

import (
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
)

func TestFitsMemory_CountsPixelsWhereTheyAreMade(t *testing.T) {
	s := mixture.Shape{Rows: 1000, Images: 2, Height: 224, Width: 224, Texts: 1, Encoder: 64, Decoder: 64}
	const gibibyte = 1 << 30 // a batch takes 1.13 of them
	err := fitsMemory(s, true, gibibyte)
	if err == nil || !strings.Contains(err.Error(), "a batch of 1000 rows, each with 2 images and 128 ids, takes 1.1 GiB, and 1.0 GiB of memory are free; lower batch") {
		t.Errorf("error %v", err)
	}
	for _, err := range []error{fitsMemory(s, false, gibibyte), fitsMemory(s, true, 2*gibibyte), fitsMemory(s, true, 0)} {
		if err != nil {
			t.Error(err)
		}
	}
}
