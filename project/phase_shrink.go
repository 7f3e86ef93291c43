package project

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/resize"
	"github.com/pali3/pali3/shards"
)

// Shrink makes large images smaller once, because training decodes an image every time it uses it.
type Shrink struct {
	// Side is the length of the shorter side, in pixels. Smaller images keep their bytes.
	Side int `yaml:"side"`
}

// shrinkPhase writes the dataset small.
func (r *runner) shrinkPhase() phase {
	return phase{
		name: "shrink", doing: "making the images smaller", outputs: []string{smallFolder},
		from: func() (string, error) {
			content, err := json.Marshal(r.pipeline.Shrink)
			if err != nil {
				return "", err
			}
			data, err := fingerprint(r.Registry, r.pipeline.source(r.dir))
			return identityOf("shrink", string(content), data), err
		},
		do: func(ctx context.Context) error {
			in, err := r.Registry.OpenDataset(ctx, r.pipeline.source(r.dir))
			if err != nil {
				return err
			}
			defer in.Close()
			line := r.Progress.begin("shrink", "samples", int64(in.Len()))
			defer line.End()
			found, err := r.pipeline.Shrink.apply(ctx, in, nil, r.path(smallFolder), line)
			if err == nil && found.Rejected > 0 {
				r.note(fmt.Sprintf("%d samples have an image that cannot be decoded; see them with: pali3 shards head %s --rejects", found.Rejected, r.path(smallFolder)))
			}
			return err
		},
	}
}

// apply writes the samples of the given rows, nil for all, with smaller images.
func (s *Shrink) apply(ctx context.Context, in *shards.Dataset, rows []int, out string, line Line) (ingest.Summary, error) {
	resizer, err := resize.New(resize.Options{Mode: resize.KeepRatio, Size: s.Side})
	if err != nil {
		return ingest.Summary{}, err
	}
	return ingest.Run(ctx, datasetSource{in, rows}, out, ingest.Options{Transform: resizer, Command: "pali3 run", Progress: line.Set})
}

// datasetSource is a source that yields the samples of a dataset.
type datasetSource struct {
	dataset *shards.Dataset
	rows    []int
}

// Name implements ingest.Source.
func (s datasetSource) Name() string { return "dataset " + s.dataset.Dir() }

// Fingerprint implements ingest.Source.
func (s datasetSource) Fingerprint() (string, error) {
	return identityOf(fingerprintOf(s.dataset), fmt.Sprint(s.rows)), nil
}

// Records implements ingest.Source.
func (s datasetSource) Records(ctx context.Context, _ ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		samples := s.dataset.Samples()
		if s.rows != nil {
			samples = s.dataset.Rows(s.rows)
		}
		for sample, err := range samples {
			record := shards.Record{Sample: sample, Origin: s.dataset.Dir() + " " + sample.Key}
			if err != nil {
				record = shards.Bad(s.dataset.Dir(), "", ingest.Unreadable, err)
			}
			if !yield(record) || err != nil || ctx.Err() != nil {
				return
			}
		}
	}
}
