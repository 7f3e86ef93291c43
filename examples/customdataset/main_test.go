package main

import (
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestRun_LearnsToCaption(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	score, err := run(t.Context(), data, filepath.Join(dir, "model"))
	if err != nil {
		t.Fatal(err)
	}
	if score.N != 125 || score.Value < 0.7 {
		t.Errorf("%+v: want 125 captions, most of them right", score)
	}
	t.Logf("%.3f right", score.Value)
	if problems, err := shards.Verify(data, true); err != nil || len(problems) > 0 {
		t.Errorf("the dataset: %v, error %v", problems, err)
	}
}
