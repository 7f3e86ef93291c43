package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// phase is a part of a run that leaves its result in the project's folder.
type phase struct {
	name    string
	doing   string   // what it does, for messages
	outputs []string // the files and folders that it creates
	steps   int      // of a training run
	// from returns a hash of everything that the result depends on. Detail may be nil; see
	// phaseState.
	from, detail func() (string, error)
	do           func(context.Context) error
}

// ensure runs a phase if its result is missing or outdated.
func (r *runner) ensure(ctx context.Context, p phase) error {
	want, err := p.want()
	if err != nil {
		return fmt.Errorf("%s: %w", p.doing, err)
	}
	before, known := r.state.Phases[p.name]
	if known && before.Done && before.same(want) && r.exist(p.outputs) {
		return nil
	}
	if err := r.makeRoom(p, before, want, known); err != nil {
		return err
	}
	r.state.Phases[p.name] = want
	if err := r.save(); err != nil {
		return err
	}
	if err := r.timed(ctx, p.doing, p.do); err != nil {
		return err
	}
	want.Done = true
	r.state.Phases[p.name] = want
	return r.save()
}

// want returns the state of the phase after it has run on the current inputs.
func (p phase) want() (s phaseState, err error) {
	s.Steps = p.steps
	if s.Identity, err = p.from(); err == nil && p.detail != nil {
		s.Detail, err = p.detail()
	}
	return s, err
}

func (s phaseState) same(o phaseState) bool {
	return s.Identity == o.Identity && s.Detail == o.Detail && s.Steps == o.Steps
}

// makeRoom sets an outdated result of the phase aside. It refuses to overwrite files that this
// project did not create.
func (r *runner) makeRoom(p phase, before, want phaseState, known bool) error {
	if !known {
		for _, name := range p.outputs {
			if r.exist([]string{name}) {
				return fmt.Errorf("%s exists, but this project did not create it: move it away, or use another project folder", r.path(name))
			}
		}
		return nil
	}
	if before.Identity == want.Identity && before.Steps <= want.Steps {
		return nil
	}
	to, err := r.setAside(p.outputs)
	if to != "" {
		r.note(fmt.Sprintf("%s: its inputs have changed, so it runs again; the earlier result is in %s", p.name, to))
	}
	return err
}

func (r *runner) exist(names []string) bool {
	for _, name := range names {
		if _, err := os.Stat(r.path(name)); err != nil {
			return false
		}
	}
	return true
}

// timed runs a part of the work and adds its time to the state. A part that cannot stop midway runs
// to its end.
func (r *runner) timed(ctx context.Context, doing string, do func(context.Context) error) error {
	err := ctx.Err()
	if err == nil {
		err = do(ctx)
	}
	if err = errors.Join(err, r.save()); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w while %s: %w", ErrInterrupted, doing, context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// whole reports whether an interrupted phase had written both its dataset and the report about it.
// A process that was killed between the two leaves the dataset alone. The report cannot be computed
// from the dataset, so whole then removes the dataset.
func (r *runner) whole(out, report string) (bool, error) {
	d, err := r.Registry.OpenDataset(context.Background(), r.path(out))
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

// stores opens the datasets that the curation recipe names by a URL.
func (r *runner) stores() shards.Stores {
	if r.Registry.Mixture() == nil {
		return nil
	}
	return r.Registry.Mixture().Stores
}

// fingerprint returns a hash of a dataset's content, from the hashes in its manifest.
func fingerprint(registry *stages.Registry, dir string) (string, error) {
	d, err := registry.OpenDataset(context.Background(), dir)
	if err != nil {
		return "", err
	}
	defer d.Close()
	return fingerprintOf(d), nil
}

func fingerprintOf(d *shards.Dataset) string {
	var parts []string
	for _, file := range d.Manifest().Files {
		parts = append(parts, fmt.Sprint(file.SHA256, file.Rows))
	}
	return identityOf(parts...)
}

// identityOf returns a hash of the parts, in order.
func identityOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
