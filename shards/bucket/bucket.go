// Package bucket keeps datasets in object stores through gocloud.dev/blob: S3, Google Cloud Storage, Azure
// Blob Storage, a folder. [Open] reads a dataset there with the reader that reads a folder: of each part the
// footer and the ranges that are asked for. [Upload] copies a dataset there, the manifest last.
//
// Which stores there are is the choice of the program: it imports gocloud.dev/blob/s3blob and the like, or
// package all for every one, which makes it 14 MB larger for S3 alone.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/pali3/pali3/shards"
)

const (
	attempts  = 5                      // of a read
	firstWait = 100 * time.Millisecond // before the second, doubled each time
	blockSize = 16 << 20               // of a multipart upload
	maxFile   = 256 << 20              // of a file that is read as a whole
)

// Open opens the dataset under a prefix of a bucket. The bucket stays the caller's, and ctx is that of every
// later read.
func Open(ctx context.Context, b *blob.Bucket, prefix, name string) (*shards.Dataset, error) {
	return shards.OpenStore(store{ctx, b, prefix}, name)
}

// store is a prefix of a bucket.
type store struct {
	ctx    context.Context
	bucket *blob.Bucket
	prefix string
}

func (s store) Size(name string) (size int64, err error) {
	err = retry(s.ctx, func() error {
		attributes, err := s.bucket.Attributes(s.ctx, path.Join(s.prefix, name))
		if err == nil {
			size = attributes.Size
		}
		return err
	})
	return size, err
}

func (s store) ReadFile(name string) ([]byte, error) {
	size, err := s.Size(name)
	if err != nil {
		return nil, err
	}
	if size > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", name, size, maxFile)
	}
	content := make([]byte, size)
	_, err = object{s, path.Join(s.prefix, name)}.ReadAt(content, 0)
	return content, err
}

func (s store) OpenFile(name string) (io.ReaderAt, error) {
	return object{s, path.Join(s.prefix, name)}, nil
}

// object reads ranges of an object.
type object struct {
	store
	key string
}

// ReadAt reads a range. A connection that breaks is taken up again where it broke.
func (o object) ReadAt(b []byte, at int64) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	err = retry(o.ctx, func() error {
		r, err := o.bucket.NewRangeReader(o.ctx, o.key, at+int64(n), int64(len(b)-n), nil)
		if err != nil {
			return err
		}
		defer r.Close()
		got, err := io.ReadFull(r, b[n:])
		n += got
		if at+int64(n) >= r.Size() && n < len(b) {
			return errEnd
		}
		return err
	})
	if errors.Is(err, errEnd) {
		return n, io.EOF
	}
	if err != nil {
		err = fmt.Errorf("reading %d bytes at %d of %s: %w", len(b), at, o.key, err)
	}
	return n, err
}

// errEnd is the end of an object.
var errEnd = errors.New("the object ends")

// retry calls do until it succeeds, fails for good, or has been called often enough.
func retry(ctx context.Context, do func() error) error {
	wait := firstWait
	for n := 1; ; n++ {
		err := do()
		if err == nil || errors.Is(err, errEnd) || n == attempts {
			return err
		}
		switch gcerrors.Code(err) {
		case gcerrors.NotFound:
			return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
		case gcerrors.PermissionDenied, gcerrors.InvalidArgument, gcerrors.Unimplemented, gcerrors.Canceled:
			return err
		}
		select {
		case <-time.After(wait):
			wait *= 2
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Upload copies the dataset in dir under a prefix of a bucket: the files that its manifest lists, in parts of
// 16 MiB where the store takes parts, each checked for its size, and the manifest last. Interrupted, it
// leaves no manifest, and run again it sends what is not there in its size.
func Upload(ctx context.Context, dir string, b *blob.Bucket, prefix string) error {
	d, err := shards.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	m := d.Manifest()
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	if m.Rejects != nil {
		names = append(names, m.Rejects.Name)
	}
	for _, name := range append(names, shards.ManifestName) {
		if err := upload(ctx, filepath.Join(dir, name), b, path.Join(prefix, name), name != shards.ManifestName); err != nil {
			return fmt.Errorf("uploading %s: %w", filepath.Join(dir, name), err)
		}
	}
	return nil
}

// upload sends a file, unless it is a part that is there already: a part of that name and size is of the same run.
func upload(ctx context.Context, file string, b *blob.Bucket, key string, skipSame bool) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if skipSame {
		if there, err := b.Attributes(ctx, key); err == nil && there.Size == info.Size() {
			return nil
		}
	}
	if err := retry(ctx, func() error { return send(ctx, file, b, key) }); err != nil {
		return err
	}
	sent, err := b.Attributes(ctx, key)
	if err == nil && sent.Size != info.Size() {
		err = fmt.Errorf("%d bytes arrived of %d", sent.Size, info.Size())
	}
	return err
}

func send(ctx context.Context, file string, b *blob.Bucket, key string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, it keeps a broken upload from becoming an object
	w, err := b.NewWriter(ctx, key, &blob.WriterOptions{BufferSize: blockSize, ContentType: "application/octet-stream"})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, f); err != nil {
		cancel()
		w.Close()
		return err
	}
	return w.Close()
}
