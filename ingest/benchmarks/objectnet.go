package benchmarks

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// ImageNetClasses is the metadata with the numbers of ImageNet's classes that an object of
// ObjectNet is, as a JSON list.
const ImageNetClasses = "imagenet_classes"

// The owner's mappings, below the folder mappings.
const (
	objectFolders = "folder_to_objectnet_label.json"   // labels by folder
	objectClasses = "objectnet_to_imagenet_1k.json"    // ImageNet's labels by label, with "; " between
	imageNetNames = "imagenet_to_label_2012_v2"        // ImageNet's labels, one a line
	imageNetOrder = "pytorch_to_imagenet_2012_id.json" // lines of that file, from 0, by number of the class
)

// object is a class of ObjectNet that ImageNet has too.
type object struct {
	label   string
	classes []int // of ImageNet
}

// readObjectNet reads ObjectNet 1.0 as its archive has it: a folder with images/CLASS/*.png and
// mappings. The images of classes that ImageNet does not have are left out, as the benchmark leaves
// them out. The label is the title of the sample, and its key the folder and the file.
func readObjectNet(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		objects, err := readObjects(filepath.Join(o.Annotations, "mappings"))
		if err != nil {
			yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		folders, err := os.ReadDir(filepath.Join(o.Annotations, "images"))
		if err != nil {
			yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		var others []shards.LeftOut
		for _, folder := range folders {
			if !folder.IsDir() {
				others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: "images/" + folder.Name(), N: 1})
				continue
			}
			names, left, err := imagesIn(filepath.Join(o.Annotations, "images", folder.Name()))
			if err != nil {
				yield(item{}, err)
				return
			}
			others = addLeft(others, left...)
			of, known := objects[folder.Name()]
			if !known {
				others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: "images/" + folder.Name() + ", a class that ImageNet does not have", N: int64(len(names))})
				continue
			}
			for _, name := range names {
				if ctx.Err() != nil {
					yield(item{}, fmt.Errorf("%w: %w", errBroken, context.Cause(ctx)))
					return
				}
				key := path.Join(folder.Name(), name)
				i := labelled(key, of.label, o, key, "images/"+key)
				classes, _ := json.Marshal(of.classes) // of numbers
				i.sample.Metadata = map[string]string{ImageNetClasses: string(classes)}
				if !yield(i, nil) {
					return
				}
			}
		}
		if len(others) > 0 {
			yield(asideOf(others), nil)
		}
	}
}

// readObjects reads the mappings, and returns the objects that ImageNet has by their folders.
func readObjects(dir string) (map[string]object, error) {
	var labels, classes map[string]string
	var order map[string]int
	for name, into := range map[string]any{objectFolders: &labels, objectClasses: &classes, imageNetOrder: &order} {
		if err := readMapping(filepath.Join(dir, name), into); err != nil {
			return nil, err
		}
	}
	lines, err := numberedLines(filepath.Join(dir, imageNetNames))
	if err != nil {
		return nil, err
	}
	numbers := map[int]int{}
	for class, line := range order {
		var n int
		if _, err := fmt.Sscanf(class+"\n", "%d\n", &n); err != nil || n < 0 {
			return nil, fmt.Errorf("%s: %q is not the number of a class", imageNetOrder, class)
		}
		numbers[line] = n
	}
	objects := map[string]object{}
	for _, folder := range slices.Sorted(maps.Keys(labels)) {
		label := labels[folder]
		all, known := classes[label]
		if !known {
			continue
		}
		delete(classes, label)
		of := object{label: label}
		for name := range strings.SplitSeq(all, "; ") {
			line, ok := lines[name]
			number, numbered := numbers[line]
			if !ok || !numbered {
				return nil, fmt.Errorf("%s: %s is %q of ImageNet, which has no line in %s or no number in %s", objectClasses, label, name, imageNetNames, imageNetOrder)
			}
			of.classes = append(of.classes, number)
		}
		objects[folder] = of
	}
	for _, label := range slices.Sorted(maps.Keys(classes)) {
		return nil, fmt.Errorf("%s: %q has no folder in %s", objectClasses, label, objectFolders)
	}
	return objects, nil
}

// maxMapping bounds each file of mappings.
const maxMapping = 1 << 20

func readMapping(path string, into any) error {
	if info, err := os.Stat(path); err != nil || info.Size() > maxMapping {
		if err == nil {
			err = fmt.Errorf("%s has %d bytes, more than the %d of such a file", path, info.Size(), maxMapping)
		}
		return err
	}
	content, err := os.ReadFile(path)
	if err == nil {
		err = jsonerr.Explain(json.Unmarshal(content, into))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// numberedLines returns the numbers of lines, from 0, by their text.
func numberedLines(path string) (map[string]int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	at := map[string]int{}
	lines := bufio.NewScanner(file)
	for n := 0; lines.Scan(); n++ {
		if n >= 10000 {
			return nil, fmt.Errorf("%s: more than 10,000 lines, and ImageNet has 1,000 classes", path)
		}
		at[strings.TrimSpace(lines.Text())] = n
	}
	return at, lines.Err()
}
