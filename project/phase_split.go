package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/pali3/pali3/webli"
)

// splitPhase sets samples aside for validation and test, and writes a report.
func (r *runner) splitPhase() phase {
	return phase{
		name: "split", doing: "splitting the data", outputs: []string{dataFolder, splitFile},
		from: func() (string, error) {
			content, err := json.Marshal(r.pipeline.Split)
			if err != nil {
				return "", err
			}
			data, err := fingerprint(r.Registry, r.pipeline.splitFrom(r.dir))
			return identityOf("split", string(content), data), err
		},
		do: r.split,
	}
}

func (r *runner) split(ctx context.Context) error {
	if done, err := r.whole(dataFolder, splitFile); done || err != nil {
		return err
	}
	in, err := r.Registry.OpenDataset(ctx, r.pipeline.splitFrom(r.dir))
	if err != nil {
		return err
	}
	defer in.Close()
	line := r.Progress.begin("split", "samples", int64(in.Len()))
	defer line.End()
	report, err := webli.Split(ctx, in, r.path(dataFolder), r.pipeline.Split.config(), webli.Options{
		Workers: r.Workers, Command: "pali3 run", Progress: func(done, _ int) { line.Set(int64(done), 0) },
	})
	if err != nil {
		return err
	}
	for _, warning := range report.Warnings {
		r.warn(warning)
	}
	if err := noneEmpty(report); err != nil {
		return errors.Join(fmt.Errorf("%w; change split in %s", err, r.path(PipelineFile)), os.RemoveAll(r.path(dataFolder)))
	}
	return writeJSON(r.path(splitFile), report)
}

// noneEmpty returns an error if a requested split got no sample.
func noneEmpty(report webli.SplitReport) error {
	for _, part := range report.Splits {
		if part.Asked > 0 && part.Samples == 0 {
			return fmt.Errorf("the split %s got none of %s (near-duplicates stay together, the largest group has %d): use a larger fraction, or remove keep_together",
				part.Name, samples(report.Samples), report.Largest)
		}
	}
	return nil
}

// config returns the split for webli, with the fractions sorted by name.
func (s *Split) config() webli.SplitConfig {
	c := webli.SplitConfig{By: s.By, KeepTogether: s.KeepTogether}
	for _, name := range slices.Sorted(maps.Keys(s.Fractions)) {
		c.Fractions = append(c.Fractions, webli.Fraction{Name: name, Part: s.Fractions[name]})
	}
	return c
}
