package ingest

import (
	"errors"
	"fmt"
	"maps"

	"github.com/pali3/pali3/shards"
)

// begin opens the dataset in dir and the journal in work, and adopts what an interrupted run left: its whole parts from the
// journal, and what the part under construction held from the writer's spool.
func begin(source Source, dir, work string, o Options) (*run, error) {
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
	writer, err := shards.Create(dir, o.Limits)
	if err != nil {
		return nil, err
	}
	r := &run{options: o, writer: writer, known: newKnown(o.Dedup), label: fingerprint, reasons: map[string]int64{}}
	journal, state, err := openJournal(work, line{Source: source.Name(), Fingerprint: fingerprint, Commits: writer.Commits()}, o.Fresh)
	if err != nil {
		return nil, err
	}
	r.journal = journal
	if err := r.resume(dir, state); err != nil {
		journal.close()
		return nil, err
	}
	return r, nil
}

func (r *run) resume(dir string, s journalState) error {
	maps.Copy(r.reasons, s.reasons)
	if s.commits < r.writer.Commits() { // killed between the commit and the journal's removal
		r.done = true
		return r.writer.Resume(nil, s.stat, 0)
	}
	if err := r.known.readDataset(dir); err != nil {
		return err
	}
	if s.begun != "" {
		if err := r.writer.UsePart(s.begun); err != nil {
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
	if s.fresh { // a spool without a journal is nobody's
		if err := r.writer.DropSpool(); err != nil {
			return err
		}
	}
	return r.writer.Spool(r.spoolLabel(), r.again)
}

// again takes note of what an interrupted run had consumed since its last whole part.
func (r *run) again(s shards.Spooled) error {
	switch s.Kind {
	case shards.SpooledRow:
		r.known.add(&s.Sample)
	case shards.SpooledReject:
		r.reasons[s.Reject.Reason]++
	case shards.SpooledNote:
		return nil
	}
	r.seen++
	return nil
}
