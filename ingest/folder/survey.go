package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/nametext"
	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/format/sidecar"
	"github.com/pali3/pali3/internal/imagefile"
)

// survey holds what must be known about a folder before its first record.
type survey struct {
	images   int64          // files with the name of an image
	splits   bool           // the top-level folders are splits
	captions []*description // tables that describe images by name, anywhere in the tree
	files    map[string]bool
	bases    map[string]int // how many images share a base name; set if there are such tables
}

func (s *survey) isCaptions(name string) bool { return s.files[name] }

// takeSurvey walks a folder without reading images.
func takeSurvey(ctx context.Context, root *os.Root, source string) survey {
	s := survey{files: map[string]bool{}}
	tops := map[string]bool{} // top-level folders with images; "" is the root
	s.walk(ctx, root, ".", func(dir string, entries []fs.DirEntry) {
		stems := map[string]bool{}
		var tables []string
		for _, e := range entries {
			base := e.Name()
			switch {
			case e.IsDir():
			case isImage(base):
				s.images++
				stems[strings.TrimSuffix(base, path.Ext(base))] = true
				top, _, _ := strings.Cut(dir, "/")
				tops[strings.TrimPrefix(top, ".")] = true
			case captionTable.MatchString(base):
				tables = append(tables, base)
			}
		}
		for _, base := range tables {
			if !stems[strings.TrimSuffix(base, path.Ext(base))] {
				s.read(root, source, path.Join(dir, base))
			}
		}
	})
	s.splits = len(tops) > 0
	for top := range tops {
		s.splits = s.splits && nametext.IsSplit(top)
	}
	if len(s.captions) > 0 {
		s.bases = map[string]int{}
		s.walk(ctx, root, ".", func(_ string, entries []fs.DirEntry) {
			for _, e := range entries {
				if !e.IsDir() && isImage(e.Name()) {
					s.bases[e.Name()]++
				}
			}
		})
	}
	return s
}

func (s *survey) walk(ctx context.Context, root *os.Root, dir string, visit func(dir string, entries []fs.DirEntry)) {
	if ctx.Err() != nil {
		return
	}
	entries, _ := fs.ReadDir(root.FS(), dir) // the reading that follows meets the same error
	visit(dir, entries)
	for _, e := range entries {
		if e.IsDir() && !toolFolders[e.Name()] {
			s.walk(ctx, root, path.Join(dir, e.Name()), visit)
		}
	}
}

// captionTable matches the names of caption tables: Flickr8k's (captions.txt, Flickr8k.token.txt),
// Flickr30k's (results.csv, results_20130124.token) and those of kohya's trainer (meta_cap.json).
var captionTable = regexp.MustCompile(`(?i)^(captions\.(txt|csv|tsv|json)|results\.csv|[^.]*\.token(\.txt)?|meta_(cap|clean|lat)\.json)$`)

// read reads a file and adds it if it is a caption table.
func (s *survey) read(root *os.Root, source, file string) {
	content, _, err := input.ReadWithin(root, file, maxDescription)
	if err != nil {
		return // it is counted as a left-out file
	}
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		text, _ := sidecar.ParseText(content)
		content = []byte(text)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	d := &description{root: source, dir: path.Dir(file), first: map[string]*described{}}
	var ok bool
	switch {
	case strings.EqualFold(path.Ext(file), ".json"):
		ok = d.readCaptionsJSON(file, content)
	case tokenLine.Match(headLine(content)):
		ok = true
		d.readTokens(file, content)
	default:
		ok = d.readCaptions(file, content)
	}
	if ok {
		s.captions = append(s.captions, d)
		s.files[file] = true
	}
}

// tokenLine is a line of Flickr8k.token.txt: name.jpg#0, a tab, a caption.
var tokenLine = regexp.MustCompile(`^([^\t]+)#\d+[\t ]+(.*)$`)

func (d *description) readTokens(file string, content []byte) {
	for n := 1; len(content) > 0; n++ {
		var line []byte
		line, content, _ = bytes.Cut(content, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		found := tokenLine.FindSubmatch(line)
		text, err := sidecar.ParseText(line)
		if found == nil || err != nil {
			d.leave("%s:%d (expected name#number, a tab and a caption: %.40q)", file, n, text)
			continue
		}
		d.caption(file, n, string(found[1]), string(bytes.TrimSpace(found[2])))
	}
}

func (d *description) caption(file string, n int, name, text string) {
	if raw, err := json.Marshal(map[string]string{"file_name": name, "caption": text}); err == nil {
		d.add(file, n, raw)
	}
}

// readCaptions reads a caption table with or without a header.
func (d *description) readCaptions(file string, content []byte) bool {
	for _, delimiter := range []string{",", "\t", "|"} {
		name, _, divided := bytes.Cut(headLine(content), []byte(delimiter))
		if !divided || !imagefile.HasImageEnding(string(name)) {
			continue
		}
		columns := []string{"file_name", "caption"}
		rows, err := openColumns(content, csvtext.Dialect{Delimiter: delimiter, Columns: columns}, nil)
		if err != nil {
			d.leave("%s (%s)", file, withoutAdvice(err))
			return true
		}
		rows.Join()
		d.readRecords(file, columns, rows)
		return true
	}
	return d.readColumns(file, ".csv", content, map[string]string{"comment": "caption", "comment_number": ""})
}

// readCaptionsJSON reads an object that maps image names to captions or objects, or a list of
// objects that name their images.
func (d *description) readCaptionsJSON(file string, content []byte) bool {
	raw, err := sidecar.ParseJSON(content)
	if err != nil {
		return false
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for i, element := range list {
			d.add(file, i+1, element)
		}
		return len(d.lines) > 0
	}
	var byName map[string]json.RawMessage
	if json.Unmarshal(raw, &byName) != nil {
		return false
	}
	for i, name := range slices.Sorted(maps.Keys(byName)) {
		fields := map[string]json.RawMessage{}
		switch value := byName[name]; value[0] {
		case '{':
			if json.Unmarshal(value, &fields) != nil {
				return false
			}
		case '"', '[':
			var texts []string
			if value[0] == '[' && json.Unmarshal(value, &texts) != nil {
				return false // for example COCO's images and annotations
			}
			fields["captions"] = value
		default:
			return false
		}
		fields["file_name"], _ = json.Marshal(name)
		if element, err := json.Marshal(fields); err == nil {
			d.add(file, i+1, element)
		}
	}
	return len(d.lines) > 0
}
