package shards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pali3/pali3/internal/imagefile"
)

// Kinds of [Problem].
const (
	Missing      = "missing"     // the manifest lists the file, but the folder lacks it
	Extra        = "extra"       // the folder has a part that the manifest does not list
	WrongSize    = "size"        // the size of the file differs from the manifest
	Checksum     = "checksum"    // the SHA-256 of the file differs from the manifest
	Unreadable   = "unreadable"  // the rows cannot be decoded
	RowCount     = "rows"        // the number of rows differs from the manifest
	ImageHash    = "image_hash"  // the SHA-256 of an image differs from its column
	BadImage     = "image"       // the bytes of an image are not one, or have another format or size than its columns
	TwiceKey     = "key"         // a key is empty or repeated
	OtherVersion = "version"     // the manifest has another version
	BadJournal   = "interrupted" // there is the journal of an interrupted command, which can be resumed
)

// JournalName is the file in which a command that adds to a dataset records what it needs to
// resume.
const JournalName = ".ingest-journal.jsonl"

// Problem is something that is wrong with a dataset.
type Problem struct {
	File string `json:"file"`
	Row  int64  `json:"row"` // within the file; -1 for the whole file
	Kind string `json:"kind"`
	What string `json:"what,omitempty"`
}

func (p Problem) String() string {
	at := p.File
	if p.Row >= 0 {
		at += fmt.Sprintf(" row %d", p.Row)
	}
	return fmt.Sprintf("%s: %s (%s)", at, p.Kind, p.What)
}

// Verify checks that every file of a dataset exists and has the size, checksum and rows that the
// manifest says, and that there are no parts that the manifest does not list. With deep it also
// decodes every row, checks keys, image hashes and image headers, and locates damage to the row. An
// error means that Verify could not look.
func Verify(dir string, deep bool) ([]Problem, error) {
	return Stores(nil).Verify(context.Background(), dir, deep)
}

