package batchfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/mixture"
)

// Options say which batches [Write] writes.
type Options struct {
	// From and To are the steps: from From up to, not including, To. Required.
	From, To int
	// Host of Hosts, counted from 0, whose rows are written. Default: 0 of 1, whole batches.
	Host, Hosts int
	// StepsPerFile is how many steps share a file. Default: as many as make 64 MiB, and 1 if the
	// shapes of batches vary.
	StepsPerFile int
	// Each, if not nil, is called after each step with the number of steps that are done, and how
	// many of them an earlier call had written.
	Each func(done, found int)
}

// Write writes the batches of a stream into a folder, as Arrow IPC files and [Manifest]. Killed at
// any time, the same call resumes it: whole files are kept. A folder with batches of another recipe
// or of other options is an error.
func Write(ctx context.Context, dir string, s *mixture.Stream, o Options) (*Manifest, error) {
	o.Hosts = max(o.Hosts, 1)
	if o.From < 0 || o.To <= o.From {
		return nil, fmt.Errorf("writing batches: steps %d to %d are none", o.From, o.To)
	}
	info, err := InfoOf(s, o.Host, o.Hosts)
	if err != nil {
		return nil, err
	}
	lock, err := folderlock.Take(dir)
	if err != nil {
		return nil, fmt.Errorf("writing batches: %w", err)
	}
	defer lock.Unlock()
	w := &writer{dir: dir, stream: s, options: o, info: info}
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	for from := o.From; from < o.To; from += w.manifest.StepsPerFile {
		if err := w.file(ctx, from, min(from+w.manifest.StepsPerFile, o.To)); err != nil {
			return nil, err
		}
	}
	w.manifest.Complete = true
	return w.manifest, w.manifest.write(dir)
}

// writer writes a folder.
type writer struct {
	dir         string
	stream      *mixture.Stream
	options     Options
	info        Info
	manifest    *Manifest
	done, found int // steps
}

// begin reads the manifest of an interrupted call, or writes a new one.
func (w *writer) begin(ctx context.Context) error {
	want := &Manifest{Info: w.info, From: w.options.From, To: w.options.To, Files: []File{}}
	found, err := readManifest(w.dir)
	switch {
	case err == nil:
		if w.options.StepsPerFile > 0 && w.options.StepsPerFile != found.StepsPerFile {
			return fmt.Errorf("%s has files of %d steps, not %d; write into another folder", w.dir, found.StepsPerFile, w.options.StepsPerFile)
		}
		if err := found.sameAs(want); err != nil {
			return fmt.Errorf("%s holds other batches: %w; write into another folder", w.dir, err)
		}
		want.StepsPerFile = found.StepsPerFile
		w.manifest = want
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if err := checkEmpty(w.dir); err != nil {
		return err
	}
	if want.StepsPerFile = w.options.StepsPerFile; want.StepsPerFile <= 0 {
		if want.StepsPerFile, err = w.stepsPerFile(ctx); err != nil {
			return err
		}
	}
	w.manifest = want
	return want.write(w.dir)
}

// checkEmpty fails on a folder with files that are not ours.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("writing batches: %w", err)
	}
	for _, e := range entries {
		if e.Name()[0] != '.' {
			return fmt.Errorf("%s is not empty: it holds %s and no %s; write into another folder", dir, e.Name(), ManifestName)
		}
	}
	return nil
}

// fileBytes is about how large files are.
const fileBytes = 64 << 20

// stepsPerFile measures the first batch.
func (w *writer) stepsPerFile(ctx context.Context) (int, error) {
	if len(w.stream.Recipe().Images.SequenceLengths) > 1 {
		return 1, nil // a file has one schema
	}
	b, err := w.stream.HostBatch(ctx, w.options.From, w.options.Host, w.options.Hosts)
	if err != nil {
		return 0, err
	}
	size := 4 * (len(b.Pixels) + len(b.EncoderIDs) + len(b.DecoderInputs) + len(b.Targets) + len(b.Weights))
	return min(max(1, fileBytes/max(1, size)), 1000), nil
}

// file writes the batches of some steps, unless they are there.
func (w *writer) file(ctx context.Context, from, to int) error {
	name := fileName(from, to)
	path := filepath.Join(w.dir, name)
	if _, err := os.Stat(path); err == nil {
		file, err := w.check(ctx, name, from, to)
		if err != nil {
			return err
		}
		w.manifest.Files = append(w.manifest.Files, file)
		w.done, w.found = w.done+to-from, w.found+to-from
		w.each()
		return nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	digests, err := w.batches(ctx, f, from, to)
	if err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	file, err := describe(w.dir, name, from, to, digests)
	w.manifest.Files = append(w.manifest.Files, file)
	return err
}

func (w *writer) each() {
	if w.options.Each != nil {
		w.options.Each(w.done, w.found)
	}
}

// batches writes the record batches of a file and returns their digests.
func (w *writer) batches(ctx context.Context, f *atomicfile.File, from, to int) (digests []string, err error) {
	var out *ipc.FileWriter
	for step := from; step < to; step++ {
		b, err := w.stream.HostBatch(ctx, step, w.options.Host, w.options.Hosts)
		if err != nil {
			return nil, err
		}
		r, err := Record(b, w.info)
		if err != nil {
			return nil, err
		}
		if out == nil {
			if out, err = ipc.NewFileWriter(f, ipc.WithSchema(r.Schema())); err != nil {
				return nil, fmt.Errorf("writing batches: %w", err)
			}
		}
		if err := out.Write(r); err != nil {
			return nil, fmt.Errorf("writing the batch of step %d: %w", step, err)
		}
		r.Release()
		digests = append(digests, b.Digest())
		w.done++
		w.each()
	}
	return digests, out.Close()
}

// check reads a file of an interrupted call.
func (w *writer) check(ctx context.Context, name string, from, to int) (File, error) {
	var digests []string
	f, err := openFile(filepath.Join(w.dir, name))
	if err != nil {
		return File{}, err
	}
	defer f.close()
	for step := from; step < to; step++ {
		if err := ctx.Err(); err != nil {
			return File{}, err
		}
		b, info, err := f.batch(step - from)
		if err == nil && (b.Step != step || info.Recipe != w.info.Recipe) {
			err = fmt.Errorf("it is of step %d of recipe %s", b.Step, info.Recipe)
		}
		if err != nil {
			return File{}, fmt.Errorf("%s: the batch of step %d: %w; remove the file and run again", filepath.Join(w.dir, name), step, err)
		}
		digests = append(digests, b.Digest())
	}
	return describe(w.dir, name, from, to, digests)
}
