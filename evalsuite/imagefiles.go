package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/internal/lines"
	"github.com/pali3/pali3/shards"
)

// ImageFiles are the image files that a user named, in that order. A name that cannot be used does
// not stop the others.
type ImageFiles struct {
	Paths []string
	// Missing has an error for each name without an image: a pattern without a match, a folder
	// without images.
	Missing []error
	// LeftOut counts the files in folders that are no images; Others counts pipes, devices and the
	// like.
	LeftOut, Others int

	stdin io.Reader
}

// Note says what was left out of folders, or "".
func (f *ImageFiles) Note() string {
	var parts []string
	if f.LeftOut > 0 {
		parts = append(parts, fmt.Sprintf("%d files that are no images", f.LeftOut))
	}
	if f.Others > 0 {
		parts = append(parts, fmt.Sprintf("%d pipes, devices and the like", f.Others))
	}
	if len(parts) == 0 {
		return ""
	}
	return "left out " + strings.Join(parts, " and ")
}

// maxImagePaths bounds how many images one command takes.
const maxImagePaths = 5_000_000

// FindImages finds the images that names and a list of names give. A name is a file, a folder with
// all images below it, a pattern such as 'photos/*.png', or @FILE for a list. The list, unless "",
// is a file, or - for stdin, with one name a line; a list does not name further lists. A file whose
// name looks like a pattern or begins with @ is that file.
//
// A named file is returned without a look at it: reading it says what is wrong.
func FindImages(ctx context.Context, stdin io.Reader, names []string, list string) (*ImageFiles, error) {
	found := &ImageFiles{stdin: stdin}
	for _, word := range names {
		add := found.add
		if name, ok := strings.CutPrefix(word, "@"); ok && !fileExists(word) {
			word, add = name, found.addList
		}
		if err := add(ctx, word); err != nil {
			return nil, err
		}
	}
	if list != "" {
		return found, found.addList(ctx, list)
	}
	return found, nil
}

// addList adds what the lines of a file name; of - those of standard input.
func (f *ImageFiles) addList(ctx context.Context, list string) error {
	in := f.stdin
	if list != "-" {
		file, err := os.Open(list)
		if err != nil {
			return fmt.Errorf("the list of images: %w", err)
		}
		defer file.Close()
		in = file
	}
	err := lines.Each(ctx, in, func(_ int, line string) error {
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			return nil
		}
		return f.add(ctx, line)
	})
	if err != nil {
		return fmt.Errorf("the list of images %s: %w", list, err)
	}
	return nil
}

// add adds what one word names.
func (f *ImageFiles) add(ctx context.Context, word string) error {
	info, err := os.Stat(word)
	switch {
	case err == nil && info.IsDir():
		return f.addFolder(ctx, word)
	case err == nil || !strings.ContainsAny(word, "*?["):
		return f.addPath(word)
	}
	matches, err := filepath.Glob(word)
	if err != nil {
		f.Missing = append(f.Missing, fmt.Errorf("%s: %w", word, err))
		return nil
	}
	if len(matches) == 0 {
		f.Missing = append(f.Missing, fmt.Errorf("%s: no file matches", word))
	}
	for _, match := range matches {
		info, err := os.Stat(match)
		switch {
		case err == nil && info.IsDir():
			err = f.addFolder(ctx, match)
		case err == nil && !info.Mode().IsRegular(): // opening a pipe would wait for its writer
			f.Others++
		default:
			err = f.addPath(match)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *ImageFiles) addPath(path string) error {
	if len(f.Paths) == maxImagePaths {
		return fmt.Errorf("more than %d images; split them over several commands", maxImagePaths)
	}
	f.Paths = append(f.Paths, path)
	return nil
}

// addFolder adds the images below a folder in the order of their paths: files that end as images
// do, and files without an ending that hold one. Links to folders are not followed, but dir itself
// may be one.
func (f *ImageFiles) addFolder(ctx context.Context, dir string) error {
	before := len(f.Paths)
	err := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			f.Missing = append(f.Missing, err)
			if d != nil && d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			f.Others++
			return nil
		}
		if !isImageName(path) {
			f.LeftOut++
			return nil
		}
		return f.addPath(path)
	})
	if err != nil {
		return err
	}
	if len(f.Paths) == before {
		f.Missing = append(f.Missing, fmt.Errorf("%s: no images in this folder", dir))
	}
	return nil
}

// isImageName reports whether a file ends as images do or, without an ending, holds one.
func isImageName(path string) bool {
	if imagefile.HasImageEnding(path) {
		return true
	}
	if filepath.Ext(path) != "" {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	first := make([]byte, 512)
	n, _ := io.ReadFull(file, first)
	return imagefile.Reads(first[:n])
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// maxImageBytes is the largest image file taken, in bytes.
const maxImageBytes = 64 << 20

// ReadImageFile reads an image file and checks what it says of itself. Errors name the file.
func ReadImageFile(path string) (shards.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return shards.Image{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return shards.Image{}, err
	case info.IsDir():
		return shards.Image{}, fmt.Errorf("%s is a folder", path)
	case info.Size() > maxImageBytes:
		return shards.Image{}, tooLargeImage(path, info.Size())
	}
	content, err := io.ReadAll(io.LimitReader(file, maxImageBytes+1)) // a pipe says no size before
	switch {
	case err != nil:
		return shards.Image{}, err
	case len(content) > maxImageBytes:
		return shards.Image{}, tooLargeImage(path, int64(len(content)))
	case len(content) == 0:
		return shards.Image{}, fmt.Errorf("%s: %w", path, errEmptyImage)
	}
	image, err := shards.NewImage(content)
	if err != nil {
		return shards.Image{}, fmt.Errorf("%s: %w", path, err)
	}
	return image, nil
}

var errEmptyImage = errors.New("the file is empty")

func tooLargeImage(path string, bytes int64) error {
	return fmt.Errorf("%s has %d bytes, the limit is %d", path, bytes, maxImageBytes)
}
