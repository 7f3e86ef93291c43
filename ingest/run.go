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
	Stores    shards.Stores                // open the dataset if its name is a URL
	Transform Transform                    // applied to each image; nil keeps images as they are
	Frames    int                          // split animations into at most this many frames; 0 keeps them whole
	Update    bool                         // replace the row of a key that the dataset has, if the record differs from it
	Dedup     bool                         // reject records whose images the dataset already has, byte for byte
	Strict    bool                         // stop at the first bad record
	Language  string                       // BCP-47 code for texts and questions to which the source gives none
	Fresh     bool                         // drop the journal of an interrupted run instead of resuming it
	Command   string                       // for the manifest
	Progress  func(records, rejects int64) // called after each record; may be nil
}

// Transform changes encoded images, for example their size. It must be safe for concurrent use.
type Transform interface {
	// Name describes the transform with every setting. An interrupted run resumes only with a
	// transform of the same name.
	Name() string
	// Apply returns the changed image. An error rejects the record with reason [BadImage].
	Apply(encoded []byte) ([]byte, error)
}

// Summary is what a run added.
type Summary struct {
	shards.Stat
	Reasons map[string]int64 `json:"reasons"` // reason of a reject -> records
}

// ErrStrict is wrapped by the error of a strict run that met a bad record.
var ErrStrict = errors.New("bad record")

// Run adds the source's records to the dataset in dir and returns what it added. If an earlier run
// of the same source was interrupted or killed, Run resumes with the next record. If ctx ends, Run
// keeps what it has done for the next run.
//
// Every record is counted once: as a row, a reject or a duplicate (with [Options.Update] also as
// updated). A duplicate is a record whose key the dataset has, or a bad record whose reject the
// dataset has (same origin, key and reason). Ingesting a source a second time therefore adds
// neither rows nor rejects. Parts of a record that are left out (an archive member, a column, a
// box) and files that no record uses are counted by reason in [shards.Stat], except those of
// duplicates.
//
// Dir may be the URL of an object store, in a program that imports package shards/bucket: each
// finished part is uploaded while the next is written, and the manifest is uploaded last. The
// journal, the spool and unfinished parts are in a local folder, [shards.WorkFolder]. Only there
// can an interrupted run resume; elsewhere the error wraps [ErrOtherRun] unless Fresh is set.
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
	r, err := begin(context.WithoutCancel(ctx), source, dir, work, o) // an interrupted run stops between records, not within a request
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

// run is one call of Run.
type run struct {
	options Options
	writer  *shards.Session
	journal *journal
	known   *known
	done    bool  // an interrupted run had committed everything
	seen    int64 // records consumed, those of the interrupted run included
	label   string

	replaced []string // parts that the commit removed from the dataset
	reasons  map[string]int64

	languages langcode.Cache
}

// consume takes the remaining records of the source.
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
		return fmt.Errorf("interrupted after %d records; rerun the same command to resume: %w", r.seen, context.Cause(ctx))
	}
	return nil
}

// completed yields the source's remaining records, checked and transformed on all processors.
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
	if record.Err == nil && r.options.Dedup && !r.known.committed(s.Key) && r.known.images(s) {
		record.Reason, record.Err = SameImage, errors.New("another record has the same images")
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

// endPart commits what was consumed so far to the journal and starts a new spool.
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

// spoolLabel names the state to which the spool's rows are added.
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
