package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/picture"
)

// Kinds of [Problem].
const (
	Missing    = "missing"     // the manifest lists the file, the folder lacks it
	Extra      = "extra"       // the folder has a part that the manifest does not list
	WrongSize  = "size"        // the file has another size than the manifest says
	Checksum   = "checksum"    // the file's sha256 is another
	Unreadable = "unreadable"  // the rows cannot be decoded
	RowCount   = "rows"        // the file has another number of rows
	ImageHash  = "image_hash"  // an image's sha256 is another
	BadImage   = "image"       // an image's bytes are not an image, or of another format or size
	TwiceKey   = "key"         // a key is empty or was there already
	BadJournal = "interrupted" // a journal says that a command was interrupted and may be resumed
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

// Verify checks a dataset: that every file is there, has its size and its checksum, and that no part
// is there which the manifest does not list. Deep also decodes every row and checks keys, image
// hashes and image headers. The error is about what kept Verify from looking.
func Verify(dir string, deep bool) ([]Problem, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	problems := []Problem{}
	files := slices.Clone(manifest.Files)
	if manifest.Rejects != nil {
		files = append(files, *manifest.Rejects)
	}
	keys := map[string]bool{}
	for _, f := range files {
		found, err := verifyFile(dir, f)
		if err != nil {
			return nil, err
		}
		if deep && len(found) == 0 && f.Name != RejectsName {
			found = verifyRows(dir, f, keys)
		}
		problems = append(problems, found...)
	}
	extra, err := extraFiles(dir, manifest)
	return append(problems, extra...), err
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

func verifyRows(dir string, f File, keys map[string]bool) (problems []Problem) {
	row := int64(0)
	for s, err := range readTable[Sample](filepath.Join(dir, f.Name)) {
		if err != nil {
			return append(problems, Problem{f.Name, row, Unreadable, err.Error()})
		}
		if s.Key == "" || keys[s.Key] {
			problems = append(problems, Problem{f.Name, row, TwiceKey, fmt.Sprintf("key %q", s.Key)})
		}
		keys[s.Key] = true
		for i := range s.Images {
			if kind, what := verifyImage(&s.Images[i]); kind != "" {
				problems = append(problems, Problem{f.Name, row, kind, fmt.Sprintf("image %d: %s", i, what)})
			}
		}
		row++
	}
	if row != f.Rows {
		problems = append(problems, Problem{f.Name, -1, RowCount, fmt.Sprintf("%d rows, the manifest says %d", row, f.Rows)})
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
