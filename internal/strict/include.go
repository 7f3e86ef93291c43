package strict

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// includeKey is the key whose files [Include] reads. A configuration that may include others has
// it as a text or a list of texts.
const includeKey = "include"

// mergedMark begins content that is merged from several files. Behind it, a line of comment for
// each key says where the key's value is from; see [Place].
const mergedMark = "# Merged from "

const placeMark = "#   "

// Bounds of inclusion.
const (
	maxIncluded     = 64
	maxIncludeDepth = 8
)

// Include reads the files that content names by its key include, and the ones that they name, and
// returns one configuration of them all, whose paths are relative to the current folder. Content
// without the key is returned as it is, with merged false.
//
// Names of files are relative to the folder of the file that includes them, base for content. A
// file is read as if it stood before what includes it: a later value of a key takes the place of an
// earlier one, keys of keys are merged, and lists whose elements have names are joined by them.
// Into is a pointer to the configuration's type, and move makes the paths of content relative to
// the current folder, as in [ReadMoved].
func Include(content []byte, name, base string, move func(string) string, into any) (all []byte, merged bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: not readable as YAML: %v", name, p)
		}
	}()
	var head struct {
		Include any `yaml:"include"`
	}
	if len(content) > maxBytes || isText(content, name) != nil || yaml.Unmarshal(content, &head) != nil || head.Include == nil {
		return content, false, nil // what is wrong is reported when it is read
	}
	if move == nil {
		move = From("")
	}
	in := includer{into: reflect.TypeOf(into), including: map[string]bool{}}
	whole, err := in.read(content, name, base, move, 0)
	if err != nil {
		return nil, false, err
	}
	text, err := yaml.Marshal(whole.tree)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", name, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s\n", mergedMark, strings.Join(in.files, ", "))
	for _, path := range slices.Sorted(maps.Keys(whole.places)) {
		fmt.Fprintf(&b, "%s%s: %s\n", placeMark, path, whole.places[path])
	}
	b.Write(text)
	return b.Bytes(), true, nil
}

// includer reads a file and those that it includes.
type includer struct {
	into      reflect.Type
	including map[string]bool // files that are being read, by absolute path
	files     []string
}

// origin is YAML with the place of each key, "file line N", by dotted path.
type origin struct {
	tree   yaml.MapSlice
	places map[string]string
}

func (in *includer) read(content []byte, name, base string, move func(string) string, depth int) (origin, error) {
	own := origin{places: map[string]string{}}
	if len(content) > maxBytes {
		return own, fmt.Errorf("%s: %d bytes, the limit is %d", name, len(content), maxBytes)
	}
	if err := isText(content, name); err != nil {
		return own, err
	}
	if in.files = append(in.files, name); len(in.files) > maxIncluded {
		return own, fmt.Errorf("%s: more than %d files are included", name, maxIncluded)
	}
	var root any
	if err := yaml.UnmarshalWithOptions(content, &root, yaml.UseOrderedMap()); err != nil {
		return own, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	tree, is := root.(yaml.MapSlice)
	if !is && root != nil {
		return own, fmt.Errorf("%s: keys with values are legal here", name)
	}
	for path, line := range Lines(content) {
		own.places[path] = lineOf(name, line)
	}
	var names []string
	var err error
	if own.tree, names, err = withoutIncludes(tree); err != nil {
		return own, fmt.Errorf("%s: %w", placeOf(own.places, includeKey, name), err)
	}
	moveTree(own.tree, in.into, false, move)
	whole := origin{places: map[string]string{}}
	for _, file := range names {
		one, err := in.open(From(base)(file), fmt.Sprintf("%s: include", placeOf(own.places, includeKey, name)), depth+1)
		if err != nil {
			return own, err
		}
		whole = whole.with(one)
	}
	return whole.with(own), nil
}

// withoutIncludes returns a tree without its key include, and the files that this key names.
func withoutIncludes(tree yaml.MapSlice) (left yaml.MapSlice, files []string, err error) {
	for _, item := range tree {
		if item.Key != includeKey {
			left = append(left, item)
			continue
		}
		list, is := item.Value.([]any)
		if one, isText := item.Value.(string); isText {
			list, is = []any{one}, true
		}
		for _, one := range list {
			file, isText := one.(string)
			if is = is && isText && file != ""; is {
				files = append(files, file)
			}
		}
		if !is {
			return nil, nil, errors.New("include: legal is a file, or a list of files, [in, brackets] or with a - before each")
		}
	}
	return left, files, nil
}

// open reads an included file.
func (in *includer) open(path, by string, depth int) (origin, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return origin{}, fmt.Errorf("%s: %w", by, err)
	}
	switch {
	case in.including[absolute]:
		return origin{}, fmt.Errorf("%s: %s includes itself", by, path)
	case depth > maxIncludeDepth:
		return origin{}, fmt.Errorf("%s: %s: files include each other more than %d deep", by, path, maxIncludeDepth)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return origin{}, fmt.Errorf("%s: %s is not a file", by, path)
	} else if err == nil && info.Size() > maxBytes {
		return origin{}, fmt.Errorf("%s: %s: %d bytes, the limit is %d", by, path, info.Size(), maxBytes)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		var why *os.PathError
		if errors.As(err, &why) {
			err = why.Err
		}
		return origin{}, fmt.Errorf("%s: %s: %w", by, path, err)
	}
	in.including[absolute] = true
	defer delete(in.including, absolute)
	return in.read(content, path, filepath.Dir(path), From(filepath.Dir(path)), depth)
}

