package hf

import (
	"bytes"
	"testing"

	"github.com/pali3/pali3/internal/parquet/table"
	"github.com/pali3/pali3/shards"
)

// A sample without texts has an empty list of them: Python programs go through it.
func TestNoTextsAreAnEmptyList(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, each([]shards.Sample{{Key: "none"}})); err != nil {
		t.Fatal(err)
	}
	file, err := table.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range file.Rows() {
		for _, name := range []string{"images", "captions", "languages"} {
			if list, ok := row[name].([]any); err != nil || !ok || len(list) > 0 {
				t.Errorf("%s: %#v %v", name, row[name], err)
			}
		}
	}
}
