package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/shards"
)

// Bounds of the files that ingestion reads whole, in bytes.
const (
	maxImageFile = 256 << 20
	maxTextFile  = 16 << 20
)

// byteOrderMark may begin a text file, and is no part of the text.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Reasons of file sources.
const (
	Unreadable = "unreadable" // the file cannot be read
	TooLarge   = "too_large"  // the file is over the limit
	BadText    = "text"       // a sidecar is not UTF-8 or not understood
)

// Folder reads the images under a folder, in order of their paths. The key of an image is its path
// within the folder. Text comes from beside it: X.txt is an alternative text, X.json has the names of
// [shards.Sample] (or caption and url), and a metadata.jsonl in a folder describes its images by file_name, as
// Hugging Face's image folders do. X.caption is read as X.txt. Symbolic links that leave the folder are rejected.
type Folder struct {
	Dir       string
	Language  string // of the sidecar texts, if known
	Labels    bool   // the name of an image's folder is a title of it
	Sequences bool   // all images of a folder are the frames of one record, named and described as that folder

	meter *meter
}

// NewFolder checks that the folder is there.
func NewFolder(dir, language string) (*Folder, error) {
	if err := Local(dir); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	return &Folder{Dir: dir, Language: language, meter: new(meter)}, nil
}

// Name implements [Source].
func (f *Folder) Name() string { return "folder " + f.Dir }

// Fingerprint implements [Source].
func (f *Folder) Fingerprint() (string, error) {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	var all strings.Builder
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // counted as a reject when it is read
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&all, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return shards.Hash([]byte(all.String())), err
}

// Part implements [Measured].
func (f *Folder) Part() float64 { return f.meter.part() }

// Records implements [Source].
func (f *Folder) Records(ctx context.Context) iter.Seq[shards.Record] { return f.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: of the first n records no file is read.
func (f *Folder) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(f.Dir)
		if err != nil {
			yield(shards.Bad(f.Dir, "", Unreadable, err))
			return
		}
		defer root.Close()
		w := &folderWalk{Folder: f, root: root, described: map[string]map[string]json.RawMessage{}}
		f.meter.begin(countFiles(ctx, root, isImage))
		left := n
		fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			frames := []string{name}
			if isImage(name) {
				f.meter.add(1)
			}
			switch {
			case ctx.Err() != nil:
				return fs.SkipAll
			case err != nil:
			case f.Sequences && d.IsDir():
				if frames = w.imagesIn(name); len(frames) == 0 {
					return nil
				}
			case f.Sequences, !isImage(name), d.IsDir():
				return nil
			}
			if left--; left >= 0 {
				return nil
			}
			record := shards.Bad(path.Join(f.Dir, name), name, Unreadable, err)
			if err == nil {
				record = w.record(name, frames)
			}
			if !yield(record) {
				return fs.SkipAll
			}
			return nil
		})
	}
}

func isImage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp":
		return !strings.HasPrefix(path.Base(name), "._")
	}
	return false
}

// folderWalk is one reading of a folder.
type folderWalk struct {
	*Folder
	root      *os.Root
	described map[string]map[string]json.RawMessage // folder -> file_name -> its line of metadata.jsonl
}

// imagesIn returns the images directly in a folder, in order.
func (w *folderWalk) imagesIn(dir string) (images []string) {
	entries, err := fs.ReadDir(w.root.FS(), dir)
	if err != nil {
		return nil // the walk meets the same error
	}
	for _, e := range entries {
		if !e.IsDir() && isImage(e.Name()) {
			images = append(images, path.Join(dir, e.Name()))
		}
	}
	return images
}

// record makes the record of an image, or of the frames of a folder.
func (w *folderWalk) record(name string, frames []string) shards.Record {
	origin := path.Join(w.Dir, name)
	if len(frames) > maxFrames {
		return shards.Bad(origin, name, TooLarge, fmt.Errorf("%d frames, the limit is %d", len(frames), maxFrames))
	}
	s := shards.Sample{}
	if err := w.sidecars(name, &s); err != nil {
		return shards.Bad(origin, name, BadText, err)
	}
	if label := path.Base(path.Dir(name)); w.Labels && label != "." {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.Title, Language: w.Language, Value: label})
	}
	s.Key, s.Images = name, nil
	size := 0
	for _, frame := range frames {
		content, reason, err := readWithin(w.root, frame, maxImageFile)
		if err != nil {
			return shards.Bad(origin, name, reason, err)
		}
		if size += len(content); size > maxImageFile {
			return shards.Bad(origin, name, TooLarge, fmt.Errorf("frames of over %d bytes", maxImageFile))
		}
		s.Images = append(s.Images, shards.Image{Bytes: content})
	}
	return shards.Record{Sample: s, Origin: origin}
}

// sidecars reads what is said of an image beside it.
func (w *folderWalk) sidecars(name string, s *shards.Sample) error {
	stem := strings.TrimSuffix(name, path.Ext(name))
	if line, ok := w.metadata(path.Dir(name))[path.Base(name)]; ok {
		if _, err := shards.DecodeMetadata(line, s); err != nil {
			return fmt.Errorf("metadata.jsonl: %w", err)
		}
		delete(s.Metadata, "file_name")
	}
	content, _, err := readWithin(w.root, stem+".json", maxTextFile)
	if err == nil {
		_, err = shards.DecodeMetadata(bytes.TrimPrefix(content, byteOrderMark), s)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s.json: %w", stem, err)
	}
	for _, ending := range []string{".txt", ".caption"} {
		content, _, err = readWithin(w.root, stem+ending, maxTextFile)
		if err == nil && !utf8.Valid(content) {
			err = errors.New("not UTF-8")
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s%s: %w", stem, ending, err)
		}
		s.AddText(strings.TrimSpace(string(bytes.TrimPrefix(content, byteOrderMark))))
	}
	for i := range s.Texts {
		if s.Texts[i].Language == "" {
			s.Texts[i].Language = w.Language
		}
	}
	return nil
}

// metadata returns the lines of a folder's metadata.jsonl by file name; lines that are not understood are left out.
func (w *folderWalk) metadata(dir string) map[string]json.RawMessage {
	lines, ok := w.described[dir]
	if ok {
		return lines
	}
	lines = map[string]json.RawMessage{}
	w.described[dir] = lines
	f, err := w.root.Open(path.Join(dir, "metadata.jsonl"))
	if err != nil {
		return lines
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, maxTextFile)
	for first := true; scanner.Scan(); first = false {
		line := scanner.Bytes()
		if first {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		var named struct {
			FileName string `json:"file_name"`
		}
		if json.Unmarshal(line, &named) == nil && named.FileName != "" {
			lines[named.FileName] = bytes.Clone(line)
		}
	}
	return lines
}

// readWithin reads a file of at most limit bytes below root; no link leads out of it.
func readWithin(root *os.Root, name string, limit int64) (content []byte, reason string, err error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, Unreadable, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, Unreadable, err
	}
	if !info.Mode().IsRegular() {
		return nil, Unreadable, fmt.Errorf("%s is not a regular file", name)
	}
	content, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, Unreadable, err
	}
	if int64(len(content)) > limit {
		return nil, TooLarge, fmt.Errorf("%s is over %d bytes", name, limit)
	}
	return content, "", nil
}
