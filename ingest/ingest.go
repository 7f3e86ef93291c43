// Package ingest turns sources (folders, tables, archives) into datasets of shards.
//
// A [Source] yields records one at a time; [Run] adds them to a dataset: it completes what the source
// left open (image formats, sizes, hashes), keeps bad records with their reason, counts records whose
// key is there already, and keeps a journal, so that an interrupted run resumes after its last whole part.
// Rows, rejects and duplicates together are always the records of the source.
//
// It owns reading what others wrote: their layouts, limits against hostile input, and the account of
// what was rejected and why. It knows nothing of curation, tasks or models.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/internal/picture"
	"github.com/pali3/pali3/shards"
)

// Source yields records in an order that is always the same.
type Source interface {
	// Name says what the source is, for the journal, the manifest and messages.
	Name() string
	// Fingerprint changes when the source's content does: an interrupted run resumes only from the
	// same content.
	Fingerprint() (string, error)
	// Records yields every record of the source, bad ones too.
	Records(ctx context.Context) iter.Seq[shards.Record]
}

// Reasons for which [Run] rejects a record, beside those of the sources.
const (
	BadImage = "image" // not an image, cut short, or too large
	BadKey   = "key"   // empty, too long or not UTF-8
)

// maxKey is the longest key, in bytes.
const maxKey = 1024

// Options of a run.
type Options struct {
	Limits   shards.Limits
	Strict   bool                         // stop at the first bad record
	Fresh    bool                         // drop the journal of an interrupted run instead of resuming it
	Command  string                       // for the manifest
	Progress func(records, rejects int64) // called after each record; may be nil
}

// ErrStrict is wrapped by the error of a strict run that met a bad record.
var ErrStrict = errors.New("bad record")

// Run adds the source's records to the dataset in dir and returns what it added. Where an earlier run
// of the same source was interrupted, it goes on. If ctx ends, whole records so far are kept for the next run.
func Run(ctx context.Context, source Source, dir string, o Options) (shards.Stat, error) {
	lock, err := folderlock.Take(dir)
	if err != nil {
		return shards.Stat{}, err
	}
	defer lock.Unlock()
	r, err := begin(source, dir, o)
	if err != nil {
		return shards.Stat{}, fmt.Errorf("ingesting %s into %s: %w", source.Name(), dir, err)
	}
	defer r.close()
	if !r.done {
		err = r.consume(ctx, source)
	}
	if err == nil {
		err = r.finish(source, o)
	}
	if err != nil {
		return r.writer.Stat(), fmt.Errorf("ingesting %s into %s: %w", source.Name(), dir, err)
	}
	return r.writer.Stat(), nil
}

// run is one ingestion under way.
type run struct {
	options Options
	writer  *shards.Writer
	journal *journal
	keys    map[string]struct{}
	done    bool  // an interrupted run had committed everything
	skip    int64 // records that an interrupted run had consumed
	seen    int64 // records consumed, those included
	rejects []shards.Reject
}

// begin opens the dataset and the journal, and adopts what an interrupted run left.
func begin(source Source, dir string, o Options) (*run, error) {
	fingerprint, err := source.Fingerprint()
	if err != nil {
		return nil, err
	}
	writer, err := shards.Create(dir, o.Limits)
	if err != nil {
		return nil, err
	}
	r := &run{options: o, writer: writer, keys: map[string]struct{}{}}
	if err := r.knownKeys(dir); err != nil {
		return nil, err
	}
	journal, state, err := openJournal(dir, line{Source: source.Name(), Fingerprint: fingerprint, Commits: writer.Commits()}, o.Fresh)
	if err != nil {
		return nil, err
	}
	r.journal = journal
	if state.commits < writer.Commits() { // killed between the commit and the journal's removal
		r.done = true
		return r, writer.Resume(nil, state.stat, nil)
	}
	if err := r.resume(dir, state); err != nil {
		journal.close()
		return nil, err
	}
	return r, nil
}

