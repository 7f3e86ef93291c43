package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/rs/zerolog"

	"github.com/pali3/pali3/internal/quickstart"
	"github.com/pali3/pali3/models/backend"
)

// quickstartCommand is the main job at small scale.
type quickstartCommand struct {
	Out     string `default:"quickstart-run" placeholder:"DIR" help:"Folder of everything it makes."`
	Smoke   bool   `help:"A few steps of everything, to see that it runs."`
	Seed    uint64 `help:"Seed of all random choices."`
	Fresh   bool   `help:"Start over instead of going on from what is there."`
	Backend string `help:"Backend of the graphs; by default GOMLX_BACKEND or pure Go."`
	JSON    bool   `help:"Print the summary as one JSON object."`
}

func (c quickstartCommand) Run(ctx context.Context, log zerolog.Logger, out output) error {
	be, err := backend.Open(c.Backend)
	if err != nil {
		return err
	}
	if warning := backend.Warning(); warning != "" {
		log.Warn().Msg(warning)
	}
	summary, err := quickstart.Run(ctx, quickstart.Options{
		Out: c.Out, Smoke: c.Smoke, Seed: c.Seed, Fresh: c.Fresh, Workers: runtime.NumCPU(), Backend: be, Version: version,
		Progress: func(name, unit string, total int64) quickstart.Line { return out.progress(name, unit, total) },
		Warn:     func(message string) { log.Warn().Msg(message) },
	})
	if errors.Is(err, quickstart.ErrInterrupted) {
		return fmt.Errorf("%w; what is done is kept, resume with: %s", err, commandLine())
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(summary)
	}
	printSummary(summary, c.Out)
	return nil
}

func printSummary(s *quickstart.Summary, out string) {
	for i, scores := range []map[string]quickstart.Scores{s.HeldOut, s.HeldOutCombinations} {
		fmt.Printf("\n%-22s %24s %10s %10s\n", quickstart.Splits[i], "model (95% interval)", "untrained", "blind")
		for _, metric := range quickstart.Metrics {
			m := scores[metric]
			fmt.Printf("  %-20s %6.3f (%.3f to %.3f) %10.3f %10.3f\n", metric, m.Model.Value, m.Model.Lo, m.Model.Hi, m.Untrained.Value, m.Blind.Value)
		}
	}
	fmt.Printf("\n%.0f s, %.1f GiB at most\n\nThe report: %s/report.html\n", s.Seconds, float64(s.PeakRSSBytes)/(1<<30), out)
	picture := filepath.Join(out, quickstart.APicture)
	fmt.Printf("Try: pali3 caption %s --model %s/caption --lang fr\n", picture, out)
	fmt.Printf("     pali3 ask %s \"Who is it?\" --model %s/vqa\n", picture, out)
}
