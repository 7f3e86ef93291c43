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
// An image is a file with an image extension, in upper or lower case, or a file without an
// extension that holds an image. Its bytes determine the format; an unsupported format is a reject.
// Texts come from files beside it: X.txt, X.caption and X.json (or X.png.txt and so on) describe
// X.png and every other image with that stem. A metadata.jsonl, .csv or .parquet describes images
// in its folder and below by file_name, as in Hugging Face's ImageFolder; captions.txt, results.csv
// and .token files describe images by name, as in Flickr8k and Flickr30k. If every top-level folder
// that holds images has the name of a split (train, test, val ...), that name is the image's split.
//
// All other files are counted as left out, in an [shards.Aside] after each folder. Symbolic links
// that lead out of the folder are rejects; links to folders and tools' folders (.git, __MACOSX ...)
// are left out.
type Source struct {
	Dir      string
	Language string // of the sidecar texts, if known
	Labels   bool   // adds the name of an image's folder as a title
	// TextFrom makes an alt text from the name of an image's file or folder:
	// [nametext.FromFilename] or [nametext.FromFolder]. An image that already has a text gets none,
	// unless TextFromAll is set. A label does not count as such a text.
	TextFrom    string
	TextFromAll bool
	Sequences   bool // the images of a folder are the frames of one record, which has the folder's name and descriptions

	meter *input.Meter
}

// New returns a source that reads dir, or an error if the folder does not exist.
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
// It reads neither images nor texts for records before the cursor.
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
