package folder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/internal/format/sidecar"
	"github.com/pali3/pali3/shards"
)

// maxDescription is the largest size in bytes of a table that describes a folder's images. The
// table is held in memory while the folder is read.
const maxDescription = 1 << 30

// description holds what the tables of a folder say about the images in it and below.
type description struct {
	root, dir string // of the source, and of the tables in it
	first     map[string]*described
	lines     []*described
	left      []shards.LeftOut // damaged lines
}

// described is one table line about one image.
type described struct {
	file string
	line int
	name string     // of the image, as written in the line
	says []byte     // a JSON object
	next *described // the next line about the same image
	last *described // set on the first line about an image: the last such line
	used bool
}

// isTable reports whether a file is a metadata table of Hugging Face's ImageFolder layout.
func isTable(base string) bool {
	switch strings.ToLower(base) {
	case "metadata.jsonl", "metadata.csv", "metadata.tsv", "metadata.parquet":
		return true
	}
	return false
}

// describe reads the tables of a folder.
func describe(root *os.Root, source, dir string, files []string) *description {
	d := &description{root: source, dir: dir, first: map[string]*described{}}
	for _, file := range files {
		d.read(root, file)
	}
	return d
}

func (d *description) read(root *os.Root, file string) {
	if strings.EqualFold(path.Ext(file), ".parquet") {
		if err := d.readParquet(root, file); err != nil {
			d.leave("%s (%v)", file, err)
		}
		return
	}
	content, _, err := input.ReadWithin(root, file, maxDescription)
	if err == nil && (bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff"))) {
		var text string
		text, err = sidecar.ParseText(content)
		content = []byte(text)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	switch {
	case err != nil:
		d.leave("%s (%v)", file, err)
	case strings.EqualFold(path.Ext(file), ".jsonl"):
		d.readLines(file, content)
	default:
		d.readColumns(file, strings.ToLower(path.Ext(file)), content, nil)
	}
}

func (d *description) leave(format string, args ...any) {
	d.left = append(d.left, shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf(format, args...), N: 1})
}

// readLines reads JSON lines.
func (d *description) readLines(file string, content []byte) {
	for n := 1; len(content) > 0; n++ {
		var line []byte
		line, content, _ = bytes.Cut(content, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		raw, err := sidecar.ParseJSON(line)
		if err != nil {
			d.leave("%s:%d (%v)", file, n, err)
			continue
		}
		d.add(file, n, raw)
	}
}

// nameColumns are the fields that may name an image's file: first Hugging Face's, then those of
// other tools.
var nameColumns = []string{"file_name", "file_names", "filename", "file", "image_file", "image_name", "image_path", "image", "img", "img_path", "file_path", "filepath", "path", "imgname"}

// add records a line under each image name in it.
func (d *description) add(file string, n int, raw []byte) {
	var fields map[string]json.RawMessage
	if raw[0] != '{' || json.Unmarshal(raw, &fields) != nil {
		d.leave("%s:%d (not a JSON object)", file, n)
		return
	}
	names := namesIn(fields)
	if len(names) == 0 {
		d.leave("%s:%d (no file_name)", file, n)
		return
	}
	for _, name := range names {
		d.put(&described{file: file, line: n, name: name, says: raw})
	}
}

// namesIn returns the files that a line describes.
func namesIn(fields map[string]json.RawMessage) (names []string) {
	for _, column := range nameColumns {
		var name string
		if json.Unmarshal(fields[column], &name) == nil && name != "" {
			return []string{name}
		}
		if json.Unmarshal(fields[column], &names) == nil && len(names) > 0 {
			return names
		}
	}
	return nil
}

func (d *description) put(line *described) {
	d.lines = append(d.lines, line)
	key := d.key(line.name)
	if first := d.first[key]; first != nil {
		first.last.next, first.last = line, line
	} else {
		d.first[key], line.last = line, line
	}
}

// key returns the normalized path of an image relative to the table's folder.
func (d *description) key(name string) string {
	if filepath.IsAbs(name) {
		if base, err := filepath.Abs(filepath.Join(d.root, d.dir)); err == nil {
			if rel, err := filepath.Rel(base, name); err == nil {
				name = rel
			}
		}
	}
	if !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	return path.Clean(name)
}

// of returns the lines about an image or folder; name is relative to the source's root.
func (d *description) of(name string) []*described {
	if d.dir != "." {
		var below bool
		if name, below = strings.CutPrefix(name, d.dir+"/"); !below {
			return nil
		}
	}
	if lines := d.named(name); len(lines) > 0 {
		return lines
	}
	return d.named(strings.TrimSuffix(name, path.Ext(name)))
}

func (d *description) named(key string) (lines []*described) {
	for line := d.first[key]; line != nil; line = line.next {
		lines = append(lines, line)
	}
	return lines
}

// maxNamed bounds the left-out lines that are named for each folder.
const maxNamed = 8

// unused returns the damaged lines and the lines about images that do not exist.
func (d *description) unused() []shards.LeftOut {
	left := slices.Clone(d.left)
	for _, line := range d.lines {
		if !line.used {
			left = append(left, shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf("%s:%d (no image %s)", line.file, line.line, line.name), N: 1})
		}
	}
	if len(left) > maxNamed {
		rest := shards.LeftOut{Reason: shards.LeftMetadata}
		for _, l := range left[maxNamed:] {
			rest.N += l.N
		}
		left = append(left[:maxNamed:maxNamed], rest)
	}
	return left
}

// maxLines bounds the table lines about one image.
const maxLines = 1000

// applyLines adds the content of table lines to a sample. A line that adds nothing repeats an
// earlier one.
func applyLines(lines []*described, s *shards.Sample) (left []shards.LeftOut) {
	if more := len(lines) - maxLines; more > 0 {
		first := lines[maxLines]
		left = append(left, shards.LeftOut{Reason: shards.LeftMetadata, N: int64(more),
			Name: fmt.Sprintf("%s:%d and %d more lines about %s, over the limit of %d", first.file, first.line, more-1, first.name, maxLines)})
		lines = lines[:maxLines]
	}
	for _, line := range lines {
		var fields map[string]json.RawMessage
		if json.Unmarshal(line.says, &fields) != nil {
			continue // it was read before
		}
		for _, column := range nameColumns {
			var named string
			var several []string
			if json.Unmarshal(fields[column], &named) == nil && named == line.name ||
				json.Unmarshal(fields[column], &several) == nil && slices.Contains(several, line.name) {
				delete(fields, column)
				break
			}
		}
		before := sizeOfSample(s)
		more := sidecar.AddFields(s, fields)
		left = append(left, within(fmt.Sprintf("%s:%d", line.file, line.line), more)...)
		if sizeOfSample(s) == before && len(more) == 0 && line != lines[0] {
			left = append(left, shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf("%s:%d (%s comes twice)", line.file, line.line, line.name), N: 1})
		}
	}
	return left
}

func sizeOfSample(s *shards.Sample) int {
	return len(s.Texts) + len(s.Questions) + len(s.Boxes) + len(s.Scores) + len(s.Metadata) + len(s.Provenance.URL) + len(s.Split) + len(s.Key)
}
