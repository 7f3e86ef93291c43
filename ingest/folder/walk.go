package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// walker holds the state of one pass over a folder.
type walker struct {
	*Source
	ctx       context.Context
	root      *os.Root
	survey    survey
	described []*description // tables of the folders from the root to the current one
	left      int64          // records to skip
	yield     func(shards.Record) bool
}

// give yields a record unless it is to be skipped. It returns false to stop the walk.
func (w *walker) give(record func() shards.Record) bool {
	if w.ctx.Err() != nil {
		return false
	}
	if w.left--; w.left >= 0 {
		return true
	}
	return w.yield(record())
}

// walk yields the records of a folder and its subfolders, then what it left out. Beside are the
// sidecar files of the folder as a whole.
func (w *walker) walk(dir string, beside ...string) bool {
	entries, err := fs.ReadDir(w.root.FS(), dir)
	if err != nil && !w.give(func() shards.Record { return shards.Bad(path.Join(w.Dir, dir), dir, ingest.Unreadable, err) }) {
		return false
	}
	list := w.list(dir, entries)
	if len(list.tables) > 0 {
		w.described = append(w.described, describe(w.root, w.Dir, dir, list.tables))
		defer func() { w.described = w.described[:len(w.described)-1] }()
	}
	if w.Sequences && len(list.images) > 0 {
		w.meter.Add(int64(len(list.images)))
		lines := w.lines(dir)
		if !w.give(func() shards.Record { return w.record(dir, list.images, beside, lines) }) {
			return false
		}
	}
	for _, e := range list.entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !w.walk(name, list.beside[e.Name()]...) {
				return false
			}
		case !w.Sequences:
			w.meter.Add(1)
			lines := w.lines(name)
			if !w.give(func() shards.Record { return w.image(name, e, list.beside[e.Name()], lines) }) {
				return false
			}
		}
	}
	return w.aside(list)
}

// image makes the record of an image file.
func (w *walker) image(name string, e fs.DirEntry, beside []string, lines []*described) shards.Record {
	if e.Type()&^fs.ModeSymlink != 0 { // opening a pipe would wait for its writer
		return shards.Bad(path.Join(w.Dir, name), name, ingest.Unreadable, fmt.Errorf("%s is not a regular file", name))
	}
	return w.record(name, []string{name}, beside, lines)
}

// aside yields what was left out of a folder. An interrupted run skips records by count, so whether
// there is an aside must not depend on file contents: a folder with a table always yields one.
func (w *walker) aside(list listing) bool {
	left := list.left()
	if len(list.tables) > 0 {
		left = append(left, w.described[len(w.described)-1].unused()...)
	}
	if list.dir == "." {
		for _, d := range w.survey.captions {
			left = append(left, d.unused()...)
		}
	}
	if len(left) == 0 && len(list.tables) == 0 && (list.dir != "." || len(w.survey.captions) == 0) {
		return true
	}
	return w.give(func() shards.Record { return shards.Aside(path.Join(w.Dir, list.dir), left...) })
}

// lines returns the table lines about an image or folder, those of the nearest table first, and
// marks them as used.
func (w *walker) lines(name string) (lines []*described) {
	for i := len(w.described) - 1; i >= 0; i-- {
		lines = append(lines, w.described[i].of(name)...)
	}
	for _, d := range w.survey.captions {
		found := d.of(name)
		if len(found) == 0 && w.survey.bases[path.Base(name)] == 1 {
			found = d.named(path.Base(name))
		}
		lines = append(lines, found...)
	}
	for _, line := range lines {
		line.used = true
	}
	return lines
}

// isImage reports whether a file's name is that of an image.
func isImage(name string) bool {
	return imagefile.HasImageEnding(name) && !strings.HasPrefix(path.Base(name), "._")
}

// holdsImage reports whether a file without an extension holds an image in a supported format.
func (w *walker) holdsImage(name string) bool {
	f, err := w.root.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.Read(head)
	return imagefile.Readable(imagefile.Format(head[:n]))
}

// record makes the record of an image, or of the frames of a folder.
func (w *walker) record(name string, frames, beside []string, lines []*described) shards.Record {
	origin := path.Join(w.Dir, name)
	if len(frames) > input.MaxFrames {
		return shards.Bad(origin, name, ingest.TooLarge, fmt.Errorf("%d frames, the limit is %d", len(frames), input.MaxFrames))
	}
	s := shards.Sample{}
	left := applyLines(lines, &s)
	more, err := w.sidecars(path.Dir(name), beside, &s)
	if left = append(left, more...); err != nil {
		return withLeft(shards.Bad(origin, name, ingest.BadText, err), left)
	}
	left = append(left, w.nameText(name, &s)...)
	w.complete(name, &s)
	size := 0
	for _, frame := range frames {
		content, reason, err := input.ReadWithin(w.root, frame, input.MaxImageFile)
		if err == nil && len(content) == 0 {
			reason, err = ingest.BadImage, errors.New("the file is empty: 0 bytes")
		}
		if err != nil {
			return withLeft(shards.Bad(origin, name, reason, err), left)
		}
		if size += len(content); size > input.MaxImageFile {
			return withLeft(shards.Bad(origin, name, ingest.TooLarge, fmt.Errorf("frames of over %d bytes", input.MaxImageFile)), left)
		}
		s.Images = append(s.Images, shards.Image{Bytes: content})
	}
	return shards.Record{Sample: s, Origin: origin, LeftOut: left}
}

// nameText adds the text made from the name of an image's file or folder, if TextFrom asks for it,
// and returns what it left out. A sequence of frames always uses the name of its folder.
func (w *walker) nameText(name string, s *shards.Sample) []shards.LeftOut {
	if w.TextFrom == "" || len(s.Texts) > 0 && !w.TextFromAll {
		return nil
	}
	from, called := w.TextFrom, name
	if w.Sequences {
		from = nametext.FromFilename
	} else if !strings.Contains(name, "/") && from == nametext.FromFolder {
		called = path.Base(w.Dir) + "/" + name // a top-level image belongs to the source folder itself
	}
	text := nametext.From(from, called)
	if text == "" {
		return []shards.LeftOut{{Reason: shards.LeftText, Name: fmt.Sprintf("%s (its %s says nothing)", name, nametext.Describe(w.TextFrom)), N: 1}}
	}
	if !slices.ContainsFunc(s.Texts, func(t shards.Text) bool { return t.Value == text }) {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.Alt, Language: w.Language, Value: text})
	}
	return nil
}

// withLeft returns a record with what was left out of it.
func withLeft(record shards.Record, left []shards.LeftOut) shards.Record {
	record.LeftOut = left
	return record
}

// complete sets a sample's key, label, languages and split.
func (w *walker) complete(name string, s *shards.Sample) {
	if label := path.Base(path.Dir(name)); w.Labels && label != "." {
		s.Texts = append(s.Texts, shards.Text{Kind: shards.Title, Language: w.Language, Value: label})
	}
	for i := range s.Texts {
		if s.Texts[i].Language == "" {
			s.Texts[i].Language = w.Language
		}
	}
	if s.Key != "" && s.Key != name {
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		if _, taken := s.Metadata["key"]; !taken {
			s.Metadata["key"] = s.Key
		}
	}
	s.Key, s.Images = name, nil
	if top, _, _ := strings.Cut(name, "/"); s.Split == "" && w.survey.splits {
		s.Split = top
	}
}