// Verify is the function [Verify] for a folder or a URL.
func (s Stores) Verify(ctx context.Context, dir string, deep bool) ([]Problem, error) {
	store, err := s.OpenStore(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer closeStore(store)
	manifest, err := loadManifest(ctx, store, dir)
	if errors.Is(err, ErrVersion) {
		return []Problem{{ManifestName, -1, OtherVersion, err.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	v := verifier{ctx: ctx, store: store, name: dir, deep: deep, keys: map[string]bool{}}
	problems := []Problem{}
	for _, f := range manifest.Files {
		found, err := v.part(f)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	if manifest.Rejects != nil {
		found, err := v.file(*manifest.Rejects)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	extra, err := v.extra(manifest)
	return append(problems, extra...), err
}

// verifier checks the files of a dataset.
type verifier struct {
	ctx   context.Context
	store Store
	name  string
	deep  bool
	keys  map[string]bool // of the rows so far
}

// part checks a part. With deep it hashes the file while it decodes the rows.
func (v *verifier) part(f File) ([]Problem, error) {
	var inRows []Problem
	var decoding sync.WaitGroup
	if v.deep {
		decoding.Go(func() { inRows = v.rows(f) })
	}
	found, err := v.file(f)
	decoding.Wait()
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && !v.deep {
		return v.footer(f), nil
	}
	if len(found) > 0 && found[0].Kind != Checksum {
		return found, nil // the rows of a part that is cut short cannot be read
	}
	return append(found, inRows...), nil
}

// footer compares the row groups of a part with the manifest.
func (v *verifier) footer(f File) []Problem {
	p, end, err := v.open(f)
	if err != nil {
		return []Problem{{f.Name, -1, Unreadable, err.Error()}}
	}
	defer end()
	if err := p.agrees(f.RowGroups); err != nil {
		return []Problem{{f.Name, -1, RowCount, err.Error()}}
	}
	return nil
}

// open opens a part; end closes it.
func (v *verifier) open(f File) (p *part, end func(), err error) {
	r, err := v.store.OpenFile(v.ctx, f.Name)
	if err != nil {
		return nil, nil, err
	}
	end = func() {
		if closer, ok := r.(io.Closer); ok {
			closer.Close()
		}
	}
	if p, err = openPart(fileOf(v.name, f.Name), r, f.Bytes); err != nil {
		end()
	}
	return p, end, err
}

// file compares the size and hash of a file with the manifest.
func (v *verifier) file(f File) ([]Problem, error) {
	size, err := v.store.Size(v.ctx, f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return []Problem{{f.Name, -1, Missing, "listed by the manifest"}}, nil
	}
	if err != nil {
		return nil, err
	}
	if size != f.Bytes {
		return []Problem{{f.Name, -1, WrongSize, fmt.Sprintf("%d bytes, the manifest says %d", size, f.Bytes)}}, nil
	}
	sum, _, err := hashOf(v.ctx, v.store, f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", fileOf(v.name, f.Name), err)
	}
	if sum != f.SHA256 {
		return []Problem{{f.Name, -1, Checksum, fmt.Sprintf("sha256 %s, the manifest says %s", sum, f.SHA256)}}, nil
	}
	return nil, nil
}

// rows decodes the rows of a part.
func (v *verifier) rows(f File) (problems []Problem) {
	p, end, err := v.open(f)
	if err != nil {
		return []Problem{{f.Name, -1, Unreadable, err.Error()}}
	}
	defer end()
	if err := p.agrees(f.RowGroups); err != nil {
		problems = append(problems, Problem{f.Name, -1, RowCount, err.Error()})
	}
	first := int64(0)
	var r room
	for n := range p.groups {
		err := p.readGroup(n, everything, &r, false)
		samples := r.batch.samples
		if err != nil {
			samples = nil
			row := first
			if d := (*damage)(nil); errors.As(err, &d) {
				row += int64(d.row)
			}
			problems = append(problems, Problem{f.Name, row, Unreadable, err.Error()})
		}
		for i := range samples {
			problems = append(problems, verifySample(f.Name, first+int64(i), &samples[i], v.keys)...)
		}
		first += int64(p.groups[n].rows)
	}
	return problems
}

func verifySample(file string, row int64, s *Sample, keys map[string]bool) (problems []Problem) {
	if s.Key == "" || keys[s.Key] {
		problems = append(problems, Problem{file, row, TwiceKey, fmt.Sprintf("key %q", s.Key)})
	}
	keys[strings.Clone(s.Key)] = true
	for i := range s.Images {
		if kind, what := verifyImage(&s.Images[i]); kind != "" {
			problems = append(problems, Problem{file, row, kind, fmt.Sprintf("image %d: %s", i, what)})
		}
	}
	return problems
}

func verifyImage(image *Image) (kind, what string) {
	if got := Hash(image.Bytes); got != image.SHA256 {
		return ImageHash, fmt.Sprintf("sha256 %s, recorded %s", got, image.SHA256)
	}
	info, err := imagefile.Inspect(image.Bytes)
	if err != nil {
		return BadImage, err.Error()
	}
	if info.Format != image.Format || info.Width != int(image.Width) || info.Height != int(image.Height) {
		return BadImage, fmt.Sprintf("%s of %d x %d, recorded %s of %d x %d",
			info.Format, info.Width, info.Height, image.Format, image.Width, image.Height)
	}
	return "", ""
}

// extra looks for files that the manifest does not list, and for the journal of an interrupted
// command.
func (v *verifier) extra(manifest *Manifest) (problems []Problem, err error) {
	names, err := v.store.List(v.ctx)
	if err != nil {
		return nil, err
	}
	listed := manifest.names()
	for _, name := range names {
		if strings.HasSuffix(name, ".parquet") && !slices.Contains(listed, name) && !strings.HasPrefix(name, ".tmp-") {
			problems = append(problems, Problem{name, -1, Extra, "not listed by the manifest"})
		}
	}
	work, err := WorkFolder(v.name)
	if err != nil {
		return problems, nil // nothing was written here
	}
	if _, err := os.Stat(filepath.Join(work, JournalName)); err == nil {
		problems = append(problems, Problem{JournalName, -1, BadJournal, "an interrupted command left its journal: rerun the command to resume"})
	}
	return problems, nil
}
