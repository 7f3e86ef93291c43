package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/go-huggingface/hub"

	"github.com/pali3/pali3/internal/folderlock"
	"github.com/pali3/pali3/shards"
)

// cache downloads the files of a repository at a commit into the cache that Hugging Face's tools
// share: blobs by hash, and a folder of links for each commit. An interrupted download resumes
// where it stopped.
type cache struct {
	what    string // the repository is: a dataset or a model
	dir     string // of the repository in the cache
	address string // of the files at the commit
	commit  string
	token   string
	infos   map[string]*hub.FileInfo
	client  *http.Client
	backoff time.Duration           // wait before the second attempt; doubles with each further one
	stall   time.Duration           // an attempt ends after this long without a byte
	most    func(name string) int64 // the most bytes of a file; nil for no limit
}

// Retry limits: attempts at a file, and the longest wait that a server may ask for.
const (
	hubAttempts = 5
	hubMaxWait  = 2 * time.Minute
)

// statusError is a hub's response with a status other than success.
type statusError struct {
	code  int
	after time.Duration // Retry-After
	what  string        // a dataset or a model
}

// Error explains what a hub's status means for a repository.
func (s *statusError) Error() string {
	text := fmt.Sprintf("status %d %s", s.code, http.StatusText(s.code))
	switch s.code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return text + ": there is no such " + s.what + ", or it is private or gated: accept its terms on its page, and set HF_TOKEN to a token of that account"
	case http.StatusNotFound:
		return text + ": no such " + s.what + ", revision or file"
	}
	return text
}

func (s *statusError) passes() bool {
	return s.code == http.StatusTooManyRequests || s.code == http.StatusRequestTimeout || s.code >= 500
}

// get returns the local path of a file, downloading it if necessary. An error means that the file
// is currently unavailable.
func (f *cache) get(ctx context.Context, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", fmt.Errorf("%q is not a path below the repository", name)
	}
	local := filepath.Join(f.dir, "snapshots", f.commit, filepath.FromSlash(name))
	if _, err := os.Stat(local); err == nil {
		return local, nil
	}
	lock, err := f.lock(ctx)
	if err != nil {
		return "", err
	}
	defer lock.Unlock()
	blob := filepath.Join(f.dir, "blobs", f.blobName(name))
	if _, err := os.Stat(blob); err != nil {
		if err := f.download(ctx, name, blob); err != nil {
			return "", fmt.Errorf("downloading %s: %w", name, err)
		}
	}
	return local, linkTo(local, blob)
}

