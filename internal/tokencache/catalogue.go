package tokencache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pali3/pali3/internal/folderlock"
)

// Stored describes the tokens of a key on disk.
type Stored struct {
	ID  string `json:"id"`
	Key Key    `json:"key"`
	// Images, with those twice that two parts hold.
	Images   int       `json:"images"`
	Parts    int       `json:"parts"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"` // when the newest part was written
	// Problems name files that are left out.
	Problems []Problem `json:"problems"`
}

// Problem is something wrong with a file of a cache.
type Problem struct {
	File string `json:"file"`
	Kind string `json:"kind"`
}

func (p Problem) String() string { return p.File + ": " + p.Kind }

// List describes what a cache holds, by ID. It reads no tokens.
func List(dir string) (all []Stored, others []Problem, err error) {
	if err := checkTag(dir, false); err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("the cache of visual tokens: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case name == tagFile || name == folderlock.Name:
		case e.IsDir() && isID(name):
			all = append(all, stored(dir, name))
		default:
			others = append(others, Problem{filepath.Join(dir, name), "not a file of a cache of visual tokens"})
		}
	}
	return all, others, nil
}

func isID(name string) bool {
	return len(name) == 32 && strings.Trim(name, "0123456789abcdef") == ""
}

// stored describes the folder of a key.
func stored(dir, id string) Stored {
	s := Stored{ID: id, Problems: []Problem{}}
	folder := filepath.Join(dir, id)
	key, err := readKey(folder)
	if err != nil {
		s.Problems = append(s.Problems, Problem{filepath.Join(folder, keyFile), err.Error()})
	}
	s.Key = key
	entries, err := os.ReadDir(folder)
	if err != nil {
		s.Problems = append(s.Problems, Problem{folder, err.Error()})
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if info, err := e.Info(); err == nil {
			s.Bytes += info.Size()
			if isPart(e.Name()) && info.ModTime().After(s.Modified) {
				s.Modified = info.ModTime().UTC()
			}
		}
		switch {
		case e.Name() == keyFile:
		case isPart(e.Name()):
			p, err := openPart(path, key)
			if err != nil {
				s.Problems = append(s.Problems, Problem{path, err.Error()})
				continue
			}
			s.Images += p.images
			s.Parts++
			p.Close()
		case strings.HasPrefix(e.Name(), ".tmp-"):
			s.Problems = append(s.Problems, Problem{path, "left by a process that was killed, or being written now"})
		default:
			s.Problems = append(s.Problems, Problem{path, "not a file of a cache of visual tokens"})
		}
	}
	return s
}

// readKey reads key.json, which must be that of its folder.
func readKey(folder string) (k Key, err error) {
	file, err := os.Open(filepath.Join(folder, keyFile))
	if err != nil {
		return k, err
	}
	defer file.Close()
	const longest = 1 << 20
	if info, err := file.Stat(); err != nil || info.Size() > longest {
		return k, fmt.Errorf("it has more than %d bytes: %w", longest, errors.Join(err))
	}
	if err := json.NewDecoder(file).Decode(&k); err != nil {
		return Key{}, err
	}
	if err := k.check(); err != nil {
		return Key{}, err
	}
	if id := k.ID(); id != filepath.Base(folder) {
		return Key{}, fmt.Errorf("its key has the ID %s, its folder another one", id)
	}
	return k, nil
}

// Verified is what [Verify] found.
type Verified struct {
	Sets   []Stored `json:"sets"`
	Images int      `json:"images"`
	Bytes  int64    `json:"bytes"`
	// Doubled counts images whose tokens are in two parts of a set.
	Doubled  int       `json:"doubled"`
	OK       bool      `json:"ok"`
	Problems []Problem `json:"problems"`
	// Removed counts the files that a repair removed, Rescued the images that it kept of them.
	Removed int `json:"removed,omitempty"`
	Rescued int `json:"rescued,omitempty"`
}

