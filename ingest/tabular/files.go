package tabular

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/shards"
)

// tableFile is one of the files of a [Table].
type tableFile struct {
	path string
	name string // for keys and origins: the base name, with parent folders if needed to make it unique
	root string // the folder that image paths are relative to; empty if there is none
}

// maxRoots bounds the root folders of one table's image paths, because each is held open.
const maxRoots = 256

// tableFiles expands names of files, URLs, patterns and folders into table files, each once, and
// returns the other files of the folders as left out.
func tableFiles(names []string) (files []string, left []shards.LeftOut, err error) {
	there := map[string]bool{}
	for _, name := range names {
		found, other, err := filesOf(name)
		if err != nil {
			return nil, nil, err
		}
		for _, file := range found {
			place := file
			if abs, err := filepath.Abs(file); err == nil && !shards.IsURL(file) {
				place = abs
			}
			if !there[place] {
				there[place] = true
				files = append(files, file)
			}
		}
		for _, file := range other {
			left = append(left, shards.LeftOut{Reason: shards.LeftFile, Name: file, N: 1})
		}
	}
	return files, left, nil
}

// filesOf returns the tables that a file, folder or pattern names, and the other files found with
// them.
func filesOf(name string) (tables, other []string, err error) {
	if shards.IsURL(name) {
		return []string{name}, nil, nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return tablesIn(name)
	case err == nil:
		return []string{name}, nil, nil
	case !strings.ContainsAny(name, "*?["):
		return nil, nil, err
	}
	matches, err := filepath.Glob(name)
	if err != nil {
		return nil, nil, fmt.Errorf("the pattern %s: %w", name, err)
	}
	for _, match := range matches {
		info, err := os.Stat(match)
		switch {
		case err != nil:
			return nil, nil, err
		case info.IsDir():
		case tableEnding(match) == "":
			other = append(other, filepath.Base(match))
		default:
			tables = append(tables, match)
		}
	}
	if len(tables) == 0 {
		return nil, nil, fmt.Errorf("%s: no table matches; %s", name, tableKinds)
	}
	return tables, other, nil
}

// tablesIn returns the tables of a folder in name order. They must all be of one kind.
func tablesIn(dir string) (tables, other []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	kinds, folders := map[string]string{}, 0
	for _, entry := range entries {
		name := entry.Name()
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err != nil || info.IsDir() || strings.HasPrefix(name, ".") {
			if err == nil && info.IsDir() {
				folders++
			}
			continue
		}
		switch kind := tableEnding(name); kind {
		case "", ".txt": // more likely a readme than a list of URLs
			other = append(other, name)
		default:
			kinds[kind] = name
			tables = append(tables, file)
		}
	}
	switch {
	case len(tables) == 0 && folders > 0:
		return nil, nil, fmt.Errorf("%s has no tables, only folders: name one of them, or a pattern such as '%s'", dir, filepath.Join(dir, "*", "*.parquet"))
	case len(tables) == 0:
		return nil, nil, fmt.Errorf("%s has no tables; %s", dir, tableKinds)
	case len(kinds) > 1:
		names := sortedKeys(kinds)
		return nil, nil, fmt.Errorf("%s has tables of several kinds (%s, %s): choose one kind, for example '%s'", dir, kinds[names[0]], kinds[names[1]], filepath.Join(dir, "*"+names[0]))
	}
	return tables, other, nil
}

// find finds the table's files and the root of each file's image paths.
func (t *Table) find() error {
	names := slices.Clone(t.Files)
	if t.File != "" {
		names = append([]string{t.File}, names...)
	}
	if len(names) == 0 {
		return fmt.Errorf("name a table; %s", tableKinds)
	}
	files, left, err := tableFiles(names)
	if err != nil {
		return err
	}
	t.name, t.leftFiles = "table "+strings.Join(names, " "), left
	called := input.NamesOf(files)
	for i, file := range files {
		root := t.Root
		if root == "" && !shards.IsURL(file) {
			root = filepath.Dir(file)
		}
		t.files = append(t.files, tableFile{file, called[i], root})
	}
	return nil
}

// parts returns the table's files.
func (t *Table) parts() []tableFile {
	if t.files != nil {
		return t.files
	}
	return []tableFile{{t.File, input.NamesOf([]string{t.File})[0], t.Root}}
}

// checkRoots checks the root folders of image paths.
func (t *Table) checkRoots() error {
	roots := t.roots()
	if len(roots) > maxRoots {
		return fmt.Errorf("the tables are in %d folders, each of which would be a root of image paths; the limit is %d: set a single one with --root", len(roots), maxRoots)
	}
	for _, root := range roots {
		if err := input.Local(root); err != nil {
			return fmt.Errorf("the root of image paths: %w", err)
		}
		if info, err := os.Stat(root); err != nil {
			return err
		} else if !info.IsDir() {
			return fmt.Errorf("%s is not a folder", root)
		}
	}
	return nil
}

// roots returns the distinct root folders of image paths.
func (t *Table) roots() (roots []string) {
	for _, file := range t.parts() {
		if file.root != "" && !slices.Contains(roots, file.root) {
			roots = append(roots, file.root)
		}
	}
	return roots
}
