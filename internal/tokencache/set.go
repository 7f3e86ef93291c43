package tokencache

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pali3/pali3/internal/safetensors"
)

// Parts are written when they have this many bytes, or when their first image has waited as long as
// this: what a killed process loses.
const (
	partBytes = 64 << 20
	partAge   = time.Minute
)

// Set holds the tokens of images with one key. It is safe for concurrent use.
type Set struct {
	folder *Folder
	key    Key
	dir    string

	// The folder's mutex is held for all of these.
	parts   []string        // paths
	seen    map[string]bool // names of files in the key's folder that were looked at
	index   map[Image]place
	others  map[Image][]place // of images that are in several parts
	pending map[Image]int     // of entries
	entries []entry           // to be written
	since   time.Time         // when the first of them came
	buffer  []byte            // for the tokens of an image
	stopped error             // why no more parts are written
	uses    Uses
}

// place is where an image's tokens are.
type place struct {
	part, at int32
	verified bool
}

// Uses count what a set did.
type Uses struct {
	// Images that the folder had when the set was opened, or that other processes added.
	Images int `json:"images"`
	// Read is how often tokens were read, Added the images whose tokens were added.
	Read  int64 `json:"read"`
	Added int64 `json:"added"`
	// Refused is the number of images whose tokens were not added: the folder is at its limit, or
	// cannot be written. First is the first of them.
	Refused int64 `json:"refused"`
	First   Image `json:"-"`
	// Problems name parts that are not what they must be, and are left out.
	Problems []string `json:"problems,omitempty"`
	// Damaged is the number of parts, and of images in parts, that are left out.
	Damaged int `json:"damaged"`
}

// mostProblems is how many problems are named.
const mostProblems = 8

func (u *Uses) problem(err error) {
	u.Damaged++
	if len(u.Problems) < mostProblems {
		u.Problems = append(u.Problems, err.Error())
	}
}

// Key returns the set's key.
func (s *Set) Key() Key { return s.key }

// Uses returns what the set did.
func (s *Set) Uses() Uses {
	s.folder.mu.Lock()
	defer s.folder.mu.Unlock()
	u := s.uses
	u.Problems = slices.Clone(u.Problems)
	return u
}

// scan looks for parts that are new in the key's folder.
func (s *Set) scan() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("the cache of visual tokens: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if s.seen[name] || name == keyFile || strings.HasPrefix(name, ".tmp-") {
			continue
		}
		s.seen[name] = true
		path := filepath.Join(s.dir, name)
		if !isPart(name) {
			s.uses.problem(fmt.Errorf("%s is not a part of a cache of visual tokens", path))
		} else if err := s.add(path); err != nil {
			s.uses.problem(err)
		}
	}
	return nil
}

// add adds the images of a part to the index.
func (s *Set) add(path string) error {
	p, err := openPart(path, s.key)
	if err != nil {
		return err
	}
	defer p.Close()
	number := int32(len(s.parts))
	err = p.each(func(at int, image Image) {
		where := place{part: number, at: int32(at)}
		if _, twice := s.index[image]; twice {
			if s.others == nil {
				s.others = map[Image][]place{}
			}
			s.others[image] = append(s.others[image], where)
			return
		}
		s.index[image] = where
		s.uses.Images++
	})
	if err == nil {
		s.parts = append(s.parts, path)
	}
	return err
}

// Has reports whether the set has the tokens of an image. It verifies the checksum of those on disk
// when it is asked first; tokens that are damaged are left out. An image that it has stays there
// until the folder is closed.
func (s *Set) Has(image Image) bool {
	s.folder.mu.Lock()
	defer s.folder.mu.Unlock()
	if _, waits := s.pending[image]; waits {
		return true
	}
	return s.verified(image)
}

// verified reports whether an image has tokens on disk that are whole.
func (s *Set) verified(image Image) bool {
	where, ok := s.index[image]
	if !ok || where.verified {
		return ok
	}
	if s.buffer == nil {
		s.buffer = make([]byte, s.key.bytes())
	}
	for {
		p, err := s.folder.part(s.parts[where.part], s.key)
		if err == nil {
			err = p.read(int(where.at), image, s.buffer)
		}
		if err == nil {
			where.verified = true
			s.index[image] = where
			return true
		}
		s.uses.problem(err)
		rest := s.others[image]
		if len(rest) == 0 {
			delete(s.index, image)
			return false
		}
		where, s.others[image] = rest[0], rest[1:]
	}
}

