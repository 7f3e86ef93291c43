package input

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Expand expands names of files, URLs, pipes, folders, patterns such as 'x/*.tar' and ranges such
// as 'x-{000..127}.tar' into files. From a folder it takes the files whose names match, and returns
// the others as left out.
func Expand(names []string, like *regexp.Regexp) (files []string, left []shards.LeftOut, err error) {
	for _, name := range names {
		found, other, err := expandName(name, like)
		if err != nil {
			return nil, nil, err
		}
		files, left = append(files, found...), append(left, other...)
	}
	return files, left, nil
}

func expandName(name string, like *regexp.Regexp) (files []string, left []shards.LeftOut, err error) {
	if shards.IsURL(name) || IsStream(name) {
		return []string{name}, nil, nil
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return filesIn(name, like)
	case err == nil:
		return []string{name}, nil, nil
	}
	if all := rangeOf(name); len(all) > 1 {
		return all, nil, nil
	}
	if !strings.ContainsAny(name, "*?[") {
		return nil, nil, missing(name, err)
	}
	matches, err := filepath.Glob(name)
	if err != nil {
		return nil, nil, fmt.Errorf("the pattern %s: %w", name, err)
	}
	for _, match := range matches {
		if info, err := os.Stat(match); err == nil && info.Mode().IsRegular() {
			files = append(files, match)
		}
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: no file matches", name)
	}
	return files, nil, nil
}

// filesIn returns the files of a folder whose names match.
func filesIn(dir string, like *regexp.Regexp) (files []string, left []shards.LeftOut, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	folder := ""
	for _, entry := range entries {
		name := filepath.Join(dir, entry.Name())
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			folder = entry.Name()
			left = append(left, shards.LeftOut{Reason: shards.LeftFile, Name: entry.Name() + " (a folder)", N: 1})
		case err == nil && info.Mode().IsRegular() && like.MatchString(entry.Name()):
			files = append(files, name)
		case !strings.HasPrefix(entry.Name(), "."):
			left = append(left, shards.LeftOut{Reason: shards.LeftFile, Name: entry.Name(), N: 1})
		}
	}
	switch {
	case len(files) > 0:
		return files, left, nil
	case folder != "":
		return nil, nil, fmt.Errorf("%s has no files of this kind, only folders: name one of them, such as %s", dir, filepath.Join(dir, folder))
	}
	return nil, nil, fmt.Errorf("%s has no files of this kind: if yours have other extensions, name the files themselves", dir)
}

// missing returns the error of a file that does not exist.
func missing(name string, err error) error {
	if os.IsNotExist(err) {
		return &fs.PathError{Op: "opening", Path: name, Err: fs.ErrNotExist}
	}
	return err
}

var rangeInBraces = regexp.MustCompile(`^(.*)\{(\d+)\.\.(\d+)\}(.*)$`)

// maxRange is the most files that one range may name.
const maxRange = 1 << 20

// rangeOf expands a range of numbers in braces, as the webdataset library does.
func rangeOf(name string) (all []string) {
	parts := rangeInBraces.FindStringSubmatch(name)
	if parts == nil {
		return nil
	}
	from, err := strconv.Atoi(parts[2])
	to, errTo := strconv.Atoi(parts[3])
	if err != nil || errTo != nil || to < from || to-from >= maxRange {
		return nil
	}
	for n := from; n <= to; n++ {
		digits := strconv.Itoa(n)
		if len(parts[2]) > len(digits) {
			digits = strings.Repeat("0", len(parts[2])-len(digits)) + digits
		}
		all = append(all, parts[1]+digits+parts[4])
	}
	return all
}

// YieldLeftOut yields what was left out of the given folders as the last record, if more is true.
func YieldLeftOut(more bool, left []shards.LeftOut, yield func(shards.Record) bool) {
	if more && len(left) > 0 {
		yield(shards.Aside("", left...))
	}
}
