package quickstart

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/models/backend"
)

func TestRun_InterruptedInEachPhaseSaysSoAndResumes(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: interruption of each phase, which takes a whole smoke run")
	}
	be, err := backend.Open("")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "run")
	run := func(ctx context.Context, progress func(name string)) error {
		_, err := Run(ctx, Options{
			Out: out, Smoke: true, Workers: 2, Backend: be, Version: "test", Warn: func(string) {},
			Progress: func(name, _ string, _ int64) Line { progress(name); return silent(name, "", 0) },
		})
		return err
	}
	for _, phase := range []struct{ progress, doing string }{
		{"ingest", "ingesting"}, {"curate", "curating"}, {"siglip", "training"}, {"ul2", "training"}, {"stage1", "training"},
		{"stage2", "training"}, {"caption", "training"}, {"vqa", "training"}, {"answer held_out-captions-model", "scoring"},
		{"answer held_out_combinations-answers-model", "scoring"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var began []string
		err := run(ctx, func(name string) {
			if began = append(began, name); name == phase.progress {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted while "+phase.doing) {
			t.Errorf("interrupted in %s: %v", phase.progress, err)
		}
		if slices.Index(began, phase.progress) != len(began)-1 {
			t.Errorf("interrupted in %s, it went on: %q", phase.progress, began)
		}
	}
	if err := run(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
}
