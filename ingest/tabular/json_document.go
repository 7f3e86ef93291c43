package tabular

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/textlines"
)

// jsonObjects recognises the layout of a text that begins with an object: one per line, several in
// succession, or a single object of columns.
func jsonObjects(s *jsonStream, want []string) (jsonSource, error) {
	n, err := s.extent()
	switch {
	case errors.Is(err, errBroken):
		return nil, err
	case err != nil && firstIsWhole(s.lines), err == nil && s.follows(n) && firstIsWhole(s.lines):
		return &jsonLines{lines: s.lines, encoding: s.encoding}, nil
	case err != nil && len(s.lines.Bytes()) > textlines.MaxLine:
		return nil, fmt.Errorf("it is a single JSON object of over %d bytes%s: a JSON table is one object per line, or a list of objects", textlines.MaxLine, listNames(s.lines.Bytes()))
	case err != nil, s.follows(n):
		return s, nil
	}
	text := s.lines.Bytes()[:n]
	if err := s.encoding.Check(text, 1); err != nil {
		return nil, err
	}
	document, err := (&jsonParser{text: text}).object()
	if err != nil {
		return nil, err
	}
	s.advance(n)
	rows, err := documentRows(document, want)
	return &jsonTable{rows: rows}, err
}

// follows reports whether anything but white space follows an offset.
func (s *jsonStream) follows(at int) bool {
	for {
		for _, c := range s.lines.Bytes()[at:] {
			if c > ' ' {
				return true
			}
		}
		at = len(s.lines.Bytes())
		if at > 2*textlines.MaxLine || !s.lines.Fill() {
			return false
		}
	}
}

// listNames names the lists in the outermost object of a text, as far as it is in memory.
func listNames(text []byte) string {
	var names []string
	p := &jsonParser{text: text, at: 1}
	for p.peek() == '"' {
		name, err := p.string()
		if err != nil || p.peek() != ':' {
			break
		}
		p.at++
		if p.peek() == '[' {
			names = append(names, name)
		}
		if _, err := p.value(); err != nil || p.peek() != ',' {
			break
		}
		p.at++
		p.blanks()
	}
	if len(names) == 0 {
		return ""
	}
	return " with the list " + strings.Join(names, ", ")
}

// documentRows returns the rows of an object that is a whole table, in one of pandas' layouts: by
// column, by index, or split.
func documentRows(document map[string]any, want []string) ([]row, error) {
	asked := slices.ContainsFunc(want, func(name string) bool { _, has := document[name]; return has && name != "" })
	names, isSplit := document["columns"].([]any)
	data, hasData := document["data"].([]any)
	if isSplit && hasData && !asked {
		return splitRows(names, data)
	}
	lists, objects := 0, 0
	for _, value := range document {
		switch value.(type) {
		case []any:
			lists++
		case map[string]any:
			objects++
		}
	}
	switch {
	case len(document) == 0:
		return nil, errors.New("it is an empty JSON object")
	case lists == len(document) && asked, objects == len(document) && asked:
		return columnRows(document)
	case lists > 0 && !asked:
		return nil, wrapped(document)
	case objects == len(document):
		return indexRows(document)
	}
	return []row{document}, nil
}

// wrapped returns an error that names the lists in an object that is not a table itself.
func wrapped(document map[string]any) error {
	var lists []string
	for _, name := range sortedKeys(document) {
		if list, isList := document[name].([]any); isList {
			lists = append(lists, fmt.Sprintf("%s (%d)", name, len(list)))
		}
	}
	hint := ""
	if _, isCOCO := document["annotations"]; isCOCO {
		hint = "; annotations of COCO and others are read by the source benchmark"
	}
	return fmt.Errorf("it is a single JSON object with the lists %s: save the one you want as a separate list%s", strings.Join(lists, ", "), hint)
}

// splitRows returns the rows of {"columns": [...], "data": [[...], ...]}.
func splitRows(names, data []any) ([]row, error) {
	rows := make([]row, 0, len(data))
	for i, values := range data {
		list, isList := values.([]any)
		if !isList || len(list) != len(names) {
			return nil, fmt.Errorf("row %d of its data does not have one value for each of its %d columns", i+1, len(names))
		}
		r := row{}
		for j, name := range names {
			r[plainText(name)] = list[j]
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// columnRows returns the rows of {"a": [...], "b": [...]}, or of {"a": {"0": ...}, "b": {"0":
// ...}}.
func columnRows(columns map[string]any) ([]row, error) {
	var rows []row
	at := map[string]int{}
	if index := indexOf(columns); index != nil {
		for i, name := range index {
			at[name] = i
			rows = append(rows, row{})
		}
	}
	for _, name := range sortedKeys(columns) {
		switch values := columns[name].(type) {
		case []any:
			if rows == nil {
				for range values {
					rows = append(rows, row{})
				}
			}
			if len(values) != len(rows) {
				return nil, fmt.Errorf("its columns have different lengths: %s has %d values, others have %d", name, len(values), len(rows))
			}
			for i, value := range values {
				rows[i][name] = value
			}
		case map[string]any:
			for key, value := range values {
				rows[at[key]][name] = value
			}
		}
	}
	return rows, nil
}

// indexOf returns the ordered row names of columns that are objects, or nil if the columns are
// lists.
func indexOf(columns map[string]any) []string {
	names := map[string]any{}
	for _, column := range columns {
		values, isObject := column.(map[string]any)
		if !isObject {
			return nil
		}
		for name := range values {
			names[name] = nil
		}
	}
	return inNumber(sortedKeys(names))
}

// indexRows returns the rows of {"0": {...}, "1": {...}}.
func indexRows(document map[string]any) ([]row, error) {
	names := inNumber(sortedKeys(document))
	var rows []row
	for _, name := range names {
		if _, err := strconv.Atoi(name); err != nil {
			return nil, fmt.Errorf("it is a single JSON object of %d named objects, the first %q: store each name as a field, and save the objects as a list", len(document), name)
		}
		rows = append(rows, row(document[name].(map[string]any)))
	}
	return rows, nil
}

// inNumber orders names that are numbers by value, and all others after them.
func inNumber(names []string) []string {
	slices.SortStableFunc(names, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		switch {
		case errX != nil && errY != nil:
			return cmp.Compare(a, b)
		case errX != nil:
			return 1
		case errY != nil:
			return -1
		}
		return cmp.Compare(x, y)
	})
	return names
}
