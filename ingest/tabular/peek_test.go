package tabular

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPeek(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, content string
		columns       []string
		first         string // of the first row, the value of its first column
	}{
		{"a.csv", "image,text\nx.png,a cat\ny.png,a dog\n", []string{"image", "text"}, "x.png"},
		{"a.tsv", "image\ttext\nx.png\ta cat\n", []string{"image", "text"}, "x.png"},
		{"a.jsonl", `{"image":"x.png","text":"a cat"}` + "\n" + `{"image":"y.png","lang":"en"}` + "\n", []string{"image", "text", "lang"}, "x.png"},
		{"a.json", `[{"image":"x.png","text":"a cat"}]`, []string{"image", "text"}, "x.png"},
	} {
		file := filepath.Join(dir, c.name)
		if err := os.WriteFile(file, []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		columns, rows, err := Peek(file, 5)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !slices.Equal(columns, c.columns) || len(rows) == 0 || rows[0]["image"] != c.first {
			t.Errorf("%s: columns %v, rows %v", c.name, columns, rows)
		}
	}
}
