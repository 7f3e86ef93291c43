package report

import (
	"fmt"
	"io/fs"
	"os"
	slashed "path"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/shards"
)

// maxImageBytes is the largest image that the page reads.
const maxImageBytes = 64 << 20

// finder returns the file of an image by its key, or nil if there is none.
type finder func(key string) ([]byte, error)

// openImages prepares to find images in a folder or in a dataset, if the options name one.
func (p *page) openImages() (err error) {
	switch {
	case p.Images != "":
		p.find, err = imagesOf(p.Images)
	case p.Data != "":
		d := p.dataset(p.Data)
		if d == nil {
			return fmt.Errorf("%s cannot be opened as a dataset", p.Data)
		}
		p.find, err = imagesIn(d)
	}
	return err
}

// imageOf returns a thumbnail of the image with a key, or nil.
func (p *page) imageOf(key string) (*Image, error) {
	if p.find == nil || key == "" {
		return nil, nil
	}
	encoded, err := p.find(key)
	if err != nil {
		return nil, err
	}
	if encoded == nil {
		p.unfound++
		return nil, nil
	}
	return p.album.add(encoded, gallerySide, key), nil
}

// imagesOf finds images below a folder. A key is the path of a file, its name, its name without
// the ending, or the number at the end of that: COCO_val2014_000000000042.jpg is found by 42. A key
// that several files have finds none.
func imagesOf(dir string) (finder, error) {
	files := map[string]string{}
	put := func(key, file string) {
		if other, known := files[key]; known && other != file {
			file = ""
		}
		files[key] = file
	}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		base := slashed.Base(name)
		stem := strings.TrimSuffix(base, slashed.Ext(base))
		put(name, file)
		put("/"+base, file)
		put("/"+stem, file)
		if number := endNumber(stem); number != "" {
			put("#"+number, file)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for images: %w", err)
	}
	return func(key string) ([]byte, error) {
		base := slashed.Base(key)
		for _, name := range []string{key, "/" + base, "/" + strings.TrimSuffix(base, slashed.Ext(base)), "#" + endNumber(base)} {
			if file := files[name]; file != "" {
				return readBounded(file)
			}
		}
		return nil, nil
	}, nil
}

// endNumber returns the digits at the end of a name, without zeros before them.
func endNumber(name string) string {
	return strings.TrimLeft(name[len(strings.TrimRight(name, "0123456789")):], "0")
}

// readBounded reads a file, or returns nil if it is too large.
func readBounded(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil || info.Size() > maxImageBytes {
		return nil, err
	}
	return os.ReadFile(file)
}

// imagesIn finds images in a dataset by the key of the sample.
func imagesIn(d *shards.Dataset) (finder, error) {
	keys, err := d.Select("key")
	if err != nil {
		return nil, err
	}
	rows, row := map[string]int{}, 0
	for s, err := range keys.Samples() {
		if err != nil {
			return nil, err
		}
		rows[s.Key] = row
		row++
	}
	return func(key string) ([]byte, error) {
		at, known := rows[key]
		if !known {
			return nil, nil
		}
		s, err := d.Row(at)
		if err != nil || len(s.Images) == 0 {
			return nil, err
		}
		return s.Images[0].Bytes, nil
	}, nil
}
