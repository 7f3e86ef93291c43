package cli

import (
	"strings"
	"testing"
)

func TestOpenMasks_OpensWeights(t *testing.T) {
	codec, err := openMasks("../models/maskvae/testdata/small.safetensors")
	if err != nil || codec == nil {
		t.Fatal(err)
	}
	if _, err := openMasks("none.npz"); err == nil || !strings.Contains(err.Error(), "none.npz") {
		t.Errorf("missing weights: %v", err)
	}
}
