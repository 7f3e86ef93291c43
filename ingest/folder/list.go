package folder

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/internal/format/sidecar"
	"github.com/pali3/pali3/internal/shellword"
	"github.com/pali3/pali3/shards"
)

// listing sorts the files of a folder by kind.
type listing struct {
	root, dir string
	entries   []fs.DirEntry       // images and folders, in order
	images    []string            // paths
	beside    map[string][]string // an image or folder -> sidecar files with its texts
	tables    []string            // paths of metadata.jsonl and so on
	orphans   []string            // paths of texts without an image
	others    []string            // paths of all other files
	odd       []shards.LeftOut    // folders and links that are not entered
}

// list sorts the entries of a folder.
func (w *walker) list(dir string, entries []fs.DirEntry) listing {
	l := listing{root: w.Dir, dir: dir}
	var texts, about []string
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		kind := w.kindOf(name, e)
		switch kind {
		case fileImage:
			l.images, l.entries = append(l.images, name), append(l.entries, e)
			about = append(about, e.Name())
		case fileFolder:
			l.entries = append(l.entries, e)
			if w.Sequences {
				about = append(about, e.Name())
			}
		case fileText:
			texts = append(texts, e.Name())
		case fileTable:
			l.tables = append(l.tables, name)
		case fileOther:
			l.others = append(l.others, name)
		case fileLink:
			l.odd = append(l.odd, shards.LeftOut{Reason: shards.LeftFile, Name: name + " (a symbolic link to a folder)", N: 1})
		case fileTools:
			l.odd = append(l.odd, shards.LeftOut{Reason: shards.LeftFile, Name: name + "/", N: 1})
		}
	}
	if w.Sequences {
		about = slices.DeleteFunc(about, func(name string) bool { return slices.Contains(l.images, path.Join(dir, name)) })
	}
	var orphans []string
	l.beside, orphans = pair(texts, about)
	for _, name := range orphans {
		l.orphans = append(l.orphans, path.Join(dir, name))
	}
	return l
}

// Kinds of a folder's entries.
const (
	fileOther = iota
	fileImage
	fileFolder
	fileText     // may describe an image
	fileTable    // describes images
	fileCaptions // describes images, already read by the survey
	fileLink     // to a folder
	fileTools    // a folder of a tool such as git
)

// toolFolders are folders that tools create and that hold no user data.
var toolFolders = map[string]bool{".git": true, ".svn": true, ".hg": true, ".cache": true, "__MACOSX": true, "__pycache__": true,
	".ipynb_checkpoints": true, "@eaDir": true, ".Trashes": true, ".Spotlight-V100": true, ".fseventsd": true,
	"$RECYCLE.BIN": true, "System Volume Information": true}

func (w *walker) kindOf(name string, e fs.DirEntry) int {
	link := e.Type()&fs.ModeSymlink != 0
	if link {
		if info, err := w.root.Stat(name); err == nil && info.IsDir() && !isImage(name) {
			return fileLink
		}
	}
	base := e.Name()
	switch {
	case e.IsDir() && toolFolders[base]:
		return fileTools
	case e.IsDir():
		return fileFolder
	case isImage(name):
		return fileImage
	case !link && !e.Type().IsRegular():
		return fileOther
	case w.survey.isCaptions(name):
		return fileCaptions
	case isTable(base):
		return fileTable
	case strings.HasPrefix(base, "."):
		return fileOther
	case textRank(base) >= 0:
		return fileText
	case path.Ext(base) == "" && !link && w.holdsImage(name):
		return fileImage
	}
	return fileOther
}

// textEndings are the extensions of sidecar files, in the order in which they are read.
var textEndings = []string{".json", ".txt", ".text", ".caption", ".captions", ".cap"}

func textRank(name string) int { return slices.Index(textEndings, strings.ToLower(path.Ext(name))) }

// pair matches texts to images: by the same stem (x.txt and x.png) or by the image's full name
// (x.png.txt). If neither matches exactly, case is ignored, provided that only one text then
// matches.
func pair(texts, images []string) (beside map[string][]string, orphans []string) {
	beside = map[string][]string{}
	exact, folded := map[string][]string{}, map[string][]string{}
	for _, image := range images {
		stem := strings.TrimSuffix(image, path.Ext(image))
		for _, called := range slices.Compact([]string{stem, image}) {
			exact[called] = append(exact[called], image)
			folded[strings.ToLower(called)] = append(folded[strings.ToLower(called)], image)
		}
	}
	type way struct {
		image string
		rank  int
	}
	has := map[way]bool{}
	loose := map[string][]string{} // lower case -> texts
	for _, text := range texts {
		stem := strings.TrimSuffix(text, path.Ext(text))
		for _, image := range exact[stem] {
			beside[image] = append(beside[image], text)
			has[way{image, textRank(text)}] = true
		}
		if len(exact[stem]) == 0 {
			loose[strings.ToLower(text)] = append(loose[strings.ToLower(text)], text)
		}
	}
	for _, text := range texts {
		stem := strings.TrimSuffix(text, path.Ext(text))
		if len(exact[stem]) > 0 {
			continue
		}
		found := false
		for _, image := range folded[strings.ToLower(stem)] {
			if len(loose[strings.ToLower(text)]) == 1 && !has[way{image, textRank(text)}] {
				beside[image] = append(beside[image], text)
				found = true
			}
		}
		if !found {
			orphans = append(orphans, text)
		}
	}
	for _, files := range beside {
		slices.SortStableFunc(files, func(a, b string) int { return textRank(a) - textRank(b) })
	}
	return beside, orphans
}

