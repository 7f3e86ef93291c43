package shards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Create returns a writer that adds to the dataset in dir, or starts one there. A dataset in an
// object store is written with [Stores.Create].
func Create(dir string, limits Limits) (*Writer, error) {
	return Stores(nil).Create(context.Background(), dir, limits)
}

// CreateNew returns a writer of a new dataset in dir. If there is one already, the error wraps
// fs.ErrExist.
func CreateNew(dir string, limits Limits) (*Writer, error) {
	return Stores(nil).CreateNew(context.Background(), dir, limits)
}

// Create is the function [Create] for a folder or a URL. Only one writer at a time may add to a
// dataset in an object store; a second one fails at its commit.
func (s Stores) Create(ctx context.Context, name string, limits Limits) (*Writer, error) {
	w := &Writer{ctx: ctx, name: name, limits: limits.withDefaults()}
	if err := w.open(s); err != nil {
		return nil, fmt.Errorf("writing dataset %s: %w", name, err)
	}
	return w, nil
}

// CreateNew is the function [CreateNew] for a folder or a URL.
func (s Stores) CreateNew(ctx context.Context, name string, limits Limits) (*Writer, error) {
	w, err := s.Create(ctx, name, limits)
	if err == nil && !w.isNew {
		w.Abort()
		return nil, fmt.Errorf("writing dataset %s: %w", name, fs.ErrExist)
	}
	return w, err
}

func (w *Writer) open(s Stores) (err error) {
	if w.dir, err = WorkFolder(w.name); err != nil {
		return err
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return err
	}
	w.rejects = newRejectLog(w.dir)
	if w.store, err = s.OpenStore(w.ctx, w.name); err != nil {
		return err
	}
	w.manifest, err = loadManifest(w.ctx, w.store, w.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.manifest, w.isNew, err = &Manifest{SchemaVersion: SchemaVersion}, true, nil
	case err == nil && w.moves():
		w.before, err = w.store.ReadFile(w.ctx, ManifestName)
	}
	if err == nil {
		err = w.toFreePart(len(w.manifest.Files))
	}
	if err != nil {
		return errors.Join(err, closeStore(w.store))
	}
	return nil
}

// toFreePart makes the next part the first one from n on that does not exist: another command may
// be writing a part that no manifest lists, so it is never overwritten.
func (w *Writer) toFreePart(n int) error {
	for ; ; n++ {
		_, err := w.store.Size(w.ctx, partName(n))
		if errors.Is(err, fs.ErrNotExist) || err == nil && w.own[partName(n)] {
			w.next = n
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func partName(n int) string { return fmt.Sprintf("part-%05d.parquet", n) }

// partNumber returns the number of a part, if name is that of a part.
func partNumber(name string) (n int, ok bool) {
	_, err := fmt.Sscanf(name, "part-%d.parquet", &n)
	return n, err == nil && partName(n) == name
}

// writeManifest writes the new manifest. In an object store it fails if another writer has changed
// the manifest since this writer began.
func (w *Writer) writeManifest() error {
	if !w.moves() {
		return w.manifest.write(w.dir)
	}
	now, err := w.store.ReadFile(w.ctx, ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		now, err = nil, nil
	}
	if err == nil && !bytes.Equal(now, w.before) {
		if w.committedBefore(now) {
			return nil
		}
		err = errors.New("another writer has changed it meanwhile")
	}
	var content []byte
	if err == nil {
		content, err = w.manifest.encode()
	}
	if err == nil {
		err = putManifest(w.ctx, w.store, content)
	}
	if err != nil {
		return fmt.Errorf("writing the manifest of %s: %w", w.name, err)
	}
	return nil
}

// committedBefore reports whether a manifest is the one that the writer is about to write, except
// for times: a killed process had sent it, and it arrived late.
func (w *Writer) committedBefore(content []byte) bool {
	m, err := parseManifest(content, ManifestName)
	last := len(w.manifest.Provenance) - 1
	if err != nil || len(m.Provenance) != last+1 || len(m.Files) != len(w.manifest.Files) || (m.Rejects == nil) != (w.manifest.Rejects == nil) {
		return false
	}
	ours := w.manifest.Provenance[last]
	return (m.Rejects == nil || m.Rejects.SHA256 == w.manifest.Rejects.SHA256) && m.committed(last, ours.Sources, w.manifest.Files, ours.Stat)
}