// Verify reads a whole cache and verifies every checksum. With repair it removes what is damaged
// and what killed processes left, and keeps the whole images of damaged parts; files that are none
// of a cache stay.
func Verify(ctx context.Context, dir string, repair bool) (v Verified, err error) {
	if v.Sets, v.Problems, err = List(dir); err != nil {
		return v, err
	}
	for i := range v.Sets {
		s := &v.Sets[i]
		v.Bytes += s.Bytes
		if err := v.set(ctx, filepath.Join(dir, s.ID), s, repair); err != nil {
			return v, err
		}
		v.Images += s.Images
		v.Problems = append(v.Problems, s.Problems...)
	}
	if v.Problems == nil {
		v.Problems = []Problem{}
	}
	v.OK = len(v.Problems) == 0
	return v, nil
}

// set verifies the parts of a set.
func (v *Verified) set(ctx context.Context, folder string, s *Stored, repair bool) error {
	if s.Key.Version == 0 {
		return nil // without its key nothing can be told of the parts
	}
	found, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	seen := map[Image]bool{}
	for _, e := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(folder, e.Name())
		if !isPart(e.Name()) {
			if info, err := e.Info(); repair && err == nil && strings.HasPrefix(e.Name(), ".tmp-") && time.Since(info.ModTime()) > abandoned {
				v.remove(path)
			}
			continue
		}
		whole, problem := readPart(path, s.Key, seen, &v.Doubled)
		if problem == nil {
			continue
		}
		listed := slices.ContainsFunc(s.Problems, func(p Problem) bool { return p.File == path })
		if !listed {
			s.Problems = append(s.Problems, Problem{path, problem.Error()})
		}
		if !repair {
			continue
		}
		if len(whole) > 0 {
			if _, err := writePart(folder, s.Key, whole); err != nil {
				return err
			}
			v.Rescued += len(whole)
		}
		if err := v.remove(path); err != nil {
			return err
		}
	}
	return nil
}

func (v *Verified) remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		v.Removed++
	}
	return err
}

// readPart verifies all of a part. If something is wrong with it, it returns what and the entries
// that are whole.
func readPart(path string, k Key, seen map[Image]bool, doubled *int) (whole []entry, problem error) {
	p, err := openPart(path, k)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var images []Image
	if problem = p.each(func(_ int, image Image) { images = append(images, image) }); problem != nil {
		return nil, problem
	}
	if len(images) == 0 {
		return nil, nil
	}
	buffer := make([]byte, k.bytes()) // the part has as many
	damaged := 0
	for at, image := range images {
		if err := p.read(at, image, buffer); err != nil {
			damaged++
			problem = err
			continue
		}
		if seen[image] {
			*doubled++
		}
		seen[image] = true
	}
	if problem == nil {
		return nil, nil
	}
	for at, image := range images { // now that they are needed
		content := make([]byte, k.bytes())
		if p.read(at, image, content) == nil {
			whole = append(whole, entry{image, content})
		}
	}
	return whole, fmt.Errorf("%d of its %d images are damaged, the last: %w", damaged, len(images), problem)
}

// Remove removes the tokens of keys, by the beginnings of their IDs, and returns what it removed.
// It is an error if a beginning is that of no ID or of several.
func Remove(dir string, ids []string) (removed []Stored, err error) {
	all, _, err := List(dir)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		var of []Stored
		for _, s := range all {
			if strings.HasPrefix(s.ID, id) {
				of = append(of, s)
			}
		}
		if len(of) != 1 {
			return nil, fmt.Errorf("%s holds %d keys that begin with %q; list them with pali3 cache list %s", dir, len(of), id, dir)
		}
		if !slices.ContainsFunc(removed, func(s Stored) bool { return s.ID == of[0].ID }) {
			removed = append(removed, of[0])
		}
	}
	for _, s := range removed {
		if err := removeSet(filepath.Join(dir, s.ID)); err != nil {
			return nil, err
		}
	}
	return removed, nil
}

// removeSet removes the files of a key, and its folder if nothing else is in it.
func removeSet(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name == keyFile || isPart(name) || strings.HasPrefix(name, ".tmp-") {
			if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return os.Remove(folder)
}