func (r *run) knownKeys(dir string) error {
	dataset, err := shards.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	defer dataset.Close()
	for key, err := range dataset.Keys() {
		if err != nil {
			return err
		}
		r.keys[key] = struct{}{}
	}
	return nil
}

func (r *run) resume(dir string, s journalState) error {
	if s.begun != "" {
		if err := r.writer.UsePart(s.begun); err != nil {
			return err
		}
	}
	if err := r.writer.Resume(s.parts, s.stat, s.rejects); err != nil {
		return err
	}
	for _, part := range s.parts {
		for key, err := range shards.PartKeys(filepath.Join(dir, part.Name)) {
			if err != nil {
				return err
			}
			r.keys[key] = struct{}{}
		}
	}
	r.skip = s.consumed
	return nil
}

func (r *run) consume(ctx context.Context, source Source) error {
	for record := range source.Records(ctx) {
		if r.seen++; r.seen <= r.skip {
			continue
		}
		if err := r.take(record); err != nil {
			return err
		}
		if r.options.Progress != nil {
			r.options.Progress(r.seen, r.writer.Stat().Rejected)
		}
		if ctx.Err() != nil || r.writer.PartFull() {
			if err := r.endPart(); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d records, run the same command again to go on: %w", r.seen, context.Cause(ctx))
	}
	return nil
}

// take adds one record as a row, a reject or a duplicate.
func (r *run) take(record shards.Record) error {
	s := &record.Sample
	if record.Err == nil {
		record.Reason, record.Err = complete(s)
	}
	if record.Err != nil {
		if r.options.Strict {
			return fmt.Errorf("%w: %s: %s: %w", ErrStrict, record.Origin, record.Reason, record.Err)
		}
		reject := shards.Reject{Origin: record.Origin, Key: s.Key, Reason: record.Reason, Detail: record.Err.Error()}
		r.rejects = append(r.rejects, reject)
		r.writer.Reject(reject)
		return nil
	}
	if _, there := r.keys[s.Key]; there {
		r.writer.Duplicate()
		return nil
	}
	r.keys[s.Key] = struct{}{}
	if name := r.writer.NextPart(); name != r.journal.begun {
		if err := r.journal.begin(name); err != nil {
			return err
		}
	}
	return r.writer.Append(*s)
}

// complete fills in what the bytes of a sample's images say, and checks them.
func complete(s *shards.Sample) (reason string, err error) {
	if s.Key == "" || len(s.Key) > maxKey || !utf8.ValidString(s.Key) {
		return BadKey, fmt.Errorf("key %.40q of %d bytes: must be UTF-8 of 1 to %d bytes", s.Key, len(s.Key), maxKey)
	}
	for i := range s.Images {
		image := &s.Images[i]
		info, err := picture.Inspect(image.Bytes)
		if err != nil {
			return BadImage, fmt.Errorf("image %d of %d bytes: %w", i, len(image.Bytes), err)
		}
		hash := shards.Hash(image.Bytes)
		if image.SHA256 != "" && !strings.EqualFold(image.SHA256, hash) {
			return BadImage, fmt.Errorf("image %d: sha256 %s, its record says %s", i, hash, image.SHA256)
		}
		image.Format, image.Width, image.Height, image.SHA256 = info.Format, int32(info.Width), int32(info.Height), hash
	}
	return "", nil
}

// endPart makes what was consumed so far safe.
func (r *run) endPart() error {
	part, ok, err := r.writer.EndPart()
	if err != nil {
		return err
	}
	var parts []shards.File
	if ok {
		parts = []shards.File{part}
	}
	err = r.journal.progress(parts, r.seen, r.writer.Stat(), r.rejects)
	r.rejects = nil
	return err
}

func (r *run) finish(source Source, o Options) error {
	if !r.done {
		if err := r.endPart(); err != nil {
			return err
		}
		if err := r.writer.Commit(o.Command, source.Name()); err != nil {
			return err
		}
	}
	return r.journal.remove()
}

func (r *run) close() {
	r.writer.Abort()
	r.journal.close()
}
