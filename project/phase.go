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
)

// phase is a part of the work whose result lies in the folder.
type phase struct {
	name    string
	doing   string   // for messages
	outputs []string // files and folders that it makes
	steps   int      // of a training
	// from identifies all that the result depends on. Detail may be nil; see phaseState.
	from, detail func() (string, error)
	do           func(context.Context) error
}

// ensure does a phase if its result is not there or out of date.
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

// want is the state of the phase once it is done.
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

// makeRoom sets an out-of-date result of the phase aside, and refuses to write over what this
// project did not make.
func (r *runner) makeRoom(p phase, before, want phaseState, known bool) error {
	if !known {
		for _, name := range p.outputs {
			if r.exist([]string{name}) {
				return fmt.Errorf("%s is there already, and this project has not made it: move it away, or write the project to another folder", r.path(name))
			}
		}
		return nil
	}
	if before.Identity == want.Identity && before.Steps <= want.Steps {
		return nil
	}
	to, err := r.setAside(p.outputs)
	if to != "" {
		r.note(fmt.Sprintf("%s: what it depends on has changed, so it is done again; the earlier result is in %s", p.name, to))
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

// timed does a part of the work and keeps the time that it took. Parts that cannot stop midway end
// first.
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

// identityOf is a hash of the parts, in order.
func identityOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d %s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
