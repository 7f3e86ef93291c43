package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"

	"github.com/pali3/pali3/ingest/internal/langcode"
	"github.com/pali3/pali3/ingest/internal/ordered"
	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/shards"
)

// Options of a run.
type Options struct {
	Limits    shards.Limits
	Transform Transform                    // of the pictures; nil leaves them as they came
	Frames    int                          // an animation becomes so many frames at most; 0 leaves it as it came
	Update    bool                         // a record whose key the dataset has replaces the row, if it says anything else
	Dedup     bool                         // reject records all of whose pictures, byte for byte, are there already
	Strict    bool                         // stop at the first bad record
	Language  string                       // of texts and questions of which the source does not know it (BCP-47)
	Fresh     bool                         // drop the journal of an interrupted run instead of resuming it
	Command   string                       // for the manifest
	Progress  func(records, rejects int64) // called after each record; may be nil
}

// Transform changes encoded pictures on their way, for example their size. Safe for concurrent use.
type Transform interface {
	// Name says what is done, with every setting: an interrupted run resumes only with the same.
	Name() string
	// Apply returns the picture anew. An error rejects the record, with the reason [BadImage].
	Apply(encoded []byte) ([]byte, error)
}

// Summary is what a run added.
type Summary struct {
	shards.Stat
	Reasons map[string]int64 `json:"reasons"` // reason of a reject -> records
}

// ErrStrict is wrapped by the error of a strict run that met a bad record.
var ErrStrict = errors.New("bad record")

// Run adds the source's records to the dataset in dir and returns what it added. Where an earlier
// run of the same source was interrupted, or killed, it goes on from the record that was next. If
// ctx ends, what is done so far is kept for the next run.
//
// Every record of the source is counted once: as a row, as a reject, or as a duplicate (with
// [Options.Update] also as updated). A duplicate is a record whose key the dataset has, or a bad
// one of which the dataset has the reject already, by origin, key and reason: the same source given
// again adds neither rows nor rejects. What was left out below a record (a member, a column, a
// box), or beside all of them (a file of another kind), is counted by reason in [shards.Stat],
// duplicates' apart.
//
// Dir may be the URL of an object store, in a program that imports package shards/bucket: whole
// parts move there while the next is made, and the manifest comes last. Journal, spool and parts on
// their way are in a folder of this machine, [shards.WorkFolder], and that is where a run that was
// interrupted can go on: elsewhere the error wraps [ErrOtherRun] unless the run is to be fresh.
func Run(ctx context.Context, source Source, dir string, o Options) (Summary, error) {
	if err := checkLanguage(o.Language); err != nil {
		return Summary{}, err
	}
	work, err := shards.WorkFolder(dir)
	if err != nil {
		return Summary{}, err
	}
	lock, err := folderlock.Take(work)
	if err != nil {
		return Summary{}, err
	}
	defer lock.Unlock()
	r, err := begin(source, dir, work, o)
	if err != nil {
		return Summary{}, fmt.Errorf("ingesting %s into %s: %w", source.Name(), dir, err)
	}
	defer r.close()
	if !r.done {
		err = r.consume(ctx, source)
	}
	if err == nil {
		err = r.finish(source, o)
	}
	if err != nil {
		err = fmt.Errorf("ingesting %s into %s: %w", source.Name(), dir, err)
	}
	return Summary{r.writer.Stat(), r.reasons}, err
}

// run is one ingestion under way.
type run struct {
	options Options
	writer  *shards.Session
	journal *journal
	known   *known
	done    bool  // an interrupted run had committed everything
	seen    int64 // records consumed, those of the interrupted run included
	label   string

	replaced []string // parts that the commit took out of the dataset
	reasons  map[string]int64

	languages langcode.Cache
}