// lock waits until no other process downloads files of the repository.
func (f *cache) lock(ctx context.Context) (*folderlock.Lock, error) {
	for {
		lock, err := folderlock.Take(filepath.Join(f.dir, ".pali3"))
		if !errors.Is(err, folderlock.ErrTaken) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// linkTo makes local a relative link to blob, as Hugging Face's tools do.
func linkTo(local, blob string) error {
	if err := os.MkdirAll(filepath.Dir(local), 0o755); err != nil {
		return err
	}
	to, err := filepath.Rel(filepath.Dir(local), blob)
	if err != nil {
		return err
	}
	if err := os.Remove(local); err != nil && !errors.Is(err, fs.ErrNotExist) { // a dangling link
		return err
	}
	return os.Symlink(to, local)
}

var hexadecimal = regexp.MustCompile(`^[0-9a-f]{40,64}$`)

// blobName is a file's name in the cache: its ETag on Hugging Face's hub, which is the hash of its
// content.
func (f *cache) blobName(name string) string {
	if info := f.infos[name]; info != nil {
		if info.LFS != nil && hexadecimal.MatchString(info.LFS.SHA256) {
			return info.LFS.SHA256
		}
		if hexadecimal.MatchString(info.BlobID) {
			return info.BlobID
		}
	}
	return shards.Hash([]byte(f.commit + "/" + name)) // the hub sent no ETag
}

// download downloads a blob, in several attempts if necessary, and checks it.
func (f *cache) download(ctx context.Context, name, blob string) error {
	if err := os.MkdirAll(filepath.Dir(blob), 0o755); err != nil {
		return err
	}
	wait := f.backoff
	for attempt := 1; ; attempt++ {
		err := f.attempt(ctx, name, blob+".incomplete")
		if err == nil {
			return os.Rename(blob+".incomplete", blob)
		}
		status, _ := errors.AsType[*statusError](err)
		if ctx.Err() != nil || errors.Is(err, errTooLarge) || attempt == hubAttempts || status != nil && !status.passes() {
			return err
		}
		pause := wait
		if status != nil {
			pause = min(max(pause, status.after), hubMaxWait)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		wait *= 2
	}
}

// attempt downloads the missing rest of a file and checks the whole. It removes a file that fails
// the check.
func (f *cache) attempt(ctx context.Context, name, incomplete string) error {
	file, err := os.OpenFile(incomplete, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if err := f.request(ctx, name, file, have); err != nil {
		return err
	}
	if err := f.check(name, file); err != nil {
		return errors.Join(err, os.Remove(incomplete))
	}
	return file.Sync()
}

// request appends to file the content that follows its first bytes on the hub.
func (f *cache) request(ctx context.Context, name string, file *os.File, have int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(f.stall, func() { cancel(fmt.Errorf("no data arrived for %s", f.stall)) })
	defer watch.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.address+(&url.URL{Path: name}).EscapedPath(), nil)
	if err != nil {
		return err
	}
	if f.token != "" {
		request.Header.Set("Authorization", "Bearer "+f.token) // dropped by a redirect to another host
	}
	request.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := f.client.Do(request)
	if err != nil {
		return cmpCause(ctx, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return nil // the file is complete or wrong; the check decides
	case response.StatusCode == http.StatusOK:
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := file.Truncate(0); err != nil {
			return err
		}
	case response.StatusCode != http.StatusPartialContent || !strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return &statusError{response.StatusCode, time.Duration(seconds) * time.Second, f.what}
	}
	return cmpCause(ctx, f.copy(name, file, &watched{file, watch, f.stall}, response.Body))
}

// copy writes what follows a file's first bytes, up to the most that the file may have.
func (f *cache) copy(name string, file *os.File, to io.Writer, body io.Reader) error {
	if f.most == nil {
		_, err := io.Copy(to, body)
		return err
	}
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	most := f.most(name)
	n, err := io.Copy(to, io.LimitReader(body, most-have+1))
	if err == nil && have+n > most {
		return errors.Join(fmt.Errorf("%w: it has more than %d bytes", errTooLarge, most), file.Truncate(0))
	}
	return err
}

// errTooLarge is returned for a file that is larger than it may be.
var errTooLarge = errors.New("too large")

// cmpCause returns the cause of a context's end in place of the error that it led to.
func cmpCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// watched is a writer that resets a timer on every write.
type watched struct {
	io.Writer
	timer *time.Timer
	after time.Duration
}

func (w *watched) Write(b []byte) (int, error) {
	w.timer.Reset(w.after)
	return w.Writer.Write(b)
}

// check compares a file's size and hash with those in the repository's listing.
func (f *cache) check(name string, file *os.File) error {
	info := f.infos[name]
	if info == nil || info.Size == 0 && info.LFS == nil {
		return nil
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size != info.Size && info.Size > 0 {
		return fmt.Errorf("received %d bytes, but the hub lists %d", size, info.Size)
	}
	if info.LFS == nil && len(info.BlobID) == 2*sha1.Size && size <= mostTextBytes {
		return checkBlob(info.BlobID, file, size)
	}
	if info.LFS == nil || !hexadecimal.MatchString(info.LFS.SHA256) {
		return nil
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(file, 0, size)); err != nil {
		return err
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != info.LFS.SHA256 {
		return fmt.Errorf("its SHA-256 is %s, but the hub lists %s", sum, info.LFS.SHA256)
	}
	return nil
}

// checkBlob compares a file with its git object, whose name is a hash of its size and content.
func checkBlob(id string, file io.ReaderAt, size int64) error {
	digest := sha1.New()
	fmt.Fprintf(digest, "blob %d\x00", size)
	if _, err := io.Copy(digest, io.NewSectionReader(file, 0, size)); err != nil {
		return err
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != id {
		return fmt.Errorf("its git object is %s, but the hub lists %s", sum, id)
	}
	return nil
}
