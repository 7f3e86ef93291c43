package project

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pali3/pali3/ingest/archive"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/tabular"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/benchmarks"
)

// ingestPhase ingests the source into the dataset raw, or adds new records of the source.
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

// tellIngested notes what did not become a sample.
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

// open opens the source that the pipeline names.
func (i Ingest) open() (ingest.Source, error) {
	switch i.Source {
	case "folder":
		source, err := folder.New(i.Path, i.Language)
		if err != nil {
			return nil, err
		}
		source.TextFrom = i.TextFrom
		return source, nil
	case "table":
		return tabular.New(tabular.Options{
			Files: []string{i.Path}, Language: i.Language, Kind: tabular.KindByName,
			Columns: i.Columns.named(), GroupBy: i.Columns.Group, TextFrom: i.TextFrom,
		})
	case "easyvqa":
		return benchmarks.New(benchmarks.Options{
			Layout: "easyvqa", Annotations: i.Path,
		})
	case "webdataset":
		return archive.NewWebDataset(nil, i.Path)
	}
	return nil, fmt.Errorf("ingest.source: unknown source %q", i.Source)
}

func (c Columns) named() tabular.Columns {
	named := tabular.Columns{Image: c.Image, Language: c.Language, Question: c.Question, Answers: c.Answers}
	if len(c.Text) > 0 {
		named.Text, named.MoreTexts = c.Text[0], c.Text[1:]
	}
	return named
}
