package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/parquet/table"
)

// readParquet reads the rows of a Parquet file.
func (d *description) readParquet(root *os.Root, file string) error {
	f, err := root.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	opened, err := table.Open(f, info.Size())
	if err != nil {
		return err
	}
	rows, size := opened.Reader(0), 0
	for n := 1; ; n++ {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		raw, err := json.Marshal(jsonable(map[string]any(row)))
		if err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		if size += len(raw); size > maxDescription {
			return fmt.Errorf("row %d and later rows are left out: the table exceeds %d bytes", n, maxDescription)
		}
		d.add(file, n, raw)
	}
}

// jsonable converts a table value to one that JSON can hold. Bytes that are not UTF-8, and NaN,
// become null.
func jsonable(value any) any {
	switch v := value.(type) {
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return nil
	case float32:
		return jsonable(float64(v))
	case float64:
		switch {
		case math.IsNaN(v):
			return nil
		case math.IsInf(v, 0):
			return map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0]
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonable(v[i])
		}
		return list
	case map[string]any:
		all := make(map[string]any, len(v))
		for name := range v {
			all[name] = jsonable(v[name])
		}
		return all
	}
	return value
}
