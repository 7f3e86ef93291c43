package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// readImageNet reads images with one label each: a folder with a folder for each class, as
// ImageNet's validation set is usually unpacked and ImageNet-A, -R, -Sketch and V2 are published,
// or ImageNet's LOC_val_solution.csv. The label, a WordNet id such as n01440764 or a number, is the
// title of the sample. Its key is the name of the file, with its folder if there is one.
func readImageNet(ctx context.Context, o Options) iter.Seq2[item, error] {
	if info, err := os.Stat(o.Annotations); err == nil && !info.IsDir() {
		return readImageNetTable(ctx, o)
	}
	return func(yield func(item, error) bool) {
		classes, err := os.ReadDir(o.Annotations)
		if err != nil {
			yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		var others []shards.LeftOut
		some := false
		for _, class := range classes {
			if !class.IsDir() {
				others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: class.Name(), N: 1})
				continue
			}
			names, left, err := imagesIn(filepath.Join(o.Annotations, class.Name()))
			others = addLeft(others, left...)
			for _, name := range names {
				some = true
				key := path.Join(class.Name(), name)
				if ctx.Err() != nil {
					err = fmt.Errorf("%w: %w", errBroken, context.Cause(ctx))
					break
				}
				if !yield(labelled(key, class.Name(), o, key), nil) {
					return
				}
			}
			if err != nil {
				yield(item{}, err)
				return
			}
		}
		if !some {
			yield(item{left: others}, fmt.Errorf("%w: %s has no folders of images: it should have one for each class, such as n01440764", errBroken, baseName(o.Annotations)))
		} else if len(others) > 0 {
			yield(asideOf(others), nil)
		}
	}
}

// imagesIn returns the names of the files of a folder whose ending is that of an image.
func imagesIn(dir string) (names []string, others []shards.LeftOut, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	for _, entry := range entries {
		ending := strings.ToLower(path.Ext(entry.Name()))
		if entry.IsDir() || !slices.Contains([]string{".jpeg", ".jpg", ".png", ".webp", ".bmp", ".gif"}, ending) {
			others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: path.Join(filepath.Base(dir), entry.Name()), N: 1})
			continue
		}
		names = append(names, entry.Name())
	}
	return names, others, nil
}

// readImageNetTable reads LOC_val_solution.csv: ImageId, and PredictionString with the class and
// edges of each object. All objects of an image are of one class.
func readImageNetTable(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for row, err := range csvRows(ctx, o.Annotations, "ImageId", "PredictionString") {
			i := item{}
			if err == nil {
				id, objects := row.column(0), strings.Fields(row.column(1))
				switch {
				case id == "":
					err = fmt.Errorf("line %d: no ImageId", row.line)
				case len(objects) == 0:
					err = fmt.Errorf("line %d: image %s has no class", row.line, id)
				default:
					i = labelled(id+".JPEG", objects[0], o, id+".JPEG", "val/"+id+".JPEG", id+".jpg")
				}
			}
			if !yield(i, i.checked(err)) || errors.Is(err, errBroken) {
				return
			}
		}
	}
}

// labelled returns the item of an image with a label.
func labelled(key, label string, o Options, names ...string) item {
	i := about(key, names...)
	i.sample.Split = o.Split
	i.sample.Texts = []shards.Text{{Kind: shards.Title, Value: label}}
	return i
}
