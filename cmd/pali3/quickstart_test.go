package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/internal/counter"
	"github.com/pali3/pali3/project"
)

// TestKilledQuickstartGoesOn kills a smoke run at random moments, goes on with it, and compares what it
// finds with what an undisturbed one does.
func TestKilledQuickstartGoesOn(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	mustRun(t, dir, "quickstart", "--smoke", "--out", "straight")
	whole := time.Since(began)
	rng := counter.New(uint64(time.Now().UnixNano()))
	kills := 0
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration((0.05+0.5*rng.Float64())*float64(whole)))
		if command(ctx, dir, "quickstart", "--smoke", "--out", "killed").Run() != nil {
			kills++
		}
		cancel()
	}
	mustRun(t, dir, "quickstart", "--smoke", "--out", "killed")
	t.Logf("killed %d times", kills)
	want, got := summaryOf(t, dir, "straight"), summaryOf(t, dir, "killed")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the killed run found something else (-straight +killed):\n%s", diff)
	}
	for _, name := range []string{"report.html", "images", "predictions"} {
		if _, err := os.Stat(filepath.Join(dir, "killed", name)); err != nil {
			t.Error(err)
		}
	}
	mustRun(t, dir, "shards", "verify", "killed/data", "--deep")
	if err := command(t.Context(), dir, "quickstart", "--smoke", "--seed", "7", "--out", "killed").Run(); err == nil {
		t.Error("a run with another seed went on in the same folder")
	}
}

// summaryOf reads a run's summary without time and memory.
func summaryOf(t *testing.T, dir, run string) project.Summary {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, run, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s project.Summary
	if err := json.Unmarshal(content, &s); err != nil {
		t.Fatal(err)
	}
	s.Seconds, s.PeakRSSBytes, s.Try = 0, 0, nil // which names the folder
	return s
}
