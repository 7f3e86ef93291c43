package benchmarks

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/parquet/table"
)

// embeddings are the rows of one kind of a file that `pali3 embed` writes, or that has its columns:
// key, kind, index, text, language and embedding.
type embeddings struct {
	path    string
	rows    []embeddingRow
	at      map[embeddingName]int // by key and index
	byText  map[string]int        // the first row with a text
	vectors metrics.Vectors
}

// embeddingName names an image or a text: the key of its sample, and its place in it.
type embeddingName struct {
	key   string
	index int
}

type embeddingRow struct {
	embeddingName
	text string
	used bool
}

// readEmbeddings reads the rows of a kind, image or text. Files without kinds have one kind alone.
func readEmbeddings(ctx context.Context, path, kind string) (*embeddings, error) {
	e := &embeddings{path: path, at: map[embeddingName]int{}, byText: map[string]int{}}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := e.read(ctx, file, info.Size(), kind); err != nil {
		return nil, fmt.Errorf("reading embeddings from %s: %w", path, err)
	}
	if len(e.rows) == 0 {
		return nil, fmt.Errorf("%s has no embedding of an %s", path, kind)
	}
	return e, nil
}

func (e *embeddings) read(ctx context.Context, file *os.File, size int64, kind string) error {
	t, err := table.Open(file, size)
	if err != nil {
		return err
	}
	columns := t.Columns()
	for _, need := range []string{"key", "embedding"} {
		if !slices.Contains(columns, need) {
			return fmt.Errorf("no column %q among %q: `pali3 embed` writes key, kind, index, text, language and embedding", need, columns)
		}
	}
	var chosen []string
	for _, name := range []string{"key", "kind", "index", "text", "embedding"} {
		if slices.Contains(columns, name) {
			chosen = append(chosen, name)
		}
	}
	if t, err = t.Select(chosen...); err != nil {
		return err
	}
	number := 0
	for row, err := range t.Rows() {
		if err == nil && number%1024 == 0 {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = e.add(row, kind)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", number, err)
		}
		number++
	}
	return nil
}

// add adds a row, unless it is of another kind.
func (e *embeddings) add(row table.Row, kind string) error {
	if of, ok := row["kind"].(string); ok && of != kind {
		return nil
	}
	r := embeddingRow{}
	key, ok := row["key"].(string)
	if !ok || key == "" {
		return fmt.Errorf("the key is %v, want a text", row["key"])
	}
	r.key = key
	switch index := row["index"].(type) {
	case nil:
	case int32:
		r.index = int(index)
	case int64:
		r.index = int(index)
	default:
		return fmt.Errorf("%s: the index is %v, want a whole number", key, index)
	}
	r.text, _ = row["text"].(string)
	values, ok := row["embedding"].([]any)
	if !ok || len(values) == 0 {
		return fmt.Errorf("%s: the embedding is %v, want a list of numbers", key, row["embedding"])
	}
	if e.vectors.Width == 0 {
		e.vectors.Width = len(values)
	}
	if len(values) != e.vectors.Width {
		return fmt.Errorf("%s: the embedding has %d values, and those before it %d", key, len(values), e.vectors.Width)
	}
	for i, v := range values {
		value, err := float(v)
		if err != nil {
			return fmt.Errorf("%s: value %d of the embedding is %v, want a finite number", key, i, v)
		}
		e.vectors.Values = append(e.vectors.Values, value)
	}
	if at, twice := e.at[r.embeddingName]; twice {
		return fmt.Errorf("a second embedding of %s %d of %s, after row %d of this kind", kind, r.index, key, at)
	}
	e.at[r.embeddingName] = len(e.rows)
	if _, known := e.byText[r.text]; !known && r.text != "" {
		e.byText[r.text] = len(e.rows)
	}
	e.rows = append(e.rows, r)
	return nil
}

// float returns a finite float32.
func float(v any) (float32, error) {
	var value float32
	switch v := v.(type) {
	case float32:
		value = v
	case float64:
		value = float32(v)
	default:
		return 0, fmt.Errorf("%v is no float", v)
	}
	if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
		return 0, fmt.Errorf("%v is not finite", v)
	}
	return value, nil
}

// choose returns the vectors of some rows.
func (e *embeddings) choose(rows []int) metrics.Vectors {
	v := metrics.Vectors{Width: e.vectors.Width, Values: make([]float32, 0, len(rows)*e.vectors.Width)}
	for _, row := range rows {
		v.Values = append(v.Values, e.vectors.Row(row)...)
	}
	return v
}
