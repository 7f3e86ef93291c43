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

// Keep implements [shards.Keeper]. Content goes in parts of 8 MiB, several at once, where the store
// takes parts; the object is there with the last of them. Its metadata has the SHA-256.
func (s *store) Keep(f shards.File, content io.ReaderAt) error {
	if err := retry(s.ctx, func() error { return s.send(f, content) }); err != nil {
		return err
	}
	size, err := s.Size(f.Name)
	if err == nil && size != f.Bytes {
		err = fmt.Errorf("%d bytes of %s arrived of %d", size, f.Name, f.Bytes)
	}
	return err
}

// send sends content once.
func (s *store) send(f shards.File, content io.ReaderAt) error {
	ctx, cancel := context.WithCancel(s.ctx)
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

// Has implements [shards.Keeper]. An object that says nothing of its hash is read.
func (s *store) Has(f shards.File) (bool, error) {
	attributes, err := s.attributes(f.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && attributes.Size != f.Bytes {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if said := attributes.Metadata[hashName]; said != "" {
		return said == f.SHA256, nil
	}
	return shards.HasContent(s, f)
}