// left returns the files of a folder that are not read: first those that another command reads,
// then the rest.
func (l *listing) left() (left []shards.LeftOut) {
	files := slices.Clone(l.others)
	var texts []string
	for _, name := range l.orphans {
		if textRank(name) == 0 { // a .json file need not be a text
			files = append(files, name)
		} else {
			texts = append(texts, name)
		}
	}
	hinted, plain := l.byEnding(shards.LeftFile, files)
	_, orphans := l.byEnding(shards.LeftText, texts)
	return slices.Concat(hinted, l.odd, plain, orphans)
}

// byEnding counts files by extension and names the first of each. It separates those that another
// command reads from the rest.
func (l *listing) byEnding(reason string, names []string) (hinted, plain []shards.LeftOut) {
	var order []string
	first, count := map[string]string{}, map[string]int64{}
	for _, name := range names {
		like := strings.ToLower(path.Ext(name))
		if strings.HasPrefix(path.Base(name), ".") {
			like = path.Base(name)[:min(2, len(path.Base(name)))] // .DS_Store, ._a.jpg
		}
		if like == ".json" && l.hint(name) != "" && len(order) < 16 {
			like = name // captions_train2017.json is not like captions_val2017.json
		}
		if count[like]++; count[like] == 1 {
			order, first[like] = append(order, like), name
		}
	}
	for _, like := range order {
		left := shards.LeftOut{Reason: reason, Name: first[like], N: count[like]}
		if left.N > 1 {
			left.Name += fmt.Sprintf(" and %d more like it", left.N-1)
		}
		if hint := l.hint(first[like]); hint != "" {
			left.Name += " (" + hint + ")"
			hinted = append(hinted, left)
		} else {
			plain = append(plain, left)
		}
	}
	return hinted, plain
}

// hint returns the command that reads a file, or "" if none does.
func (l *listing) hint(name string) string {
	file := shellword.Quote(path.Join(l.root, name))
	base := strings.ToLower(path.Base(name))
	switch unpacked := strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst"); path.Ext(unpacked) {
	case ".json":
		for prefix, layout := range map[string]string{"captions_": "coco-captions", "instances_": "coco-instances"} {
			if year, ok := strings.CutPrefix(strings.TrimSuffix(base, ".json"), prefix); ok {
				return fmt.Sprintf("pali3 ingest benchmark %s %s --images %s", layout, file, shellword.Quote(path.Join(l.root, path.Dir(path.Dir(name)), year)))
			}
		}
	case ".csv", ".tsv", ".jsonl", ".ndjson", ".parquet":
		return fmt.Sprintf("pali3 ingest table %s --image-column COLUMN --text-column COLUMN", file)
	case ".tar", ".tgz":
		return "pali3 ingest webdataset " + file
	case ".arrow", ".feather":
		return "pali3 ingest arrow " + file
	case ".tfrecord", ".tfrecords":
		return "pali3 ingest tfrecord " + file
	case ".warc":
		return "pali3 ingest warc " + file
	case ".pdf":
		return "pali3 ingest pdf " + l.root
	case ".html", ".htm":
		return "pali3 ingest html " + l.root
	case ".zip":
		return "unpack it first"
	}
	return ""
}

// sidecars adds the content of an image's sidecar files to its sample.
func (w *walker) sidecars(dir string, beside []string, s *shards.Sample) (left []shards.LeftOut, err error) {
	for _, name := range beside {
		content, _, err := input.ReadWithin(w.root, path.Join(dir, name), input.MaxTextFile)
		if err != nil {
			return left, fmt.Errorf("%s: %w", name, err)
		}
		reason := shards.LeftText
		var text string
		if textRank(name) == 0 {
			reason, text = shards.LeftMetadata, string(bytes.TrimSpace(content))
			if text != "" {
				more, err := sidecar.AddJSON(s, content)
				if err != nil {
					return left, fmt.Errorf("%s: %w", name, err)
				}
				left = append(left, within(path.Join(dir, name), more)...)
			}
		} else {
			if text, err = sidecar.ParseText(content); err != nil {
				return left, fmt.Errorf("%s: %w", name, err)
			}
			if text = strings.TrimSpace(text); sidecar.IsLabelFile(text) {
				left = append(left, shards.LeftOut{Reason: shards.LeftBox, Name: path.Join(dir, name) + " (YOLO labels, not a caption)",
					N: int64(len(strings.Split(text, "\n")))})
				continue
			}
			s.AddText(text)
		}
		if text == "" {
			left = append(left, shards.LeftOut{Reason: reason, Name: path.Join(dir, name) + " (empty)", N: 1})
		}
	}
	return left, nil
}

// within prefixes the names of left-out items with the file's name.
func within(file string, left []shards.LeftOut) []shards.LeftOut {
	for i := range left {
		left[i].Name = file + ": " + left[i].Name
	}
	return left
}
