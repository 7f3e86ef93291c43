package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/pali3/pali3/shards"
)

// begin opens the dataset in dir and the journal in work, and recovers what an interrupted run
// left: its finished parts from the journal, and the rows of its unfinished part from the writer's
// spool.
func begin(ctx context.Context, source Source, dir, work string, o Options) (*run, error) {
	fingerprint, err := source.Fingerprint()
	if err != nil {
		return nil, err
	}
	if o.Transform != nil {
		fingerprint += " " + o.Transform.Name()
	}
	if o.Frames > 0 {
		fingerprint += fmt.Sprintf(" %d frames", o.Frames)
	}
	if o.Dedup {
		fingerprint += " dedup"
	}
	if o.Update {
		fingerprint += " update"
	}
	if o.Language != "" {
		fingerprint += " language " + o.Language
	}
	writer, err := o.Stores.OpenSession(ctx, dir, o.Limits)
	if err != nil {
		return nil, err
	}
	r := &run{options: o, writer: writer, known: newKnown(o.Dedup, o.Update), label: fingerprint, reasons: map[string]int64{}}
	journal, state, err := openJournal(work, line{Source: source.Name(), Fingerprint: fingerprint, Commits: writer.Commits()}, o.Fresh, r.unclaimed)
	if err != nil {
		return nil, err
	}
	r.journal = journal
	if err := r.resume(ctx, source.Name(), dir, state); err != nil {
		journal.close()
		return nil, err
	}
	return r, nil
}

// unclaimed returns an error if the object store has parts of a command whose journal is not here:
// this run would repeat that command's work.
func (r *run) unclaimed() error {
	parts, err := r.writer.Unlisted()
	if err != nil || len(parts) == 0 {
		return err
	}
	return fmt.Errorf("%w, on another machine or with another $%s, or is still running there: %d parts, from %s on, belong to no dataset yet. "+
		"Rerun the same command there to resume, or use --fresh to start over; it keeps these parts", ErrOtherRun, shards.WorkVariable, len(parts), parts[0])
}

func (r *run) resume(ctx context.Context, source, dir string, s journalState) error {
	maps.Copy(r.reasons, s.reasons)
	if s.commits < r.writer.Commits() { // killed between the commit and the journal's removal
		if !r.writer.Committed(s.commits, source, s.parts, s.stat) {
			return errors.New("another command committed to this dataset after the interruption, so this run cannot resume; use --fresh")
		}
		r.done, r.replaced = true, s.replaced
		return r.writer.Resume(nil, s.stat, 0)
	}
	if err := r.known.readDataset(ctx, r.options.Stores, dir); err != nil {
		return err
	}
	if len(s.begun) > 0 {
		r.writer.Own(s.begun...)
		if err := r.writer.UsePart(s.begun[0]); err != nil {
			return err
		}
	}
	if err := r.writer.Resume(s.parts, s.stat, s.rejects); err != nil {
		return err
	}
	parts := r.writer.Parts(s.parts)
	if err := errors.Join(r.known.readRows(parts, false), parts.Close()); err != nil {
		return err
	}
	r.seen = s.consumed
	if s.fresh { // without a journal, no run owns the spool
		if err := r.writer.DropSpool(); err != nil {
			return err
		}
	}
	return r.writer.Spool(r.spoolLabel(), r.again)
}

// again notes a record that an interrupted run consumed after its last finished part.
func (r *run) again(s shards.Spooled) error {
	switch s.Kind {
	case shards.SpooledRow, shards.SpooledUpdate:
		r.known.add(&s.Sample)
	case shards.SpooledReject:
		r.reasons[s.Reject.Reason]++
	case shards.SpooledNote:
		return nil
	}
	r.seen++
	return nil
}
