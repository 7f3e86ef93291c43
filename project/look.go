package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/tabular"

	"github.com/pali3/pali3/internal/imagefile"
)

// whatToGive says what a project can be made of.
const whatToGive = "a folder of images, a table with a column of image files, a WebDataset archive, or a dataset made by pali3 ingest"

// look finds the source for a path: a folder of images with or without texts beside them, a table
// with a column of image files, WebDataset archives, or the folders of easy-VQA. Note is told of
// tables in a folder that are not used.
func look(path string, note func(format string, args ...any)) (*Ingest, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file or folder %s; give %s", path, whatToGive)
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the data: %w", err)
	}
	if !info.IsDir() {
		return lookAtFile(path)
	}
	if found := easyVQA(path); found != nil {
		return found, nil
	}
	tables, archives, err := filesAtTop(path)
	if err != nil {
		return nil, err
	}
	for i, table := range tables {
		found, err := lookAtTable(table)
		if err != nil {
			note("a table in the folder is not used: %v", err)
			continue
		}
		for _, other := range tables[i+1:] {
			note("%s is not used, because %s describes the images", other, table)
		}
		return found, nil
	}
	s, err := survey(path)
	if err != nil {
		return nil, err
	}
	switch {
	case s.images == 0 && archives > 0:
		return &Ingest{Source: "webdataset", Path: filepath.Join(path, "*.tar")}, nil
	case s.images == 0:
		return nil, fmt.Errorf("%s holds no images: give %s", path, whatToGive)
	}
	return &Ingest{Source: "folder", Path: path, TextFrom: s.textFrom()}, nil
}

func lookAtFile(path string) (*Ingest, error) {
	name := strings.ToLower(path)
	switch {
	case strings.HasSuffix(name, ".tar"), strings.Contains(filepath.Base(name), ".tar."):
		return &Ingest{Source: "webdataset", Path: path}, nil
	case tabular.IsTable(name):
		return lookAtTable(path)
	}
	return nil, fmt.Errorf("%s is a file, %s; give %s", path, imagefile.KindOfFile(path), whatToGive)
}

// easyVQA recognises the folders of easy-VQA: questions.json beside images/, for each split or only
// once. They may be in easy_vqa/data, as in its repository.
func easyVQA(dir string) *Ingest {
	for _, data := range []string{dir, filepath.Join(dir, "data"), filepath.Join(dir, "easy_vqa", "data")} {
		for _, split := range []string{".", "train"} {
			questions, err := os.Stat(filepath.Join(data, split, "questions.json"))
			images, err2 := os.Stat(filepath.Join(data, split, "images"))
			if err == nil && err2 == nil && !questions.IsDir() && images.IsDir() {
				return &Ingest{Source: "easyvqa", Path: data}
			}
		}
	}
	return nil
}

// metadataNames are the tables that the folder source reads itself.
var metadataNames = []string{"metadata.jsonl", "metadata.csv", "metadata.parquet", "results.csv"}

// filesAtTop lists the tables in a folder that may describe its images, and counts its archives.
func filesAtTop(dir string) (tables []string, archives int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		switch {
		case e.IsDir(), slices.Contains(metadataNames, name), strings.HasPrefix(name, "."):
		case strings.HasSuffix(name, ".tar"):
			archives++
		case tabular.IsTable(name):
			tables = append(tables, filepath.Join(dir, e.Name()))
		}
	}
	return tables, archives, nil
}

// surveyed counts the images of a folder, to decide where their texts come from.
type surveyed struct {
	images, texted int
	folders        map[string]int // images by their folder
	described      bool           // a table describes them
}

// maxSurveyed is the highest number of files to look at.
const maxSurveyed = 20_000

// textEndings are the endings of texts beside images that the folder source reads.
var textEndings = []string{".txt", ".caption", ".json"}

func survey(dir string) (s surveyed, err error) {
	s.folders = map[string]int{}
	stems := map[string]bool{} // of text files
	var images []string
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if files++; files > maxSurveyed {
			return filepath.SkipAll
		}
		name := strings.ToLower(d.Name())
		ending := filepath.Ext(name)
		switch {
		case slices.Contains(metadataNames, name), name == "captions.txt", strings.HasSuffix(name, ".token"):
			s.described = true
		case slices.Contains(textEndings, ending):
			stems[strings.TrimSuffix(path, filepath.Ext(path))] = true
		case imagefile.HasImageEnding(name):
			images = append(images, path)
		}
		return nil
	})
	for _, path := range images {
		s.images++
		s.folders[filepath.Dir(path)]++
		if stems[strings.TrimSuffix(path, filepath.Ext(path))] || stems[path] {
			s.texted++
		}
	}
	return s, err
}

// textFrom chooses where texts come from if few images have one beside them: from the names of
// folders if a few folders hold many images each, else from the names of files.
func (s surveyed) textFrom() string {
	switch {
	case s.described || s.texted*2 >= s.images:
		return ""
	case len(s.folders) > 1 && s.images >= 10*len(s.folders):
		return "folder"
	}
	return "filename"
}
