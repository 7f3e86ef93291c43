package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// splitPhase sets the samples of validation and test aside, and keeps the report of it.
func (r *runner) splitPhase() phase {
	return phase{
		name: "split", doing: "splitting the data", outputs: []string{dataFolder, splitFile},
		from: func() (string, error) {
			content, err := json.Marshal(r.pipeline.Split)
			if err != nil {
				return "", err
			}
			data, err := fingerprint(r.pipeline.splitFrom(r.dir))
			return identityOf("split", string(content), data), err
		},
		do: r.split,
	}
}

func (r *runner) split(ctx context.Context) error {
	if done, err := r.whole(dataFolder, splitFile); done || err != nil {
		return err
	}
	in, err := shards.Open(r.pipeline.splitFrom(r.dir))
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

// noneEmpty is an error if a split that was asked for got no sample.
func noneEmpty(report webli.SplitReport) error {
	for _, part := range report.Splits {
		if part.Asked > 0 && part.Samples == 0 {
			return fmt.Errorf("the split %s got none of %s (near-duplicates are kept together, the largest group has %d): ask for a larger fraction, or leave keep_together out",
				part.Name, samples(report.Samples), report.Largest)
		}
	}
	return nil
}

// config is the split as webli takes it, the fractions in order of their names.
func (s *Split) config() webli.SplitConfig {
	c := webli.SplitConfig{By: s.By, KeepTogether: s.KeepTogether}
	for _, name := range slices.Sorted(maps.Keys(s.Fractions)) {
		c.Fractions = append(c.Fractions, webli.Fraction{Name: name, Part: s.Fractions[name]})
	}
	return c
}
