package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gocloud.dev/blob"

	"github.com/pali3/pali3/shards"
)

const (
	partSize = 8 << 20  // of a multipart upload
	parts    = 4        // sent at once
	hashName = "sha256" // of an object's metadata
)

// errContent is wrapped by the error of content that is not what it should be: to send it again
// would be in vain.
var errContent = errors.New("not sent")

// Put implements [shards.WritableStore]. Content goes in parts of 8 MiB, several at once, where the
// store takes parts; the object is there with the last of them. Its metadata has the SHA-256.
func (s *store) Put(ctx context.Context, f shards.File, content io.ReaderAt) error {
	if err := retry(ctx, func() error { return s.send(ctx, f, content) }); err != nil {
		return err
	}
	size, err := s.Size(ctx, f.Name)
	if err == nil && size != f.Bytes {
		err = fmt.Errorf("%d bytes of %s arrived of %d", size, f.Name, f.Bytes)
	}
	return err
}

// send sends content once.
func (s *store) send(ctx context.Context, f shards.File, content io.ReaderAt) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, it keeps a broken upload from becoming an object
	w, err := s.bucket.NewWriter(ctx, s.key(f.Name), &blob.WriterOptions{
		BufferSize: partSize, MaxConcurrency: parts, ContentType: "application/octet-stream", Metadata: map[string]string{hashName: f.SHA256},
	})
	if err != nil {
		return err
	}
	digest := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(w, digest)}, struct{ io.Reader }{io.NewSectionReader(content, 0, f.Bytes)}, make([]byte, min(partSize, f.Bytes+1)))
	if sum := hex.EncodeToString(digest.Sum(nil)); err == nil && (n != f.Bytes || sum != f.SHA256) {
		err = fmt.Errorf("%w: %s has %d bytes and the sha256 %s, its manifest says %d and %s", errContent, f.Name, n, sum, f.Bytes, f.SHA256)
	}
	if err != nil {
		cancel()
		w.Close()
		return err
	}
	return w.Close()
}

// Contains implements [shards.WritableStore]. It reads an object that has no hash in its metadata.
func (s *store) Contains(ctx context.Context, f shards.File) (bool, error) {
	attributes, err := s.attributes(ctx, f.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && attributes.Size != f.Bytes {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if said := attributes.Metadata[hashName]; said != "" {
		return said == f.SHA256, nil
	}
	return shards.ContainsByReading(ctx, s, f)
}
