package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pali3/pali3/ingest/internal/input"
)

// Sizes of range requests. The first piece usually contains the whole footer.
const (
	peekPiece = 256 << 10
	peekMost  = 64 << 20 // of one file
	peekFrom  = 4 << 20  // smaller files, and those of unknown size, are downloaded whole
)

// peeked is a file on a hub that is read by range requests.
type peeked struct {
	*io.SectionReader
	close func() error
}

func (p *peeked) Close() error { return p.close() }

// peek opens a file to read a few pieces of it, from the cache or by range requests. If the hub
// does not support ranges, it downloads and keeps the whole file.
func (f *cache) peek(ctx context.Context, name string) (input.File, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%q is not a path below the repository", name)
	}
	local := filepath.Join(f.dir, "snapshots", f.commit, filepath.FromSlash(name))
	if _, err := os.Stat(local); err != nil {
		info := f.infos[name]
		p := &ranges{hub: f, ctx: ctx, name: name}
		if info != nil && info.Size > peekFrom && p.readTail() == nil {
			return &peeked{io.NewSectionReader(p, 0, p.size), func() error { return nil }}, nil
		}
		if local, err = f.get(ctx, name); err != nil {
			return nil, err
		}
	}
	return os.Open(local)
}

// ranges reads a file on a hub by range requests and keeps its end in memory.
type ranges struct {
	hub   *cache
	ctx   context.Context
	name  string
	size  int64
	tail  []byte // the end of the file
	taken int64
}

var errNoRanges = errors.New("the hub does not support range requests")

// readTail reads the end of the file and learns its size.
func (r *ranges) readTail() error {
	content, size, err := r.get(fmt.Sprintf("bytes=-%d", peekPiece))
	r.tail, r.size = content, size
	if err == nil && int64(len(content)) > size {
		err = errNoRanges
	}
	return err
}

// ReadAt implements [io.ReaderAt].
func (r *ranges) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at >= r.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), r.size-at)
	if from := r.size - int64(len(r.tail)); at >= from {
		n := copy(p, r.tail[at-from:])
		return n, eofIf(n < len(p))
	}
	if r.taken += want; r.taken > peekMost {
		return 0, fmt.Errorf("over %d bytes: %w", int64(peekMost), errNoRanges)
	}
	content, size, err := r.get(fmt.Sprintf("bytes=%d-%d", at, at+want-1))
	if err != nil {
		return 0, err
	}
	if size != r.size || int64(len(content)) != want {
		return 0, fmt.Errorf("%s: received %d of %d requested bytes", r.name, len(content), want)
	}
	copy(p, content)
	return int(want), eofIf(want < int64(len(p)))
}

func eofIf(end bool) error {
	if end {
		return io.EOF
	}
	return nil
}

// get requests a range and returns it with the size of the file.
func (r *ranges) get(wanted string) (content []byte, size int64, err error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.hub.stall+10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.hub.address+(&url.URL{Path: r.name}).EscapedPath(), nil)
	if err != nil {
		return nil, 0, err
	}
	if r.hub.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.hub.token)
	}
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("Range", wanted)
	response, err := r.hub.client.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusPartialContent {
		return nil, 0, errNoRanges
	}
	var from, to int64
	said := response.Header.Get("Content-Range")
	if _, err := fmt.Sscanf(strings.TrimPrefix(said, "bytes "), "%d-%d/%d", &from, &to, &size); err != nil || from < 0 || to < from || to >= size {
		return nil, 0, cmp.Or(err, errNoRanges)
	}
	if to-from+1 > peekMost {
		return nil, 0, errNoRanges
	}
	content, err = io.ReadAll(io.LimitReader(response.Body, to-from+1))
	if err == nil && int64(len(content)) != to-from+1 {
		err = io.ErrUnexpectedEOF
	}
	return content, size, err
}
