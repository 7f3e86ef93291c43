package tokencache

import (
	"container/list"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/folderlock"
)

// tagFile marks the folder of a cache, so that programs for backups leave it out
// (bford.info/cachedir) and none is taken for a cache that is not one.
const tagFile = "CACHEDIR.TAG"

const tag = "Signature: 8a477f597d28d172789f06886806bc55\n# pali3 visual tokens, version 1\n# What is in this folder can be computed again. See docs/design/visual_tokens.md of pali3.\n"

const keyFile = "key.json"

// mostOpen is how many parts are open at a time.
const mostOpen = 64

// Folder is the cache in a folder. It is safe for concurrent use.
type Folder struct {
	dir   string
	limit int64 // of the bytes in the folder, 0 for none

	mu     sync.Mutex
	bytes  int64 // in the folder, with what is to be written
	sets   map[string]*Set
	opened map[string]*list.Element // by path, of parts in recent
	recent list.List                // the parts that were used last, first
}

// Open opens the cache in a folder, which it makes if it is not there. It is an error if the folder
// holds something else. If the folder has more bytes than the limit, the cache takes no more
// tokens; 0 is no limit.
func Open(dir string, limit int64) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the cache of visual tokens: %w", err)
	}
	if err := checkTag(dir, true); err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, limit: limit, sets: map[string]*Set{}, opened: map[string]*list.Element{}}
	if limit > 0 {
		f.bytes = size(dir)
	}
	return f, nil
}

// checkTag returns an error if a folder is not that of a cache. It makes an empty folder one if
// asked to.
func checkTag(dir string, make bool) error {
	content, err := os.ReadFile(filepath.Join(dir, tagFile))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("the cache of visual tokens: %w", err)
		}
		for _, e := range entries {
			if name := e.Name(); !strings.HasPrefix(name, ".tmp-") && name != folderlock.Name && name != tagFile {
				return fmt.Errorf("%s is not a cache of visual tokens: it holds %s and no %s; name the folder of one, or an empty or new folder to fill", dir, name, tagFile)
			}
		}
		if !make {
			return fmt.Errorf("%s is not a cache of visual tokens: it has no %s", dir, tagFile)
		}
		return atomicfile.WriteBytes(filepath.Join(dir, tagFile), []byte(tag))
	}
	if err != nil {
		return fmt.Errorf("the cache of visual tokens: %w", err)
	}
	if string(content) != tag {
		return fmt.Errorf("%s is not a cache of visual tokens of this version: its %s is another one", dir, tagFile)
	}
	return nil
}

// size returns the bytes of all files below a folder.
func size(dir string) (n int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it may have vanished
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return nil
	})
	return n
}

// Dir returns the folder.
func (f *Folder) Dir() string { return f.dir }

// Set returns the tokens of a key. It reads which images the folder has, 32 bytes each.
func (f *Folder) Set(k Key) (*Set, error) {
	k.Version = Version
	if err := k.check(); err != nil {
		return nil, fmt.Errorf("the cache of visual tokens %s: %w", f.dir, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := k.ID()
	if s := f.sets[id]; s != nil {
		return s, nil
	}
	s := &Set{folder: f, key: k, dir: filepath.Join(f.dir, id), index: map[Image]place{}, seen: map[string]bool{}, pending: map[Image]int{}}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, fmt.Errorf("the cache of visual tokens: %w", err)
	}
	if err := s.writeKey(); err != nil {
		return nil, fmt.Errorf("the cache of visual tokens: %w", err)
	}
	if err := s.scan(); err != nil {
		return nil, err
	}
	f.sets[id] = s
	return s, nil
}

// writeKey writes key.json unless it is there.
func (s *Set) writeKey() error {
	path := filepath.Join(s.dir, keyFile)
	content, err := json.MarshalIndent(s.key, "", "  ")
	if err != nil {
		return err
	}
	content = append(content, '\n')
	if old, err := os.ReadFile(path); err == nil && string(old) == string(content) {
		return nil
	}
	return atomicfile.WriteBytes(path, content)
}

// part returns an open part. Those that were used last stay open.
func (f *Folder) part(path string, k Key) (*part, error) {
	if at := f.opened[path]; at != nil {
		f.recent.MoveToFront(at)
		return at.Value.(*part), nil
	}
	p, err := openPart(path, k)
	if err != nil {
		return nil, err
	}
	f.opened[path] = f.recent.PushFront(p)
	if f.recent.Len() > mostOpen {
		f.forget(f.recent.Back())
	}
	return p, nil
}

func (f *Folder) forget(at *list.Element) error {
	p := f.recent.Remove(at).(*part)
	delete(f.opened, p.Path())
	return p.Close()
}

// lockWait is how long a process waits for another that writes a part. Then it writes all the same:
// the lock only keeps two processes from writing the tokens of the same images.
const lockWait = 5 * time.Second

// lock takes the folder's lock, or gives up.
func (f *Folder) lock() (unlock func()) {
	for began := time.Now(); time.Since(began) < lockWait; time.Sleep(5 * time.Millisecond) {
		l, err := folderlock.Take(f.dir)
		if err == nil {
			return func() { l.Unlock() }
		}
		if !errors.Is(err, folderlock.ErrTaken) {
			break // a file system without locks
		}
	}
	return func() {}
}

// Uses returns what all sets did.
func (f *Folder) Uses() (all Uses) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sets {
		u := &s.uses
		all.Images, all.Read, all.Added, all.Refused, all.Damaged = all.Images+u.Images, all.Read+u.Read, all.Added+u.Added, all.Refused+u.Refused, all.Damaged+u.Damaged
		all.Problems = append(all.Problems, u.Problems...)
		if u.Refused > 0 {
			all.First = u.First
		}
	}
	return all
}

// Stopped says why a set takes no more tokens, other than that the folder is at its limit.
func (f *Folder) Stopped() (all error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sets {
		all = errors.Join(all, s.stopped)
	}
	return all
}

// Flush writes the tokens that are in memory only.
func (f *Folder) Flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all error
	for _, s := range f.sets {
		all = errors.Join(all, s.flush())
	}
	return all
}

// Close writes what is in memory only and closes all files. No method may be called after it.
func (f *Folder) Close() error {
	all := f.Flush()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.recent.Len() > 0 {
		all = errors.Join(all, f.forget(f.recent.Back()))
	}
	return all
}
