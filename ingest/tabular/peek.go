package tabular

import (
	"errors"
	"maps"
	"slices"
)

// Peek returns the names of a table's columns and its first n rows, from which a program can guess
// what the columns hold. The extension of file tells its kind, as in [Table].
func Peek(file string, n int) (columns []string, rows []map[string]any, err error) {
	r, err := openRows(nil, file, nil, Dialect{}, nil)
	if err != nil {
		return nil, nil, err
	}
	defer r.close()
	if columns, err = r.columns(); err != nil {
		return nil, nil, err
	}
	for range n {
		next, err := r.next()
		if errors.Is(err, errEnd) {
			break
		}
		if err != nil {
			return columns, rows, err
		}
		rows = append(rows, next)
	}
	return withLater(columns, rows), rows, nil
}

// withLater adds columns that occur only in later rows, which is possible in JSON.
func withLater(columns []string, rows []map[string]any) []string {
	columns = slices.Clone(columns)
	for _, row := range rows {
		for _, name := range slices.Sorted(maps.Keys(row)) {
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	return columns
}

// IsTable reports whether a file's name has a table's extension; .txt is not one.
func IsTable(name string) bool {
	ending := tableEnding(name)
	return ending != "" && ending != ".txt"
}
