package shards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/internal/folderlock"
)

// CopyOptions say how [Copy] works.
type CopyOptions struct {
	Files int // copied at once; default 4
	// Progress is called with the number of bytes that to has already, and of all bytes. It may be
	// nil and must be safe for concurrent use.
	Progress func(done, all int64)
}

// Copied is what [Copy] did.
type Copied struct {
	Files int   `json:"files"` // copied, without the manifest
	Bytes int64 `json:"bytes"` // of the files copied
	There int   `json:"there"` // files that were there already
}

// Copy copies the dataset in one folder to another. Datasets in object stores are copied with
// [Stores.Copy].
//
// Every file is compared with its SHA-256 in the manifest, and the manifest is copied last: if Copy
// is killed, to has either its old dataset or the new one. A second Copy leaves the files that to
// has already: it resumes an interrupted copy, and after a dataset has grown it copies only the new
// parts.
//
// If to has a part of the same name with other content, the error wraps fs.ErrExist and to is
// unchanged.
func Copy(ctx context.Context, from, to string, o CopyOptions) (Copied, error) {
	return Stores(nil).Copy(ctx, from, to, o)
}

// Copy is the function [Copy] for folders and URLs.
func (s Stores) Copy(ctx context.Context, from, to string, o CopyOptions) (Copied, error) {
	copied, err := s.copyDataset(ctx, from, to, o)
	if err != nil {
		err = fmt.Errorf("copying %s to %s: %w", from, to, err)
	}
	return copied, err
}

func (s Stores) copyDataset(ctx context.Context, from, to string, o CopyOptions) (copied Copied, err error) {
	source, err := s.OpenStore(ctx, from)
	if err != nil {
		return copied, err
	}
	defer closeStore(source)
	manifest, err := loadManifest(ctx, source, from)
	if err != nil {
		return copied, err
	}
	raw, err := source.ReadFile(ctx, ManifestName)
	if err != nil {
		return copied, err
	}
	if !IsURL(to) {
		lock, err := folderlock.Take(to)
		if err != nil {
			return copied, err
		}
		defer lock.Unlock()
	}
	target, err := s.OpenStore(ctx, to)
	if err != nil {
		return copied, err
	}
	defer closeStore(target)
	c := copier{source: source, target: target, options: o}
	missing, err := c.missing(ctx, manifest, to)
	if err != nil {
		return copied, err
	}
	if err := c.files(ctx, missing); err != nil {
		return copied, err
	}
	copied = Copied{Files: len(missing), There: len(manifest.names()) - len(missing)}
	for _, f := range missing {
		copied.Bytes += f.Bytes
	}
	return copied, putManifest(ctx, target, raw)
}

// copier copies files from one store to another.
type copier struct {
	source, target WritableStore
	options        CopyOptions
	done           atomic.Int64
	all            int64 // bytes
}

// missing returns the files that the target lacks.
func (c *copier) missing(ctx context.Context, m *Manifest, to string) ([]File, error) {
	files := slices.Clone(m.Files)
	if m.Rejects != nil {
		files = append(files, *m.Rejects)
	}
	lacks := make([]bool, len(files))
	var checks errgroup.Group
	checks.SetLimit(16)
	for i, f := range files {
		c.all += f.Bytes
		checks.Go(func() error {
			has, err := c.target.Contains(ctx, f)
			if err != nil || has {
				return err
			}
			lacks[i] = true
			if _, err := c.target.Size(ctx, f.Name); errors.Is(err, fs.ErrNotExist) || f.Name == RejectsName {
				return nil // every commit rewrites the rejects
			} else if err != nil {
				return err
			}
			return fmt.Errorf("%s: another file with that name exists: %w", fileOf(to, f.Name), fs.ErrExist)
		})
	}
	if err := checks.Wait(); err != nil {
		return nil, err
	}
	var missing []File
	for i, f := range files {
		if lacks[i] {
			missing = append(missing, f)
		} else {
			c.done.Add(f.Bytes)
		}
	}
	return missing, c.mayReplace(ctx, m, to)
}

// mayReplace returns an error if the target has a dataset with parts that m lacks.
func (c *copier) mayReplace(ctx context.Context, m *Manifest, to string) error {
	old, err := loadManifest(ctx, c.target, to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range old.Files {
		if !slices.ContainsFunc(m.Files, func(g File) bool { return g.Name == f.Name && g.SHA256 == f.SHA256 }) {
			return fmt.Errorf("another dataset is there: only it has %s: %w", f.Name, fs.ErrExist)
		}
	}
	return nil
}

// files copies files, several at once.
func (c *copier) files(ctx context.Context, files []File) error {
	at := c.options.Files
	if at <= 0 {
		at = 4
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(at)
	c.report(0)
	for _, f := range files {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			r, err := c.source.OpenFile(ctx, f.Name)
			if err != nil {
				return err
			}
			if closer, ok := r.(io.Closer); ok {
				defer closer.Close()
			}
			if err := c.target.Put(ctx, f, &watched{&interruptible{ctx, r}, c, f.Bytes}); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (c *copier) report(n int64) {
	if done := c.done.Add(n); c.options.Progress != nil {
		c.options.Progress(done, c.all)
	}
}

// watched reads a file that is copied, and reports progress.
type watched struct {
	r      io.ReaderAt
	copier *copier
	left   int64 // bytes of the file not reported yet: what is sent again counts once
}

func (w *watched) ReadAt(b []byte, at int64) (int, error) {
	n, err := w.r.ReadAt(b, at)
	news := min(int64(n), w.left)
	w.left -= news
	w.copier.report(news)
	return n, err
}
