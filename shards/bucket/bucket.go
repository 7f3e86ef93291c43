// Package bucket keeps datasets in object stores through gocloud.dev/blob: S3 and what speaks its
// protocol, Google Cloud Storage, Azure Blob Storage, a folder.
//
// [Stores] opens their URLs, wherever a function takes a [shards.Stores]:
//
//	s3://bucket/some/prefix?region=eu-central-1
//	s3://bucket/some/prefix?endpoint=http://127.0.0.1:9000&use_path_style=true&region=us-east-1
//	gs://bucket/some/prefix
//	azblob://container/some/prefix
//	file:///some/folder
//
// Parameters after the question mark are those of gocloud.dev/blob; credentials come from the
// environment, as each provider's own tools have it. [Open] and [New] take a bucket that the caller
// opened.
//
// A reader fetches the footer of a part and the requested ranges. A broken connection resumes where
// it broke, and a request that may succeed later is tried up to 6 times.
package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/pali3/pali3/shards"
)

const (
	attempts  = 6                      // of a request
	firstWait = 100 * time.Millisecond // before the second, doubled each time
	maxFile   = 256 << 20              // of a file that is read as a whole
)

// split returns the URL of the bucket, as gocloud.dev/blob has it, and the prefix in it. A folder
// is a bucket of its own.
func split(address string) (bucket, prefix string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", err
	}
	if u.Scheme == "file" {
		q := u.Query()
		for name, value := range map[string]string{"create_dir": "true", "no_tmp_dir": "true", "metadata": "skip"} {
			if !q.Has(name) {
				q.Set(name, value)
			}
		}
		u.RawQuery = q.Encode()
		return u.String(), "", nil
	}
	if u.Host == "" {
		return "", "", errors.New("the URL names no bucket")
	}
	prefix = strings.Trim(u.Path, "/")
	u.Path, u.RawPath = "", ""
	return u.String(), prefix, nil
}

// Open opens the dataset below a prefix of a bucket; name is for messages. ctx bounds every later
// read. The caller closes the bucket.
func Open(ctx context.Context, b *blob.Bucket, prefix, name string) (*shards.Dataset, error) {
	return shards.OpenFrom(ctx, New(b, prefix), name)
}

// New returns a prefix of a bucket as a store of files. The caller closes the bucket.
func New(b *blob.Bucket, prefix string) shards.WritableStore {
	return &store{bucket: b, prefix: prefix}
}

// store is a prefix of a bucket.
type store struct {
	bucket *blob.Bucket
	prefix string
}

// owned is a store whose bucket is closed with it.
type owned struct{ *store }

func (o owned) Close() error { return o.bucket.Close() }

func (s *store) key(name string) string { return path.Join(s.prefix, name) }

func (s *store) attributes(ctx context.Context, name string) (attributes *blob.Attributes, err error) {
	err = retry(ctx, func() error {
		attributes, err = s.bucket.Attributes(ctx, s.key(name))
		return err
	})
	return attributes, err
}

// Size implements [shards.Store].
func (s *store) Size(ctx context.Context, name string) (int64, error) {
	attributes, err := s.attributes(ctx, name)
	if err != nil {
		return 0, err
	}
	return attributes.Size, nil
}

// Version returns what changes with an object.
func (s *store) Version(ctx context.Context, name string) (string, error) {
	attributes, err := s.attributes(ctx, name)
	if err != nil {
		return "", err
	}
	return cmp.Or(attributes.ETag, attributes.ModTime.String()), nil
}

// ReadFile implements [shards.Store].
func (s *store) ReadFile(ctx context.Context, name string) ([]byte, error) {
	size, err := s.Size(ctx, name)
	if err != nil {
		return nil, err
	}
	if size > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", name, size, maxFile)
	}
	content := make([]byte, size)
	_, err = object{ctx, s, s.key(name)}.ReadAt(content, 0)
	return content, err
}

// OpenFile implements [shards.Store].
func (s *store) OpenFile(ctx context.Context, name string) (io.ReaderAt, error) {
	return object{ctx, s, s.key(name)}, nil
}

// List implements [shards.Store].
func (s *store) List(ctx context.Context) (names []string, err error) {
	under := ""
	if s.prefix != "" {
		under = s.prefix + "/"
	}
	err = retry(ctx, func() error {
		names = nil
		all := s.bucket.List(&blob.ListOptions{Prefix: under, Delimiter: "/"})
		for {
			o, err := all.Next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			names = append(names, strings.TrimSuffix(strings.TrimPrefix(o.Key, under), "/"))
		}
	})
	return names, err
}

// object reads ranges of an object.
type object struct {
	ctx context.Context
	*store
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
		if err == nil || errors.Is(err, errEnd) || errors.Is(err, errContent) || n == attempts {
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
