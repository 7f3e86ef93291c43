package project

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/internal/shellword"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// StartOptions say what project to create.
type StartOptions struct {
	Backend compute.Backend
	// Size is one of [Sizes]; default tiny.
	Size string
	// Minutes is the time for training and scoring on this machine; default 20.
	Minutes float64
	// Seed of the recipes.
	Seed uint64
	// Language of texts without a language, as BCP-47.
	Language string
	// TextFrom makes texts for images without one: from the filename or the name of the folder.
	// Empty chooses by what the folder holds.
	TextFrom string
	// Registry holds what recipes may name; nil for what is built in.
	Registry *stages.Registry
	Workers  int
	Version  string
	Progress NewLine
	// Note is called with what is found and decided; may be nil.
	Note func(message string)
}

// Start measures a dataset, or ingests and measures a folder of images with texts, and writes a
// project to out: pipeline.yaml and recipes, with comments that say what was decided and why. It
// returns the plan. If a model cannot be trained on the data, it returns an error that says what to
// do.
func Start(ctx context.Context, from, out string, o StartOptions) (*Plan, error) {
	size, err := sizeNamed(orDefault(o.Size, "tiny"))
	if err != nil {
		return nil, err
	}
	if o.Minutes == 0 {
		o.Minutes = 20
	}
	if o.Minutes < 0 {
		return nil, fmt.Errorf("%g minutes: must be above 0", o.Minutes)
	}
	if _, err := os.Stat(filepath.Join(out, PipelineFile)); err == nil {
		return nil, fmt.Errorf("%s already holds a project: edit and run it, or use another folder", out)
	}
	lock, err := folderlock.Take(out)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	s := &starter{StartOptions: o, out: out}
	if err := s.openData(ctx, from); err != nil {
		return nil, err
	}
	return s.plan(ctx, size)
}

func orDefault(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// starter creates a project.
type starter struct {
	StartOptions
	out    string
	ingest *Ingest // nil for an existing dataset
	data   string  // folder of the dataset
}

func (s *starter) note(format string, args ...any) {
	if s.Note != nil {
		s.Note(fmt.Sprintf(format, args...))
	}
}

// openData finds the dataset at from, or ingests what is there.
func (s *starter) openData(ctx context.Context, from string) error {
	_, err := os.Stat(filepath.Join(from, shards.ManifestName))
	if shards.IsURL(from) || err == nil {
		if s.Language != "" || s.TextFrom != "" {
			s.note("%s is a dataset already: --language and --text-from are for data that start ingests, and are not used", from)
		}
		s.data = from
		return nil
	}
	found, err := look(from, s.note)
	if err != nil {
		return err
	}
	found.Language = s.Language
	if s.TextFrom != "" {
		found.TextFrom = s.TextFrom
	}
	source, err := found.open()
	if err != nil {
		return err
	}
	s.ingest, s.data = found, filepath.Join(s.out, rawFolder)
	line := s.Progress.begin("ingest", "records", -1)
	defer line.End()
	summary, err := ingest.Run(ctx, source, s.data, ingest.Options{Command: "pali3 start", Progress: line.Set})
	if err != nil {
		return err
	}
	return s.tellIngested(from, summary)
}

// tellIngested notes how many records were rejected. It returns an error if none became a sample.
func (s *starter) tellIngested(from string, found ingest.Summary) error {
	d, err := s.Registry.OpenDataset(context.Background(), s.data)
	if err != nil {
		return err
	}
	defer d.Close()
	if d.Len() > 0 {
		if found.Rejected > 0 {
			s.note("%d of %d records cannot be used; see them with: pali3 shards head %s --rejects", found.Rejected, found.Rows+found.Rejected+found.Duplicates, shellword.Quote(s.data))
		}
		if len(found.LeftOut) > 0 {
			var parts []string
			for _, reason := range slices.Sorted(maps.Keys(found.LeftOut)) {
				parts = append(parts, fmt.Sprintf("%s %d", reason, found.LeftOut[reason]))
			}
			s.note("parts of records were left out, by reason: %s; see them with: pali3 shards stat %s", strings.Join(parts, ", "), shellword.Quote(s.data))
		}
		return nil
	}
	for reject, err := range d.Rejects() {
		if err != nil {
			return err
		}
		return fmt.Errorf("none of the %d records of %s can be used; the first: %s: %s", found.Rejected, from, reject.Origin, reject.Detail)
	}
	return fmt.Errorf("%s holds no images that pali3 reads (JPEG, PNG, GIF, WebP, BMP, TIFF)", from)
}

// plan measures the dataset, chooses the recipes, times a few steps of each and writes the project.
func (s *starter) plan(ctx context.Context, size Size) (*Plan, error) {
	d, err := s.Registry.OpenDataset(context.Background(), s.data)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	scratch, err := os.MkdirTemp(s.out, ".trial-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	began := time.Now()
	s.note("measuring %d samples", d.Len())
	m, err := measure(ctx, d, "", scratch)
	if err != nil {
		return nil, err
	}
	p, err := decide(m, size, s.Seed)
	if err != nil {
		return nil, err
	}
	data, err := s.trialData(ctx, d, p, scratch)
	if err != nil {
		return nil, err
	}
	if err := p.trial(ctx, s, data, scratch); err != nil {
		return nil, err
	}
	if err := p.divide(s.Minutes); err != nil {
		return nil, err
	}
	s.note("measured in %s", time.Since(began).Round(time.Second))
	return p, s.write(p)
}
