package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pali3/pali3/internal/picture"
)

// Kinds of [Problem].
const (
	Missing      = "missing"     // the manifest lists the file, the folder lacks it
	Extra        = "extra"       // the folder has a part that the manifest does not list
	WrongSize    = "size"        // the file has another size than the manifest says
	Checksum     = "checksum"    // the file's sha256 is another
	Unreadable   = "unreadable"  // the rows cannot be decoded
	RowCount     = "rows"        // the file has another number of rows
	ImageHash    = "image_hash"  // an image's sha256 is another
	BadImage     = "image"       // an image's bytes are not an image, or of another format or size
	TwiceKey     = "key"         // a key is empty or was there already
	OtherVersion = "version"     // the manifest is of another version
	BadJournal   = "interrupted" // a journal says that a command was interrupted and may be resumed
)

// JournalName is the file in which a command that adds to a dataset keeps what it needs to resume.
const JournalName = ".ingest-journal.jsonl"

// Problem is something wrong with a dataset.
type Problem struct {
	File string `json:"file"`
	Row  int64  `json:"row"` // within the file; -1 if the file as a whole
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

// Verify checks a dataset: that every file is there, has its size, its checksum and its rows, and that no part
// is there which the manifest does not list. Deep also decodes every row and checks keys, image
// hashes and image headers, and says in which row a damaged file is damaged. The error is about what kept Verify
// from looking.
func Verify(dir string, deep bool) ([]Problem, error) {
	manifest, err := readManifest(dir)
	if errors.Is(err, ErrVersion) {
		return []Problem{{ManifestName, -1, OtherVersion, err.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	problems := []Problem{}
	keys := map[string]bool{}
	for _, f := range manifest.Files {
		found, err := verifyPart(dir, f, deep, keys)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	if manifest.Rejects != nil {
		found, err := verifyFile(dir, *manifest.Rejects)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	extra, err := extraFiles(dir, manifest)
	return append(problems, extra...), err
}

// verifyPart checks a part. Deep, its bytes are hashed while its rows are decoded.
func verifyPart(dir string, f File, deep bool, keys map[string]bool) ([]Problem, error) {
	var inRows []Problem
	var decoding sync.WaitGroup
	if deep {
		decoding.Go(func() { inRows = verifyRows(dir, f, keys) })
	}
	found, err := verifyFile(dir, f)
	decoding.Wait()
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && !deep {
		return verifyFooter(dir, f), nil
	}
	if len(found) > 0 && found[0].Kind != Checksum {
		return found, nil // a part cut short says nothing of its rows
	}
	return append(found, inRows...), nil
}

// verifyFooter compares a part's row groups with the manifest's.
func verifyFooter(dir string, f File) []Problem {
	p, file, err := openFolderPart(dir, f)
	if err != nil {
		return []Problem{{f.Name, -1, Unreadable, err.Error()}}
	}
	defer file.Close()
	if err := p.agrees(f.RowGroups); err != nil {
		return []Problem{{f.Name, -1, RowCount, err.Error()}}
	}
	return nil
}

func openFolderPart(dir string, f File) (*part, *os.File, error) {
	file, err := os.Open(filepath.Join(dir, f.Name))
	if err != nil {
		return nil, nil, err
	}
	p, err := openPart(file.Name(), file, f.Bytes)
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return p, file, nil
}

func verifyFile(dir string, f File) ([]Problem, error) {
	file, err := os.Open(filepath.Join(dir, f.Name))
	if os.IsNotExist(err) {
		return []Problem{{f.Name, -1, Missing, "listed by the manifest"}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	digest := sha256.New()
	n, err := io.Copy(digest, file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	if n != f.Bytes {
		return []Problem{{f.Name, -1, WrongSize, fmt.Sprintf("%d bytes, the manifest says %d", n, f.Bytes)}}, nil
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != f.SHA256 {
		return []Problem{{f.Name, -1, Checksum, fmt.Sprintf("sha256 %s, the manifest says %s", sum, f.SHA256)}}, nil
	}
	return nil, nil
}

// verifyRows decodes the rows of a part, one row group ahead of the checks.
func verifyRows(dir string, f File, keys map[string]bool) (problems []Problem) {
	p, file, err := openFolderPart(dir, f)
	if err != nil {
		return []Problem{{f.Name, -1, Unreadable, err.Error()}}
	}
	defer file.Close()
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
			problems = append(problems, verifySample(f.Name, first+int64(i), &samples[i], keys)...)
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
	info, err := picture.Inspect(image.Bytes)
	if err != nil {
		return BadImage, err.Error()
	}
	if info.Format != image.Format || info.Width != int(image.Width) || info.Height != int(image.Height) {
		return BadImage, fmt.Sprintf("%s of %d x %d, recorded %s of %d x %d",
			info.Format, info.Width, info.Height, image.Format, image.Width, image.Height)
	}
	return "", ""
}

func extraFiles(dir string, manifest *Manifest) (problems []Problem, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	listed := manifest.names()
	for _, e := range entries {
		switch {
		case e.Name() == JournalName:
			problems = append(problems, Problem{e.Name(), -1, BadJournal, "an interrupted command left its journal: run it again"})
		case strings.HasSuffix(e.Name(), ".parquet") && !slices.Contains(listed, e.Name()) && !strings.HasPrefix(e.Name(), ".tmp-"):
			problems = append(problems, Problem{e.Name(), -1, Extra, "not listed by the manifest"})
		}
	}
	return problems, nil
}
