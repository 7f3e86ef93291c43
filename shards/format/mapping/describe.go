package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Describe says in one line what each column is used for, which columns are kept as metadata and
// which are left out, and which flag would take them.
func (p *Plan) Describe() string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	images := p.of(isImage, p.Image...)
	var moreImages, sniffed []string
	for _, c := range p.columns {
		switch u := p.uses[c.Name]; {
		case u == unused && c.Type == Image:
			moreImages = append(moreImages, c.Name)
		case u == unused && c.Type == Bytes && p.sniffs:
			sniffed = append(sniffed, c.Name)
		}
	}
	switch {
	case len(images) > 0:
		say("image %s", columns(images))
	case len(sniffed) > 0:
		say("image %s where it holds one", columns(sniffed))
	default:
		say("no image column")
		for _, c := range p.columns {
			if p.uses[c.Name] == isImage && c.Type == Text {
				say("column %s holds text, which is an image only in base64 (pali3 ingest table and urls read paths and URLs)", c.Name)
			}
		}
	}
	texts := p.of(isText, p.Text...)
	questions := p.of(isQuestion, p.Question)
	for _, taken := range []struct {
		what  string
		names []string
	}{
		{"text", texts}, {"question", questions}, {"answer", withoutEmpty(p.Taken().Answers)}, {"box", p.boxColumns()},
		{"key", p.keys()}, {"split", p.of(isSplit, p.SplitColumn)},
	} {
		if len(taken.names) > 0 {
			say("%s %s", taken.what, columns(taken.names))
		}
	}
	rest, asked := p.rest(), false
	if len(texts) == 0 && len(questions) == 0 {
		if asked = len(rest) > 0; asked {
			say("no text column among %s: name one with --text-column", listed(rest))
		} else {
			say("no text column")
		}
	}
	kept, left, opaque := slices.Clone(p.Keep), []string(nil), []string(nil)
	for _, name := range rest {
		switch {
		case slices.Contains(moreImages, name), slices.Contains(sniffed, name):
		case p.opaque(name):
			opaque = append(opaque, name)
		case p.KeepNamed || len(p.Keep) > 0:
			left = append(left, name)
		default:
			kept = append(kept, name)
		}
	}
	if len(kept) > 0 {
		say("kept as metadata: %s", listed(kept))
	}
	if len(moreImages) > 0 {
		say("further image %s left out: repeat --image-column to take more than one", columns(moreImages))
	}
	if len(left) > 0 && !asked {
		say("left out: %s (--keep NAME keeps a column as metadata)", listed(left))
	}
	if len(opaque) > 0 {
		say("left out: %s, which hold neither images nor text", listed(opaque))
	}
	return strings.Join(parts, "; ")
}

// Taken returns the mapping with the names of the columns that the plan uses for images, texts,
// questions, answers and boxes, whether the mapping named them or not.
func (p *Plan) Taken() Mapping {
	m := p.Mapping
	m.Image, m.Text = nil, p.of(isText, p.Text...)
	for _, name := range p.of(isImage, p.Image...) {
		if _, named := p.named[name]; named || commonUse(name) == isImage {
			m.Image = append(m.Image, name)
		}
	}
	first := func(u use, named string, order []string) string {
		names := p.of(u, named)
		if named == "" && order != nil {
			slices.SortFunc(names, func(a, b string) int {
				return slices.Index(order, strings.ToLower(a)) - slices.Index(order, strings.ToLower(b))
			})
		}
		return append(names, "")[0]
	}
	m.Question, m.QuestionID = first(isQuestion, p.Question, nil), first(isQuestionID, p.QuestionID, nil)
	m.Answers, m.Boxes = first(isAnswers, p.Answers, answerNames), cmp.Or(p.Boxes, p.box.column)
	return m
}

// of returns the columns with a use: the named ones, and those with common names.
func (p *Plan) of(u use, named ...string) (names []string) {
	for _, name := range named {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, c := range p.columns {
		if p.uses[c.Name] == u && !slices.Contains(names, c.Name) && !(u == isImage && (c.Type == Text || c.Type == Other)) {
			names = append(names, c.Name)
		}
	}
	return names
}

// keys returns the column of the key, if there is one: the named one, or the first with a common
// name.
func (p *Plan) keys() []string {
	if p.ID != "" || p.NamedOnly {
		return p.of(isKey, p.ID)
	}
	names := p.of(isKey)
	slices.SortFunc(names, func(a, b string) int {
		return slices.Index(keyNames, strings.ToLower(a)) - slices.Index(keyNames, strings.ToLower(b))
	})
	return names[:min(1, len(names))]
}

func (p *Plan) boxColumns() (names []string) {
	for _, name := range append([]string{p.box.column}, p.box.edges[:]...) {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// rest returns the columns without a use.
func (p *Plan) rest() (names []string) {
	for _, c := range p.columns {
		u := p.uses[c.Name]
		if u == unused || u == isImage && (c.Type == Text || c.Type == Other) && !slices.Contains(p.Image, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// opaque reports whether the values of a column cannot be shown.
func (p *Plan) opaque(name string) bool {
	for _, c := range p.columns {
		if c.Name == name {
			return c.Type == Opaque || c.Type == Bytes || c.Type == Image
		}
	}
	return false
}

// withoutEmpty returns a list of the name, or nil if it is empty.
func withoutEmpty(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

func columns(names []string) string {
	if len(names) == 1 {
		return "column " + names[0]
	}
	return "columns " + listed(names)
}

// listed joins up to 50 names.
func listed(names []string) string {
	if len(names) > 50 {
		return strings.Join(names[:50], ", ") + fmt.Sprintf(" and %d more", len(names)-50)
	}
	return strings.Join(names, ", ")
}
