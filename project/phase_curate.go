package project

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// curatePhase curates the dataset and writes the report of what was removed.
func (r *runner) curatePhase() phase {
	out := r.pipeline.curatedDir()
	return phase{
		name: "curate", doing: "curating the data", outputs: []string{out, curationFile},
		from: func() (string, error) {
			config, err := r.curation()
			if err != nil {
				return "", err
			}
			content, err := json.Marshal(config)
			if err != nil {
				return "", err
			}
			data, err := fingerprint(r.Registry, r.pipeline.start(r.dir))
			return identityOf("curate", string(content), data), err
		},
		do: func(ctx context.Context) error { return r.curate(ctx, out) },
	}
}

// curation reads the curation recipe.
func (r *runner) curation() (webli.Config, error) {
	path := within(r.dir, r.pipeline.Curate)
	text, err := recipes.Read(path)
	if err != nil {
		return webli.Config{}, err
	}
	return webli.ReadConfig(text, path, filepath.Dir(path), r.Rules)
}

func (r *runner) curate(ctx context.Context, out string) error {
	if done, err := r.whole(out, curationFile); done || err != nil {
		return err
	}
	config, err := r.curation()
	if err != nil {
		return err
	}
	in, err := r.Registry.OpenDataset(ctx, r.pipeline.start(r.dir))
	if err != nil {
		return err
	}
	defer in.Close()
	line := r.Progress.begin("curate", "samples", int64(in.Len()))
	defer line.End()
	report, err := webli.Curate(ctx, []*shards.Dataset{in}, r.path(out), config, webli.Options{
		Stores: r.stores(), Workers: r.Workers, Command: "pali3 run", Progress: func(done, _ int) { line.Set(int64(done), 0) },
	})
	if err != nil {
		return err
	}
	if report.Out == 0 {
		return fmt.Errorf("curation removed all %d samples (%s): relax the rules in %s", report.In, removals(report), within(r.dir, r.pipeline.Curate))
	}
	for _, warning := range report.Warnings {
		r.warn(warning)
	}
	return writeJSON(r.path(curationFile), report)
}

// removals lists how many samples each rule removed.
func removals(report webli.Report) string {
	var all []string
	for _, rule := range report.Rules {
		if rule.Removed > 0 {
			all = append(all, fmt.Sprintf("%s %d", rule.Name, rule.Removed))
		}
	}
	return strings.Join(all, ", ")
}