// Get returns the tokens of an image, [T, D], which the caller owns, and nil if the set does not
// have them.
func (s *Set) Get(image Image) ([]float32, error) {
	s.folder.mu.Lock()
	defer s.folder.mu.Unlock()
	s.flushIfDue()
	if at, waits := s.pending[image]; waits {
		s.uses.Read++
		return floats(s.entries[at].content), nil
	}
	if !s.verified(image) {
		return nil, nil
	}
	where := s.index[image]
	if s.buffer == nil { // added by this process, so not verified
		s.buffer = make([]byte, s.key.bytes())
	}
	p, err := s.folder.part(s.parts[where.part], s.key)
	if err == nil {
		err = p.read(int(where.at), image, s.buffer)
	}
	if err != nil {
		return nil, fmt.Errorf("the cache of visual tokens was changed while it was used; run the same again: %w", err)
	}
	s.uses.Read++
	return floats(s.buffer), nil
}

func floats(content []byte) []float32 { return safetensors.BF16.AppendFloat32(nil, content) }

// Put adds the tokens of an image, [T, D], and returns them as [Set.Get] will, rounded to bfloat16,
// to the nearest, ties to even. If the set takes no more, added is false.
func (s *Set) Put(image Image, tokens []float32) (rounded []float32, added bool, err error) {
	if len(tokens) != s.key.Tokens*s.key.Width {
		return nil, false, fmt.Errorf("image %s has %d numbers, want %d tokens of width %d", image, len(tokens), s.key.Tokens, s.key.Width)
	}
	content, err := encode(tokens)
	if err != nil {
		return nil, false, fmt.Errorf("the tokens of image %s: %w", image, err)
	}
	s.folder.mu.Lock()
	defer s.folder.mu.Unlock()
	return floats(content), s.put(entry{image, content}), nil
}

// Round returns tokens as [Set.Get] returns them after they were added.
func Round(tokens []float32) ([]float32, error) {
	content, err := encode(tokens)
	return floats(content), err
}

// encode returns tokens in bfloat16.
func encode(tokens []float32) ([]byte, error) {
	for i, v := range tokens {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("number %d is %g", i, v)
		}
	}
	return safetensors.Encode(safetensors.BF16, tokens)
}

// put adds an entry unless the set has it or takes no more.
func (s *Set) put(e entry) bool {
	if _, waits := s.pending[e.image]; waits || s.verified(e.image) {
		return true
	}
	f := s.folder
	size := int64(len(e.content)) + int64(len(e.image)) + 8
	if s.stopped != nil || f.limit > 0 && f.bytes+size > f.limit {
		if s.uses.Refused++; s.uses.Refused == 1 {
			s.uses.First = e.image
		}
		return false
	}
	if len(s.entries) == 0 {
		s.since = time.Now()
	}
	f.bytes += size
	s.pending[e.image] = len(s.entries)
	s.entries = append(s.entries, e)
	s.uses.Added++
	s.flushIfDue()
	return true
}

// flushIfDue writes the entries if they are many or old. If that fails they stay in memory, and
// [Folder.Stopped] says why.
func (s *Set) flushIfDue() {
	if n := len(s.entries); n > 0 && (n*s.key.bytes() >= partBytes || time.Since(s.since) >= partAge) {
		s.flush()
	}
}

// flush writes the entries that wait as a part, without those that another process wrote. If it
// fails they stay in memory, and the set takes no more.
func (s *Set) flush() error {
	if len(s.entries) == 0 || s.stopped != nil {
		return s.stopped
	}
	defer s.folder.lock()()
	s.stopped = s.write()
	if s.stopped != nil {
		s.stopped = fmt.Errorf("the cache of visual tokens %s takes no more: %w", s.folder.dir, s.stopped)
	}
	return s.stopped
}

func (s *Set) write() error {
	s.removeAbandoned()
	if err := s.scan(); err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(s.entries), func(e entry) bool { return s.verified(e.image) })
	if len(left) > 0 {
		name, err := writePart(s.dir, s.key, left)
		if err != nil {
			return err
		}
		s.seen[name] = true
		number, path := int32(len(s.parts)), filepath.Join(s.dir, name)
		if old := s.folder.opened[path]; old != nil { // of the same images, and damaged
			s.folder.forget(old)
		}
		s.parts = append(s.parts, path)
		for at, e := range left {
			s.index[e.image] = place{number, int32(at), true}
		}
	}
	s.entries, s.pending = nil, map[Image]int{}
	return nil
}

// abandoned is the age at which a temporary file is taken for that of a killed process.
const abandoned = time.Hour

func (s *Set) removeAbandoned() {
	found, _ := filepath.Glob(filepath.Join(s.dir, ".tmp-*"))
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > abandoned {
			os.Remove(path)
		}
	}
}
