package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestRun uses folders that transformers wrote; their weights are random.
func TestRun(t *testing.T) {
	const hub = "../../cli/testdata/hub/"
	for _, c := range []struct {
		model string
		words []string
		want  string
	}{
		{"siglip", []string{"cat", "dog"}, "image0.png\t"},
		{"paligemma", nil, "image0.png\t"},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), &out, hub+c.model, hub+"siglip/image*.png", c.words); err != nil {
			t.Errorf("%s: %v", c.model, err)
		}
		if lines := strings.Count(out.String(), "\n"); lines != 3 || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s wrote %q", c.model, &out)
		}
	}
	if err := run(t.Context(), &bytes.Buffer{}, hub+"t5-encoder", hub+"siglip/image0.png", nil); err == nil || !strings.Contains(err.Error(), "neither compares") {
		t.Errorf("an encoder of texts: %v", err)
	}
}
