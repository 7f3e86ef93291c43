package folder

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/shards"
)

// Source reads the images under a folder, in order of their paths. The key of an image is its path
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
type Source struct {
	Dir      string
	Language string // of the sidecar texts, if known
	Labels   bool   // the name of an image's folder is a title of it
	// TextFrom makes a text of the kind alt of the name of an image's file or folder:
	// [nametext.FromFilename] or [nametext.FromFolder]. An image that has a text keeps that alone,
	// unless TextFromAll is set. A label is no such text.
	TextFrom    string
	TextFromAll bool
	Sequences   bool // all images of a folder are the frames of one record, named and described as that folder

	meter *input.Meter
}

// New checks that the folder is there.
func New(dir, language string) (*Source, error) {
	if err := errors.Join(input.Local(dir), input.CheckLanguageFlag(language)); err != nil {
		return nil, err
	}
	if err := input.CheckFolder(dir); err != nil {
		return nil, err
	}
	return &Source{Dir: dir, Language: language, meter: new(input.Meter)}, nil
}

// Name implements [ingest.Source].
func (f *Source) Name() string { return "folder " + f.Dir }

// Fingerprint implements [ingest.Source].
func (f *Source) Fingerprint() (string, error) {
	options := ""
	if f.TextFrom != "" {
		options = fmt.Sprintln("text from", f.TextFrom, f.TextFromAll)
	}
	return input.FingerprintFolder(f.Dir, options)
}

// Part implements [ingest.Measured].
func (f *Source) Part() float64 { return f.meter.Part() }

// Records implements [ingest.Source].
//
// No image or text is read for records before the cursor.
func (f *Source) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(f.Dir)
		if err != nil {
			yield(shards.Bad(f.Dir, "", ingest.Unreadable, err))
			return
		}
		defer root.Close()
		w := &walker{Source: f, ctx: ctx, root: root, left: n, yield: yield}
		w.survey = takeSurvey(ctx, root, f.Dir)
		f.meter.Begin(w.survey.images)
		w.walk(".")
	}
}
