package evalsuite

import (
	"bytes"
	"cmp"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Class is a class of a zero-shot classification.
type Class struct {
	// ID is what labels may call it, such as the WordNet id n01440764; "" if it has none.
	ID string
	// Names are put into the templates. The first is the class's own, others are synonyms.
	Names []string
}

// Classes lists the classes of a data set, in the order of their numbers.
type Classes []Class

// maxClassFile bounds files of classes, templates and labels.
const maxClassFile = 64 << 20

// ReadClasses reads a list of classes:
//
//	["tench", "goldfish, Carassius auratus"]         a JSON list of names, by number
//	{"0": ["n01440764", "tench"], ...}               ids and names by number (Keras)
//	{"n01440764": "tench, Tinca tinca", ...}         names by id; numbers are in the order of ids
//	n01440764 tench, Tinca tinca                     an id and names a line (synset_words.txt)
//	tench                                            names a line, by number
//
// Names with commas between them are synonyms, as in big_vision.
func ReadClasses(path string) (Classes, error) {
	content, err := readClassFile(path)
	if err != nil {
		return nil, err
	}
	classes, err := parseClasses(content)
	if err != nil {
		return nil, fmt.Errorf("reading classes from %s: %w", path, err)
	}
	return classes, nil
}

func readClassFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxClassFile {
		err = fmt.Errorf("%s has %d bytes, more than the %d of such a file", path, info.Size(), maxClassFile)
	}
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err == nil && !utf8.Valid(content) {
		err = fmt.Errorf("%s is no text in UTF-8", path)
	}
	return content, err
}

func parseClasses(content []byte) (classes Classes, err error) {
	switch trimmed := bytes.TrimSpace(content); {
	case len(trimmed) == 0:
		return nil, fmt.Errorf("it is empty")
	case trimmed[0] == '[':
		classes, err = classesOfList(trimmed)
	case trimmed[0] == '{':
		classes, err = classesOfObject(trimmed)
	default:
		classes, err = classesOfLines(trimmed)
	}
	if err != nil {
		return nil, err
	}
	return classes, classes.check()
}

func classesOfList(content []byte) (classes Classes, err error) {
	var names []string
	if err := json.Unmarshal(content, &names); err != nil {
		return nil, fmt.Errorf("a list holds names as texts: %w", err)
	}
	for _, name := range names {
		classes = append(classes, Class{Names: synonyms(name)})
	}
	return classes, nil
}

// classesOfObject reads classes by number, or names by id.
func classesOfObject(content []byte) (classes Classes, err error) {
	var byID map[string]jsontext.Value
	if err := json.Unmarshal(content, &byID); err != nil {
		return nil, err
	}
	numbered := true
	for n := range len(byID) {
		_, has := byID[strconv.Itoa(n)]
		numbered = numbered && has
	}
	keys := slices.Sorted(maps.Keys(byID))
	if numbered {
		slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	}
	for _, key := range keys {
		var pair []string
		var name string
		switch one := json.Unmarshal(byID[key], &name); {
		case one == nil && numbered:
			classes = append(classes, Class{Names: synonyms(name)})
		case one == nil:
			classes = append(classes, Class{key, synonyms(name)})
		case json.Unmarshal(byID[key], &pair) == nil && len(pair) == 2 && numbered:
			classes = append(classes, Class{pair[0], synonyms(pair[1])})
		default:
			return nil, fmt.Errorf("member %q is %.60s, want a name, or by number [id, name]", key, byID[key])
		}
	}
	return classes, nil
}

// wordNetID begins a line of an id and names.
var wordNetID = regexp.MustCompile(`^n\d{8}[ \t]+`)

func classesOfLines(content []byte) (classes Classes, err error) {
	withIDs := wordNetID.Match(content)
	for n, line := range strings.Split(string(content), "\n") {
		line = strings.TrimSpace(line)
		id := ""
		if withIDs {
			at := wordNetID.FindString(line)
			if at == "" {
				return nil, fmt.Errorf("line %d is %.60q, want an id such as n01440764 and names, as on line 1", n+1, line)
			}
			id, line = strings.TrimSpace(at), line[len(at):]
		}
		classes = append(classes, Class{id, synonyms(line)})
	}
	return classes, nil
}

