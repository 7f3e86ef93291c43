package quickstart

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/project"
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
	if err := Write(out, Options{Smoke: true}); err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context, progress func(name string)) error {
		_, err := project.Run(ctx, out, project.RunOptions{
			Workers: 2, Backend: be, Version: "test",
			Progress: func(name, _ string, _ int64) project.Line { progress(name); return noLine{} },
		})
		return err
	}
	for _, phase := range []struct{ progress, doing string }{
		{"ingest", "ingesting"}, {"curate", "curating"}, {"siglip", "training siglip"}, {"ul2", "training ul2"}, {"stage1", "training stage1"},
		{"stage2", "training stage2"}, {"caption", "training caption"}, {"vqa", "training vqa"}, {"score held_out-captions-model", "scoring"},
		{"score held_out_combinations-answers-model", "scoring"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var began []string
		err := run(ctx, func(name string) {
			if began = append(began, name); name == phase.progress {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, project.ErrInterrupted) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted while "+phase.doing) {
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

type noLine struct{}

func (noLine) Set(int64, int64)            {}
func (noLine) Resume(int64, time.Duration) {}
func (noLine) Note(string)                 {}
func (noLine) Clear()                      {}
func (noLine) End()                        {}