// consume takes what is left of the source.
func (r *run) consume(ctx context.Context, source Source) error {
	if r.writer.PartFull() {
		if err := r.endPart(); err != nil {
			return err
		}
	}
	for record := range r.completed(ctx, source) {
		if ctx.Err() != nil {
			break // the record may be bad only because ctx ended
		}
		if errors.Is(record.Err, ErrUnavailable) || isFatal(record.Err) {
			return fmt.Errorf("after %d records: %w", r.seen, record.Err)
		}
		r.seen++
		if err := r.take(record); err != nil {
			return err
		}
		if r.options.Progress != nil {
			r.options.Progress(r.seen, r.writer.Stat().Rejected)
		}
		if r.writer.PartFull() {
			if err := r.endPart(); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d records, run the same command again to go on: %w", r.seen, context.Cause(ctx))
	}
	return nil
}

// completed yields the source's records from the next one on, checked and transformed by all
// processors.
func (r *run) completed(ctx context.Context, source Source) iter.Seq[shards.Record] {
	from := After(r.seen)
	if !r.options.Update { // an update compares what each record says
		from = from.WithKnown(r.known.committed)
	}
	return ordered.Map(ctx, recordsFrom(ctx, source, from), 2*runtime.GOMAXPROCS(0), func(_ context.Context, record shards.Record) shards.Record {
		return speak(complete(record, r.options), &r.languages, r.options)
	})
}

// take adds one record as a row, a reject or a duplicate.
func (r *run) take(record shards.Record) error {
	s, add := &record.Sample, r.writer.Append
	if record.IsAside() {
		r.writer.Leave(record.LeftOut...)
		r.writer.Aside()
		return nil
	}
	if record.Err == nil {
		switch there, another := r.known.key(s); {
		case another:
			record.Reason, record.Err = SameKey, errors.New("another record has this key, and other images, texts, questions or boxes")
		case there && !r.known.differs(s):
			r.writer.Duplicate()
			return nil
		case there:
			add = r.writer.Update
		}
	}
	if record.Err == nil && r.options.Dedup && !r.known.committed(s.Key) && r.known.pictures(s) {
		record.Reason, record.Err = SameImage, errors.New("another record has the same picture")
	}
	if record.Err != nil {
		if r.options.Strict {
			return fmt.Errorf("%w: %s: %s: %w", ErrStrict, record.Origin, record.Reason, record.Err)
		}
		reject := shards.Reject{Origin: record.Origin, Key: s.Key, Reason: record.Reason, Detail: record.Err.Error()}
		if r.known.reject(reject) {
			r.writer.Duplicate()
			return nil
		}
		r.reasons[reject.Reason]++
		r.writer.Leave(record.LeftOut...)
		r.writer.Reject(reject)
		return nil
	}
	r.known.add(s)
	if name := r.writer.NextPart(); name != r.journal.begun {
		if err := r.journal.begin(name); err != nil {
			return err
		}
	}
	r.writer.Leave(record.LeftOut...)
	return add(*s)
}

// endPart makes what was consumed so far safe, and begins the spool of what follows.
func (r *run) endPart() error {
	if err := r.progress(); err != nil {
		return err
	}
	return r.writer.Spool(r.spoolLabel(), nil)
}

func (r *run) progress() error {
	part, ok, err := r.writer.EndPart()
	if err != nil {
		return err
	}
	var parts []shards.File
	if ok {
		parts = []shards.File{part}
	}
	rejects, err := r.writer.SyncRejects()
	if err != nil {
		return err
	}
	return r.journal.progress(parts, r.seen, r.writer.Stat(), rejects, r.reasons)
}

// spoolLabel names the state that the spool's rows come after.
func (r *run) spoolLabel() string { return fmt.Sprintf("%s after %d records", r.label, r.seen) }

func (r *run) finish(source Source, o Options) error {
	if !r.done {
		if err := r.progress(); err != nil {
			return err
		}
		if err := r.replace(); err != nil {
			return err
		}
		if err := r.writer.Commit(o.Command, source.Name()); err != nil {
			return err
		}
	}
	if err := r.writer.Remove(r.replaced); err != nil {
		return err
	}
	if err := r.writer.DropSpool(); err != nil {
		return err
	}
	return r.journal.remove()
}

func (r *run) close() {
	r.writer.Abort()
	r.journal.close()
}
