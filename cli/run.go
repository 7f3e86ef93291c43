package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/pali3/pali3/project"
)

// runCommand runs a project's pipeline.
type runCommand struct {
	Dir string `arg:"" name:"project" help:"Project folder, as start writes it."`
	backendFlag
	Workers workers `help:"Goroutines that make examples and decode images; default one per core."`
	JSON    bool    `help:"Print the summary as one JSON object."`
}

func (c runCommand) Run(ctx context.Context, con *console) error {
	summary, err := runProject(ctx, con, c.Dir, c.backendFlag, int(c.Workers))
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(summary)
	}
	printSummary(con, summary, c.Dir)
	return nil
}

// runProject runs the project in a folder.
func runProject(ctx context.Context, con *console, dir string, on backendFlag, workers int) (*project.Summary, error) {
	be, err := on.openBackend(con)
	if err != nil {
		return nil, err
	}
	if workers == 0 {
		workers = runtime.NumCPU()
	}
	summary, err := project.Run(ctx, dir, project.RunOptions{
		Backend: be, Registry: con.registry(), Workers: workers, Version: con.program.Version, Progress: con.line,
		Note: con.info,
		Warn: con.warn,
	})
	if errors.Is(err, project.ErrInterrupted) {
		return nil, fmt.Errorf("%w; finished work is kept, resume with: %s", err, con.commandLine())
	}
	return summary, err
}

// printSummary prints the scores and commands to try next.
func printSummary(con *console, s *project.Summary, dir string) {
	for _, split := range s.Splits() {
		con.printf("\n%-22s %24s %10s %10s\n", split, "model (95% interval)", "untrained", "blind")
		for _, metric := range s.Metrics(split) {
			m := s.Scores[split][metric]
			con.printf("  %-20s %6.3f (%.3f to %.3f)", metric, m.Model.Value, m.Model.Lo, m.Model.Hi)
			if m.Untrained != nil {
				con.printf(" %10.3f", m.Untrained.Value)
			}
			if m.Blind != nil {
				con.printf(" %10.3f", m.Blind.Value)
			}
			con.println()
		}
	}
	con.printf("\n%.0f s, %.1f GiB at most\n\nThe report: %s\n", s.Seconds, float64(s.PeakRSSBytes)/(1<<30), filepath.Join(dir, project.ReportFile))
	for i, line := range s.Try {
		if i == 0 {
			con.printf("Try: %s\n", line)
			continue
		}
		con.printf("     %s\n", line)
	}
}
