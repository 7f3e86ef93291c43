// Package mapping turns a row of named values into a record. Every source with columns uses it:
// Arrow, Parquet, TFRecord, MDS, the hub's datasets, JSON.
//
// A [Mapping] names columns. Columns that it does not name are found by the names that are common
// on the Hugging Face hub and in COCO, TensorFlow Datasets and the TensorFlow object detection API.
// [Mapping.For] checks the names against the columns of a source and returns a [Plan], which
// describes what it takes and makes the records.
//
// A value is nil, bool, an integer, a float, [encoding/json.Number], [time.Time], string, []byte,
// []any for a list, map[string]any for a struct or a map, [JSON], or [Unread]. A path
// names a field of a struct: outer/inner is the field inner of the struct outer, or of each struct
// in a list.
package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Mapping names the columns to take. For an empty name, the column is found by its common names.
type Mapping struct {
	Image []string // bytes, {bytes, path}, or a list of these
	Text  []string // a text, a list of texts, or a list of structs with one
	// ID is the column of the key, a text or an integer. If neither it nor a column with a common
	// name is there, the key is the source's name of the row.
	ID             string
	LanguageColumn string // BCP-47; a list has one language for each text
	SplitColumn    string
	Question       string // a text, or a list of them
	QuestionID     string
	// Answers are a text, a list of texts, a JSON list, or a list of structs with answer and
	// answer_confidence.
	Answers string
	// Boxes are a list of four numbers each, all numbers in one list, or a struct of boxes (bbox)
	// and labels (category, label).
	Boxes string
	// BoxFormat is what the four numbers of a box mean, one of [BoxFormats]. By default the names
	// and values of the columns decide.
	BoxFormat string
	// Keep names the columns that go into the metadata. By default all texts, numbers and short
	// lists do that are not used otherwise.
	Keep []string

	Kind     string // of the texts; by default from the column's name, or else DefaultKind
	Language string // of the texts, if no column has it
	Split    string // of the records, if no column has it

	DefaultKind string // by default [shards.Alt]
	Trim        bool   // remove white space around texts
	NamedOnly   bool   // take only columns that are named
	KeepNamed   bool   // put only Keep into the metadata
	Optional    bool   // named columns may be missing
	// BytesAsText takes bytes that are UTF-8 for text even if no name says so, as in TFRecord,
	// which has no type for text.
	BytesAsText bool
}

// JSON is a value encoded in JSON. It goes into the metadata as it is.
type JSON string

// Unread is a value that cannot be read, described by its kind, such as "a pickle". It is left out.
type Unread string

// Type is the type of a column's values.
type Type int

// Types of columns.
const (
	Other  Type = iota // numbers, truth values, times
	Text               // texts
	Bytes              // bytes
	Image              // known to be images: {bytes, path}, or by their encoding
	Struct             // structs, maps
	Opaque             // pickles, arrays and others that cannot be shown
)

// Column is a column of a source.
type Column struct {
	Name   string
	Type   Type     // of its values, or of their elements
	List   bool     // its values are lists
	Fields []Column // of a struct, if known
}

// Plan maps the rows of a source. It is safe for concurrent use, except for Observe.
type Plan struct {
	Mapping
	columns []Column
	uses    map[string]use // of the known columns, by name
	named   map[string]use // of what the mapping names, by path
	sniffs  bool           // values of bytes columns are images if they look like one
	unused  []shards.LeftOut
	names   []string // of the columns, sorted
	box     boxes
}

// use is what a column is used for.
type use int

const (
	unused use = iota
	isImage
	isText
	isKey
	isLanguage
	isSplit
	isQuestion
	isQuestionID
	isAnswers
	isBoxes
	isBoxEdge  // one edge of each box
	isBoxLabel // what the boxes show
	isURL
	isKept   // metadata, as named
	isNested // some of its fields are named
)

