package tabular

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
)

// imageRoot is the folder that a table's image paths are relative to. Paths are opened through an
// [os.Root], so nothing outside the folder is ever read.
type imageRoot struct {
	root      *os.Root
	named     string // as the user wrote it
	abs, real string // its path, and that with symbolic links resolved

	mu      sync.Mutex
	folders map[string]string // folders named by absolute paths -> their real paths
}

const maxFolders = 1 << 14 // folders whose real paths are cached

func openImageRoot(name string) (*imageRoot, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &imageRoot{root: root, named: name, abs: abs, real: real, folders: map[string]string{}}, nil
}

func (r *imageRoot) close() { r.root.Close() }

// read reads the image that a table's value names: a path below the root, an absolute path that
// leads there, or a file URL. If no such file exists, it tries slashes for backslashes, then
// percent-decoding.
func (r *imageRoot) read(name string) (content []byte, reason string, err error) {
	spellings := []string{name}
	if at, isURL := cutFileURL(name); isURL {
		spellings = []string{at}
		if plain, err := url.PathUnescape(at); err == nil && plain != at {
			spellings = []string{plain, at}
		}
	} else {
		if strings.Contains(name, `\`) {
			spellings = append(spellings, strings.ReplaceAll(name, `\`, "/"))
		}
		if plain, err := url.PathUnescape(name); err == nil && plain != name {
			spellings = append(spellings, plain)
		}
	}
	for i, spelling := range spellings {
		found, why, failed := r.readPath(spelling)
		if failed == nil || why == ingest.TooLarge {
			return found, why, failed
		}
		if i == 0 {
			reason, err = why, failed
		}
	}
	return nil, reason, err
}

// cutFileURL returns the undecoded path of a local file URL.
func cutFileURL(name string) (at string, isURL bool) {
	if len(name) < 5 || !strings.EqualFold(name[:5], "file:") {
		return name, false
	}
	at = name[5:]
	if rest, hasHost := strings.CutPrefix(at, "//"); hasHost {
		host, below, _ := strings.Cut(rest, "/")
		if host == "" || strings.EqualFold(host, "localhost") || host == "127.0.0.1" {
			at = "/" + below
		}
	}
	return at, true
}

func (r *imageRoot) readPath(name string) (content []byte, reason string, err error) {
	local, ok := r.local(name)
	if !ok {
		return nil, ingest.Outside, fmt.Errorf("%q is not below the root folder %s; --root sets another", name, r.named)
	}
	content, reason, err = input.ReadWithin(r.root, local, input.MaxImageFile)
	if err == nil || reason == ingest.TooLarge {
		return content, reason, err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ingest.NoImage, err
	}
	if target, failed := filepath.EvalSymlinks(filepath.Join(r.abs, local)); failed == nil { // an absolute link to a file below the root
		if inside, ok := below(r.real, target); ok && inside != local {
			return input.ReadWithin(r.root, inside, input.MaxImageFile)
		}
	}
	return nil, reason, err
}

// local returns the path below the root that a name leads to. The file need not exist.
func (r *imageRoot) local(name string) (local string, ok bool) {
	name = filepath.FromSlash(name)
	if filepath.IsLocal(name) {
		return name, true
	}
	if name == "" || strings.ContainsRune(name, 0) {
		return "", false
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.abs, name)
	}
	name = filepath.Clean(name)
	for _, root := range []string{r.abs, r.real} {
		if local, ok := below(root, name); ok {
			return local, true
		}
	}
	return below(r.real, filepath.Join(r.realFolder(filepath.Dir(name)), filepath.Base(name)))
}

// below returns the path of at relative to a folder that contains it.
func below(folder, name string) (local string, ok bool) {
	local, err := filepath.Rel(folder, name)
	return local, err == nil && filepath.IsLocal(local) && local != "."
}

// realFolder returns a folder's real path, or the folder itself if it does not exist.
func (r *imageRoot) realFolder(folder string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if real, known := r.folders[folder]; known {
		return real
	}
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		real = folder
	}
	if len(r.folders) < maxFolders {
		r.folders[folder] = real
	}
	return real
}

// key returns a name's path below the root for use in keys, independent of spelling: ./a.png and
// the absolute path and file URL of a.png all give a.png. A name that leads elsewhere is returned
// unchanged.
func (r *imageRoot) key(name string) string {
	at, isURL := cutFileURL(name)
	switch {
	case isURL:
		if plain, err := url.PathUnescape(at); err == nil {
			at = plain
		}
	case strings.Contains(at, "://"):
		return name
	}
	if !filepath.IsAbs(at) {
		at = strings.ReplaceAll(at, `\`, "/")
	}
	if local, ok := r.local(at); ok {
		return path.Clean(filepath.ToSlash(local))
	}
	return name
}
