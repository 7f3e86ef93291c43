// Package mapping turns a row of named values into a record. Every source of columns uses it:
// Arrow, Parquet, TFRecord, MDS, the hub's datasets, JSON.
//
// A [Mapping] names columns; those that it does not name are found by their common names: of the
// Hugging Face hub, of COCO, of TensorFlow Datasets, of the TensorFlow object detection API.
// [Mapping.For] checks the names against the columns that there are and returns a [Plan], which
// says what it takes and makes the records.
//
// A value is nil, bool, an integer, a float, [encoding/json.Number], [time.Time], string, []byte,
// []any for a list, map[string]any for a struct or a map, [JSON], or [Unread]. Columns in structs
// are named by a path: outer/inner names the field inner of the struct outer, or of each struct of
// a list.
package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Mapping says which columns are what. Empty names are looked up among the common ones.
type Mapping struct {
	Image []string // bytes, {bytes, path}, or a list of these
	Text  []string // a text, a list of texts, or a list of structs with one
	// ID is the key: a text or an integer. Without it, and without a column of a common name, the
	// source's own name of the row.
	ID             string
	LanguageColumn string // BCP-47; a list has one language a text
	SplitColumn    string
	Question       string // a text, or a list of them
	QuestionID     string
	// Answers are a text, a list of texts, a JSON list, or a list of structs with answer and
	// answer_confidence.
	Answers string
	// Boxes are a list of four numbers each, all numbers in one list, or a struct of boxes (bbox)
	// and labels (category, label).
	Boxes string
	// BoxFormat says what four numbers of a box are; one of [BoxFormats], or "" to go by the
	// columns' names and numbers.
	BoxFormat string
	// Keep goes into the metadata. If it is empty, all that is text, a number or a short list does.
	Keep []string

	Kind     string // of the texts; by default what the column's name says, otherwise DefaultKind
	Language string // of the texts, where no column says
	Split    string // of the records, where no column says

	DefaultKind string // by default [shards.Alt]
	Trim        bool   // texts have no white space around them
	NamedOnly   bool   // take no column that is not named
	KeepNamed   bool   // put nothing into the metadata but Keep
	Optional    bool   // columns that are named need not be there
	BytesAsText bool   // bytes that are UTF-8 may be text though no name says so, as in TFRecord, which has no type for text
}

// JSON is a value in JSON. It goes into the metadata as it is.
type JSON string

// Unread is a value that cannot be shown, by what it is: "a pickle". It is left out.
type Unread string

// Type is what the values of a column are.
type Type int

// Types of columns.
const (
	Other  Type = iota // numbers, truth values, times
	Text               // text
	Bytes              // bytes
	Image              // images, for certain: {bytes, path}, or what its encoding says
	Struct             // structs, maps
	Opaque             // what cannot be shown: pickles, arrays
)

// Column is a column of a source.
type Column struct {
	Name   string
	Type   Type     // of its values, or of their elements
	List   bool     // its values are lists
	Fields []Column // of a struct, if known
}

// Plan maps rows of a source. It may be used by several goroutines.
type Plan struct {
	Mapping
	columns []Column
	uses    map[string]use // by column, of the columns known
	named   map[string]use // by path, of what the mapping names
	sniffs  bool           // columns of bytes are images if they hold one
	unused  []shards.LeftOut
	names   []string // of the columns, sorted
	box     boxes
}

// use is what a column is for.
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

// For checks the mapping against the columns of a source, and plans which are taken. Of a source
// that cannot say, give those of its first rows, see [ColumnsOf]; columns that come later are taken
// by their names.
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

// namedElsewhere reports whether images are looked for in named columns alone.
func (c Column) namedElsewhere(p *Plan) bool { return len(p.Image) > 0 || p.NamedOnly }

// name notes the columns that the mapping names, and checks that they are there.
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

// useOf says what a column is for by its name, or by what the mapping names.
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

// use is useOf, of columns known without looking.
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

// Paths names the columns, and the fields of structs, for a message: no more than 100.
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