// synonyms splits names at commas.
func synonyms(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (c Classes) check() error {
	ids := map[string]int{}
	for n, class := range c {
		if len(class.Names) == 0 {
			return fmt.Errorf("class %d (from 0) has no name", n)
		}
		if at, twice := ids[class.ID]; twice && class.ID != "" {
			return fmt.Errorf("classes %d and %d (from 0) have the id %s", at, n, class.ID)
		}
		ids[class.ID] = n
	}
	return nil
}

// classIndex finds classes by what labels call them.
type classIndex struct {
	classes Classes
	byID    map[string]int
	byName  map[string]int // -1 for a name of several classes
}

func (c Classes) index() *classIndex {
	x := &classIndex{c, map[string]int{}, map[string]int{}}
	add := func(name string, n int) {
		if at, known := x.byName[name]; known && at != n {
			n = -1
		}
		x.byName[name] = n
	}
	for n, class := range c {
		if class.ID != "" {
			x.byID[class.ID] = n
		}
		add(class.Names[0], n)
		if len(class.Names) > 1 {
			add(strings.Join(class.Names, ", "), n)
		}
	}
	return x
}

// find returns the number of the class of a label: its id, its name, or its number from 0.
func (x *classIndex) find(label string) (int, error) {
	if n, ok := x.byID[label]; ok {
		return n, nil
	}
	if n, ok := x.byName[label]; ok {
		if n < 0 {
			return 0, fmt.Errorf("the label %q is the name of several classes: label by id or number", label)
		}
		return n, nil
	}
	if n, err := strconv.Atoi(label); err == nil && n >= 0 && n < len(x.classes) {
		return n, nil
	}
	return 0, fmt.Errorf("the label %q is no id, name or number (0 to %d) of a class", label, len(x.classes)-1)
}

// ReadClassSubset reads the classes that a data set has of a larger list, such as the 200 of
// ImageNet-A: a JSON list, or one a line, of ids, names or numbers. It returns their numbers.
func ReadClassSubset(path string, of Classes) (numbers []int, err error) {
	content, err := readClassFile(path)
	if err != nil {
		return nil, err
	}
	labels, err := labelList(content)
	if err != nil {
		return nil, fmt.Errorf("reading a subset of the classes from %s: %w", path, err)
	}
	x := of.index()
	seen := map[int]bool{}
	for n, label := range labels {
		class, err := x.find(label)
		if err == nil && seen[class] {
			err = fmt.Errorf("the class %q is named twice", label)
		}
		if err != nil {
			return nil, fmt.Errorf("reading a subset of the classes from %s: entry %d: %w", path, n+1, err)
		}
		seen[class] = true
		numbers = append(numbers, class)
	}
	return numbers, nil
}

// labelList reads a JSON list of texts and numbers, or lines.
func labelList(content []byte) (labels []string, err error) {
	trimmed := bytes.TrimSpace(content)
	if len(trimmed) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	if trimmed[0] != '[' {
		for line := range strings.SplitSeq(string(trimmed), "\n") {
			labels = append(labels, strings.TrimSpace(line))
		}
		return labels, nil
	}
	var values []jsontext.Value
	if err := json.Unmarshal(trimmed, &values); err != nil {
		return nil, err
	}
	for n, value := range values {
		var text string
		var number int
		switch {
		case json.Unmarshal(value, &text) == nil:
			labels = append(labels, text)
		case json.Unmarshal(value, &number) == nil:
			labels = append(labels, strconv.Itoa(number))
		default:
			return nil, fmt.Errorf("entry %d is %.60s, want a text or a whole number", n+1, value)
		}
	}
	return labels, nil
}

// ReadTemplates reads texts about a class, with {} in its place: a JSON list, or one a line.
func ReadTemplates(path string) (templates []string, err error) {
	content, err := readClassFile(path)
	if err == nil {
		templates, err = labelList(content)
	}
	if err != nil {
		return nil, fmt.Errorf("reading templates from %s: %w", path, err)
	}
	for n, template := range templates {
		if strings.Count(template, labelPlace) != 1 {
			return nil, fmt.Errorf("reading templates from %s: template %d is %q, want one {} in it", path, n+1, template)
		}
	}
	return templates, nil
}

// ReadRealLabels reads the labels of ReaL, real.json: a list of the right classes for each image of
// ImageNet's validation set, by its number. The list of an image may be empty.
func ReadRealLabels(path string) ([][]int, error) {
	content, err := readClassFile(path)
	if err != nil {
		return nil, err
	}
	var labels [][]int
	if err := json.Unmarshal(content, &labels); err != nil {
		return nil, fmt.Errorf("reading ReaL's labels from %s: a list of lists of class numbers is expected: %w", path, err)
	}
	for image, of := range labels {
		for _, class := range of {
			if class < 0 {
				return nil, fmt.Errorf("reading ReaL's labels from %s: image %d has the class %d", path, image+1, class)
			}
		}
	}
	return labels, nil
}
