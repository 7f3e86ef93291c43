package tabular

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/shards/format/mapping"
)

// hasColumn reports whether a table has a column, or the column that a path begins with.
func hasColumn(names []string, path string) bool {
	for _, name := range names {
		if name == path || strings.HasPrefix(path, name+"/") {
			return true
		}
	}
	return false
}

// topColumns returns the columns that paths lead to.
func topColumns(names, paths []string) (all []string) {
	for _, name := range names {
		for _, path := range paths {
			if path == name || strings.HasPrefix(path, name+"/") {
				all = append(all, name)
				break
			}
		}
	}
	return all
}

// planColumns plans the use of the first table's columns.
func (t *Table) planColumns(rows rowReader, names []string) error {
	if t.plan != nil {
		return nil
	}
	m := t.Columns.Mapping(t.Language, t.Kind)
	m.NamedOnly, m.KeepNamed, m.Trim, m.Split = true, true, true, t.Split
	var columns []mapping.Column
	if typed, ok := rows.(interface{ schema() []mapping.Column }); ok {
		columns = typed.schema()
	} else {
		for _, name := range names {
			c := mapping.Column{Name: name, Type: mapping.Text}
			for _, path := range t.names() {
				if strings.HasPrefix(path, name+"/") {
					c.Type = mapping.Struct // JSON, which does not declare its fields
				}
			}
			columns = append(columns, c)
		}
	}
	if taken := t.Columns.Names(); !slices.Contains(taken, t.GroupBy) {
		columns = slices.DeleteFunc(slices.Clone(columns), func(c mapping.Column) bool { return c.Name == t.GroupBy })
	}
	var err error
	if t.plan, err = m.For(columns); err != nil {
		return err
	}
	top := topColumns(names, t.Columns.Names())
	t.taken, err = m.For(slices.DeleteFunc(slices.Clone(columns), func(c mapping.Column) bool { return !slices.Contains(top, c.Name) }))
	return err
}

// ColumnsTaken implements [ingest.Mapped].
func (t *Table) ColumnsTaken() string {
	if t.plan == nil {
		return ""
	}
	return t.plan.Describe()
}