// with returns the tree with what another one says later.
func (o origin) with(later origin) origin {
	places := map[string]string{}
	for path, place := range o.places {
		places[path] = place
	}
	tree, _ := merge(o.tree, later.tree, "", "", later.places, places).(yaml.MapSlice)
	return origin{tree, places}
}

// merge returns a value with what a later one says of it. From is the path of the later value in
// its own file, and to in the merged one, whose places it completes.
func merge(earlier, later any, from, to string, laterPlaces, places map[string]string) any {
	switch l := later.(type) {
	case yaml.MapSlice:
		e, is := earlier.(yaml.MapSlice)
		if !is && earlier != nil {
			break
		}
		if place, known := laterPlaces[from]; known && earlier == nil {
			places[to] = place
		}
		e = slices.Clone(e)
		for _, item := range l {
			key := fmt.Sprint(item.Key)
			i := slices.IndexFunc(e, func(other yaml.MapItem) bool { return fmt.Sprint(other.Key) == key })
			var before any
			if i >= 0 {
				before = e[i].Value
			}
			value := merge(before, item.Value, join(from, key), join(to, key), laterPlaces, places)
			if i >= 0 {
				e[i].Value = value
			} else {
				e = append(e, yaml.MapItem{Key: item.Key, Value: value})
			}
		}
		return e
	case []any:
		e, is := earlier.([]any)
		if !is && earlier != nil || !named(e) || !named(l) {
			break
		}
		if place, known := laterPlaces[from]; known && earlier == nil {
			places[to] = place
		}
		e = slices.Clone(e)
		for n, element := range l {
			i := slices.IndexFunc(e, func(other any) bool { return nameOf(other) == nameOf(element) })
			if i < 0 {
				i = len(e)
				e = append(e, nil)
			}
			e[i] = merge(e[i], element, join(from, strconv.Itoa(n)), join(to, strconv.Itoa(i)), laterPlaces, places)
		}
		return e
	}
	for path := range places { // of the value that is replaced
		if path == to || strings.HasPrefix(path, to+".") {
			delete(places, path)
		}
	}
	for path, place := range laterPlaces {
		if path == from || strings.HasPrefix(path, from+".") {
			places[to+path[len(from):]] = place
		}
	}
	return later
}

// named reports whether all elements of a list have names.
func named(list []any) bool {
	return !slices.ContainsFunc(list, func(element any) bool { return nameOf(element) == "" })
}

// nameOf returns the name of an element of a list, or "".
func nameOf(element any) string {
	keys, _ := element.(yaml.MapSlice)
	for _, item := range keys {
		if item.Key == "name" {
			return fmt.Sprint(item.Value)
		}
	}
	return ""
}

// placeOf returns the place of a key, or of the nearest key above it that has one, or otherwise.
func placeOf(places map[string]string, path, otherwise string) string {
	for path != "" {
		if place, known := places[path]; known {
			return place
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
	return otherwise
}

// mergedPlaces returns the places of the keys of merged content, and nil for other content.
func mergedPlaces(content []byte) map[string]string {
	if !bytes.HasPrefix(content, []byte(mergedMark)) {
		return nil
	}
	places := map[string]string{}
	for line := range bytes.Lines(content) {
		path, place, found := strings.Cut(strings.TrimPrefix(strings.TrimRight(string(line), "\n"), placeMark), ": ")
		switch {
		case !bytes.HasPrefix(line, []byte("#")):
			return places
		case found && bytes.HasPrefix(line, []byte(placeMark)):
			places[path] = place
		}
	}
	return places
}
