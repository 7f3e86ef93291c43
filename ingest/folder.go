package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Bounds of the files that ingestion reads whole, in bytes.
const (
	maxImageFile = 256 << 20
	maxTextFile  = 16 << 20
)

// Reasons of file sources.
const (
	Unreadable = "unreadable" // the file cannot be read
	TooLarge   = "too_large"  // the file is over the limit
	BadText    = "text"       // a sidecar is not UTF-8 or not understood
)

// Folder reads the images under a folder, in order of their paths. The key of an image is its path
// within the folder.
//
// An image is a file that ends as images do, in upper or lower case, or a file without an ending
// that holds one. What its bytes show decides; one of a format that is not read is rejected. Texts
// come from beside it: X.txt, X.caption and X.json (or X.png.txt and so on) are about X.png and
// all other images of that stem. A metadata.jsonl, .csv or .parquet describes the images of its
// folder and those below by file_name, as Hugging Face's image folders do, and captions.txt,
// results.csv and .token files describe images by name, as Flickr8k and Flickr30k do. If all
// folders at the top that hold images are called as splits are (train, test, val ...), that is an
// image's split.
//
// Whatever else is there is counted as left out by an [shards.Aside] behind each folder. Symbolic
// links that leave the folder are rejected, links to folders and folders of other tools (.git,
// __MACOSX ...) are left out.
type Folder struct {
	Dir      string
	Language string // of the sidecar texts, if known
	Labels   bool   // the name of an image's folder is a title of it
	// TextFrom makes a text of the kind alt of the name of an image's file or folder:
	// [FromFilename] or [FromFolder]. An image that has a text keeps that alone, unless TextFromAll
	// is set. A label is no such text.
	TextFrom    string
	TextFromAll bool
	Sequences   bool // all images of a folder are the frames of one record, named and described as that folder

	meter *meter
}

// NewFolder checks that the folder is there.
func NewFolder(dir, language string) (*Folder, error) {
	if err := errors.Join(Local(dir), checkLanguage(language)); err != nil {
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

// recordsVersion changes when the records of the same folder or archive do: a run that an earlier
// version began cannot resume.
const recordsVersion = 3

// Fingerprint implements [Source].
func (f *Folder) Fingerprint() (string, error) {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	var all strings.Builder
	fmt.Fprintln(&all, "folder", recordsVersion)
	if f.TextFrom != "" {
		fmt.Fprintln(&all, "text from", f.TextFrom, f.TextFromAll)
	}
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
		w := &folderWalk{Folder: f, ctx: ctx, root: root, left: n, yield: yield}
		w.survey = surveyFolder(ctx, root, f.Dir)
		f.meter.begin(w.survey.images)
		w.walk(".")
	}
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