// For checks the mapping against the columns of a source and returns a plan for them. If a source
// does not know its columns, pass those of its first rows, from [ColumnsOf]. The plan takes columns
// that appear later by their names.
func (m Mapping) For(columns []Column) (*Plan, error) {
	p := &Plan{Mapping: m, columns: columns, uses: map[string]use{}, named: map[string]use{}}
	p.DefaultKind = cmp.Or(p.DefaultKind, shards.Alt)
	if err := p.checkBoxFormat(); err != nil {
		return nil, err
	}
	if err := p.name(); err != nil {
		return nil, err
	}
	has := map[use]bool{}
	for _, c := range columns {
		u := p.useOf(c.Name)
		if u == unused && c.Type == Image && !c.namedElsewhere(p) {
			u = isImage
		}
		p.uses[c.Name] = u
		has[u] = has[u] || u != isImage || c.Type != Text && c.Type != Other
		p.names = append(p.names, c.Name)
	}
	slices.Sort(p.names)
	p.sniffs = !has[isImage] && len(m.Image) == 0 && !m.NamedOnly
	for _, c := range columns {
		if m.KeepNamed && p.uses[c.Name] == unused {
			p.unused = append(p.unused, shards.LeftOut{Reason: shards.LeftColumn, Name: c.Name, N: 1})
		}
	}
	p.box = p.boxesOf(slices.Collect(maps.Keys(p.uses)))
	return p, nil
}

// namedElsewhere reports whether images are taken only from named columns.
func (c Column) namedElsewhere(p *Plan) bool { return len(p.Image) > 0 || p.NamedOnly }

// name records the use of each column that the mapping names, and checks that the columns exist.
func (p *Plan) name() error {
	for _, names := range []struct {
		use   use
		paths []string
	}{
		{isKept, p.Keep}, {isImage, p.Image}, {isText, p.Text}, {isKey, []string{p.ID}}, {isLanguage, []string{p.LanguageColumn}},
		{isSplit, []string{p.SplitColumn}}, {isQuestion, []string{p.Question}}, {isQuestionID, []string{p.QuestionID}}, {isAnswers, []string{p.Answers}},
		{isBoxes, []string{p.Boxes}},
	} {
		for _, path := range names.paths {
			if path == "" {
				continue
			}
			if p.columns != nil && !p.Optional && !Has(p.columns, path) {
				return fmt.Errorf("no column %q; there are %s", path, strings.Join(Paths(p.columns), ", "))
			}
			p.named[path] = names.use
		}
	}
	return nil
}

// useOf returns the use of a column, from the mapping or by its name.
func (p *Plan) useOf(column string) use {
	if u, ok := p.named[column]; ok {
		return u
	}
	for path := range p.named {
		if strings.HasPrefix(path, column+"/") {
			return isNested
		}
	}
	if p.NamedOnly {
		return unused
	}
	u := commonUse(column)
	switch {
	case u == isImage && len(p.Image) > 0, u == isText && len(p.Text) > 0, u == isKey && p.ID != "", u == isSplit && p.SplitColumn != "",
		u == isQuestion && p.Question != "", u == isQuestionID && p.QuestionID != "", u == isAnswers && p.Answers != "", p.Boxes != "" && (u == isBoxes || u == isBoxEdge || u == isBoxLabel):
		return unused // another column is named for that
	}
	return u
}

// use is useOf with the uses of known columns cached.
func (p *Plan) use(column string) use {
	if u, ok := p.uses[column]; ok {
		return u
	}
	return p.useOf(column)
}

// Has reports whether a path names one of the columns, or a field of one.
func Has(columns []Column, path string) bool {
	for _, c := range columns {
		if c.Name == path {
			return true
		}
		if rest, ok := strings.CutPrefix(path, c.Name+"/"); ok && (c.Fields == nil && c.Type == Struct || Has(c.Fields, rest)) {
			return true
		}
	}
	return false
}

// Paths returns the names of columns and of fields of structs for a message, at most 100.
func Paths(columns []Column) (all []string) {
	var add func(prefix string, columns []Column)
	add = func(prefix string, columns []Column) {
		for _, c := range columns {
			if len(all) > 100 {
				return
			}
			if len(c.Fields) > 0 && c.Type == Struct {
				add(prefix+c.Name+"/", c.Fields)
				continue
			}
			all = append(all, prefix+c.Name)
		}
	}
	if add("", columns); len(all) > 100 {
		all = append(all[:100], "and others")
	}
	return all
}
