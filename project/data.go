package project

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// curatedDir is where curation writes: the data themselves, unless a split follows.
func (p *Pipeline) curatedDir() string {
	if p.Split != nil {
		return curatedFolder
	}
	return dataFolder
}

// splitFrom is the dataset that is split.
func (p *Pipeline) splitFrom(dir string) string {
	if p.Curate != "" {
		return filepath.Join(dir, curatedFolder)
	}
	return p.start(dir)
}

// final is the dataset that the models are trained and scored on.
func (p *Pipeline) final(dir string) string {
	if p.Curate == "" && p.Split == nil {
		return p.start(dir)
	}
	return filepath.Join(dir, dataFolder)
}

// ingestPhase turns the source into the dataset raw, or adds what the source has gained.
func (r *runner) ingestPhase() phase {
	source := func() (ingest.Source, error) {
		in := *r.pipeline.Ingest
		in.Path = within(r.dir, in.Path)
		return in.open()
	}
	return phase{
		name: "ingest", doing: "ingesting the data", outputs: []string{rawFolder},
		from: func() (string, error) {
			content, err := json.Marshal(r.pipeline.Ingest)
			return identityOf(string(content)), err
		},
		detail: func() (string, error) {
			s, err := source()
			if err != nil {
				return "", err
			}
			return s.Fingerprint()
		},
		do: func(ctx context.Context) error {
			s, err := source()
			if err != nil {
				return err
			}
			line := r.Progress.begin("ingest", "records", -1)
			defer line.End()
			found, err := ingest.Run(ctx, s, r.path(rawFolder), ingest.Options{Command: "pali3 run", Progress: line.Set})
			if err == nil {
				r.tellIngested(found)
			}
			return err
		},
	}
}

// tellIngested says what did not become a sample.
func (r *runner) tellIngested(s ingest.Summary) {
	if s.Rejected > 0 {
		r.note(fmt.Sprintf("%d records were rejected; see them with: pali3 shards head %s --rejects", s.Rejected, r.path(rawFolder)))
	}
	left := int64(0)
	for _, n := range s.LeftOut {
		left += n
	}
	if left > 0 {
		r.note(fmt.Sprintf("%d files or parts of records were left out; see them with: pali3 shards stat %s", left, r.path(rawFolder)))
	}
}

// curatePhase removes what the curation recipe says, and keeps the report of what was removed.
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
			data, err := fingerprint(r.pipeline.start(r.dir))
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
	in, err := shards.Open(r.pipeline.start(r.dir))
	if err != nil {
		return err
	}
	defer in.Close()
	line := r.Progress.begin("curate", "samples", int64(in.Len()))
	defer line.End()
	report, err := webli.Curate(ctx, []*shards.Dataset{in}, r.path(out), config, webli.Options{
		Workers: r.Workers, Command: "pali3 run", Progress: func(done, _ int) { line.Set(int64(done), 0) },
	})
	if err != nil {
		return err
	}
	if report.Out == 0 {
		return fmt.Errorf("no sample is left of %d (%s): loosen the rules in %s", report.In, removals(report), within(r.dir, r.pipeline.Curate))
	}
	for _, warning := range report.Warnings {
		r.warn(warning)
	}
	return writeJSON(r.path(curationFile), report)
}

// removals lists what each rule removed.
func removals(report webli.Report) string {
	var all []string
	for _, rule := range report.Rules {
		if rule.Removed > 0 {
			all = append(all, fmt.Sprintf("%s %d", rule.Name, rule.Removed))
		}
	}
	return strings.Join(all, ", ")
}

// whole reports whether an interrupted phase had made its dataset and the report beside it. The
// dataset alone, which a process killed between the two leaves, is removed, since the report cannot
// be told from it.
func (r *runner) whole(out, report string) (bool, error) {
	d, err := shards.Open(r.path(out))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := d.Close(); err != nil {
		return false, err
	}
	if _, err := os.Stat(r.path(report)); err == nil {
		return true, nil
	}
	return false, os.RemoveAll(r.path(out))
}

// fingerprint identifies what a dataset holds, by the hashes in its manifest.
func fingerprint(dir string) (string, error) {
	d, err := shards.Open(dir)
	if err != nil {
		return "", err
	}
	defer d.Close()
	var parts []string
	for _, file := range d.Manifest().Files {
		parts = append(parts, fmt.Sprint(file.SHA256, file.Rows))
	}
	return identityOf(parts...), nil
}
