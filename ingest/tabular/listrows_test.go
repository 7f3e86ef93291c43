package tabular

import (
	"testing"

	"github.com/pali3/pali3/ingest/internal/ingesttest"
)

func TestTable_ReadsRowsThatAreLists(t *testing.T) {
	columns := Columns{Image: "2", Text: "1"}
	for _, c := range []struct {
		name, file, content string
		table               Options
		want                []string
	}{
		{"a list of lists", "t.json", `[["a", "img/0.png", 5], ["b", "img/1.png"]]`, Options{Columns: columns}, []string{"img/0.png | a", "img/1.png | b"}},
		{"over lines", "t.json", "[\n  [\"a\",\n   \"img/0.png\"],\n  [\"b, [c]\", \"img/1.png\"]\n]\n", Options{Columns: columns}, []string{"img/0.png | a", "img/1.png | b, [c]"}},
		{"a list a line", "t.jsonl", "[\"a\", \"img/0.png\"]\n[\"b\", \"img/1.png\"]\n", Options{Columns: columns}, []string{"img/0.png | a", "img/1.png | b"}},
		{"a broken row", "t.json", "[\n[\"a\", \"img/0.png\"],\n[\"b\" \"img/1.png\"],\n[\"c\", \"img/2.png\"]\n]", Options{Columns: columns},
			[]string{"img/0.png | a", "reject row: line 3: ...a comma or ]", "img/2.png | c"}},
		{"an object among them", "t.json", `[["a", "img/0.png"], {"b": 1}, ["c", "img/1.png"]]`, Options{Columns: columns},
			[]string{"img/0.png | a", "reject row: line 1: an object where a list of values is expected", "img/1.png | c"}},
		{"a number in a pattern", "t.json", `[["a", 0], ["b", 1], ["c", "../x"]]`, Options{Columns: columns, ImagePattern: "img/{}.png"},
			[]string{"img/0.png | a", "img/1.png | b", "reject absent: ..."}},
		{"a pattern that leads outside", "t.json", `[["a", "x"], ["b", "0"]]`, Options{Columns: columns, ImagePattern: "../../{}.png"}, []string{"reject outside: ...", "reject outside: ..."}},
		{"a column that is not there", "t.json", `[["a", "img/0.png"]]`, Options{Columns: Columns{Image: "3", Text: "1"}}, []string{`error: DIR/t.json has no column "3"; its columns are 1, 2`}},
		{"one list", "t.json", `["a", "img/0.png"]`, Options{Columns: columns}, []string{"error: ...its rows are not objects"}},
		{"a pattern without a place", "t.json", `[["a", 0]]`, Options{Columns: columns, ImagePattern: "img/x.png"}, []string{"error: --image-pattern"}},
	} {
		dir := t.TempDir()
		ingesttest.WriteFiles(t, dir, images(3))
		ingesttest.WriteFiles(t, dir, map[string]string{c.file: c.content})
		c.table.File = c.file
		got, _ := told(t, dir, c.table)
		t.Run(c.name, func(t *testing.T) { expect(t, got, c.want...) })
	}
}
