package tabular

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// says describes the records of a table as lines: key, split, texts with language, questions with
// answers; or reason and detail.
func says(t *testing.T, dir string, table Options) (all []string, left map[string]int64) {
	t.Helper()
	if table.File != "" {
		table.File = filepath.Join(dir, table.File)
	}
	source, err := New(table)
	if err != nil {
		return []string{"error: " + strings.ReplaceAll(err.Error(), dir, "DIR")}, nil
	}
	left = map[string]int64{}
	var records []shards.Record
	for record := range source.Records(t.Context(), ingest.Cursor{}) {
		record = ingest.Complete(record, ingest.Options{})
		records = append(records, record)
		for _, l := range record.LeftOut {
			left[l.Reason] += max(1, l.N)
		}
		if record.Err != nil {
			all = append(all, strings.ReplaceAll(fmt.Sprintf("%s %s: %v", record.Origin, record.Reason, record.Err), dir, "DIR"))
			continue
		}
		s := &record.Sample
		line := s.Key
		if s.Split != "" {
			line += " (" + s.Split + ")"
		}
		for _, text := range s.Texts {
			line += fmt.Sprintf(" | %s:%s", text.Language, text.Value)
		}
		for _, q := range s.Questions {
			line += " | " + q.Text
			for _, a := range q.Answers {
				line += " " + a.Text
			}
		}
		all = append(all, line)
	}
	for skipped := range records { // a resumed run gets what is left
		var rest []shards.Record
		for record := range source.Records(t.Context(), ingest.After(int64(skipped))) {
			rest = append(rest, ingest.Complete(record, ingest.Options{}))
		}
		if len(rest) != len(records)-skipped || rest[0].Origin != records[skipped].Origin || rest[0].Sample.Key != records[skipped].Sample.Key {
			t.Errorf("after %d records there are %d", skipped, len(rest))
		}
	}
	return all, left
}

func TestTable_GroupsRows(t *testing.T) {
	files := images(4)
	grouped := func(c Columns) Options { return Options{Columns: c, GroupBy: "image"} }
	captions := Columns{Image: "image", Text: "caption", Language: "lang"}
	for _, c := range []struct {
		name, file, content string
		table               Options
		want                []string
		left                map[string]int64
	}{
		{"rows that are not adjacent", "t.tsv", "image\tlang\tcaption\nimg/1.png\ten\ta cat\nimg/0.png\tde\tein Hund\nimg/1.png\tpt_BR.utf8\tum gato\n./img/1.png\ten\ta cat\nimg/0.png\ten\ta dog\nimg/1.png\t\tun chat\n",
			grouped(captions), []string{"img/1.png | en:a cat | pt-BR:um gato | :un chat", "img/0.png | de:ein Hund | en:a dog"}, map[string]int64{"repeat": 1, "language": 1}},
		{"a bad row is a reject of its own", "t.csv", "image,lang,caption\nimg/0.png,en,a\nimg/0.png,english,b\n,en,c\nimg/0.png,en\nimg/0.png,de,d\nimg/9.png,en,e\n",
			grouped(captions), []string{"img/0.png | en:a | de:d", `t.csv row 2 language: column lang: "english" is not a language code of BCP-47; the nearest is en`,
				"t.csv row 3 group: column image is empty, so the row belongs to no group", "t.csv row 4 row: line 5: ...", "t.csv row 6 absent: ..."}, nil},
		{"by another column", "t.jsonl", `{"id": 7, "image": "img/0.png", "caption": "a", "lang": "en", "set": "train"}
{"id": 8, "image": "img/1.png", "caption": "b", "lang": "en", "set": "train"}
{"id": 7, "caption": ["c", "a"], "lang": "en"}
{"id": 8, "image": "img/2.png", "caption": "d"}
{"id": 9, "caption": "no image"}
{"id": 10, "image": "img/3.png", "caption": "e", "set": "train"}
{"id": 10, "image": "img/3.png", "caption": "f", "set": "test"}
`, Options{GroupBy: "id", Columns: Columns{Image: "image", Text: "caption", Language: "lang", Split: "set"}},
			[]string{"7 (train) | en:a | en:c", "t.jsonl row 2 conflict: two images: row 2 of t.jsonl has img/1.png, row 4 of t.jsonl has img/2.png", "t.jsonl row 5 absent: column image: empty",
				`t.jsonl row 6 conflict: two splits: row 6 of t.jsonl has "train", row 7 of t.jsonl has "test"`}, map[string]int64{"repeat": 1}},
		{"keys", "t.csv", "image,id,caption\nimg/0.png,k0,a\nimg/1.png,k1,b\nimg/0.png,k0,c\nimg/1.png,k2,d\n", Options{GroupBy: "image", Columns: Columns{Image: "image", Text: "caption", ID: "id"}},
			[]string{"k0 | :a | :c", `t.csv row 2 conflict: two keys: row 2 of t.csv has "k1", row 4 of t.csv has "k2"`}, nil},
		{"questions", "t.jsonl", `{"image": "img/0.png", "q": "What?", "a": "[\"cat\", \"a cat\"]", "n": 1}
{"image": "img/1.png", "q": "What?", "a": "dog", "n": 1}
{"image": "img/0.png", "q": "Is it?", "a": "['yes', 'no']", "n": 2}
{"image": "img/0.png", "q": "What?", "a": "[\"cat\", \"kitten\"]", "n": 3}
`, Options{GroupBy: "image", Columns: Columns{Image: "image", Question: "q", Answers: "a", Keep: []string{"n"}}},
			[]string{"img/0.png | What? cat a cat kitten | Is it? yes no", "img/1.png | What? dog"}, map[string]int64{"repeat": 1, "metadata": 2}},
		{"answers of annotators", "t.csv", "image,qid,q,a\nimg/0.png,1,What?,cat\nimg/0.png,1,What?,cat\nimg/0.png,1,What?,dog\n",
			Options{GroupBy: "image", Columns: Columns{Image: "image", Question: "q", QuestionID: "qid", Answers: "a"}}, []string{"img/0.png | What? cat cat dog"}, nil},
		{"lists of values", "t.json", `[["What?", "cat", 0], ["Is it?", "yes", 0], ["What?", "dog", 1]]`,
			Options{GroupBy: "3", ImagePattern: "img/{}.png", Split: "test", Columns: Columns{Image: "3", Question: "1", Answers: "2"}},
			[]string{"img/0.png (test) | What? cat | Is it? yes", "img/1.png (test) | What? dog"}, nil},
		{"text only", "t.csv", "doc,caption\nx,a\ny,b\nx,c\n", Options{GroupBy: "doc", Columns: Columns{Text: "caption"}}, []string{"x | :a | :c", "y | :b"}, nil},
		{"no such column", "t.csv", "image,caption\nimg/0.png,a\n", Options{GroupBy: "nothing", Columns: Columns{Image: "image"}},
			[]string{`error: DIR/t.csv has no column "nothing"; its columns are image, caption...`}, nil},
	} {
		dir := t.TempDir()
		files[c.file] = c.content
		ingesttest.WriteFiles(t, dir, files)
		delete(files, c.file)
		c.table.File = c.file
		got, left := says(t, dir, c.table)
		for i := range min(len(got), len(c.want)) {
			if beginning, cut := strings.CutSuffix(c.want[i], "..."); cut && strings.HasPrefix(got[i], beginning) {
				got[i] = c.want[i]
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, d)
		}
		if len(left)+len(c.left) > 0 && !cmp.Equal(c.left, left) {
			t.Errorf("%s: left out %v, want %v", c.name, left, c.left)
		}
	}
}

// TestTable_GroupsImagesInColumns: of images that a table holds itself, one a group is kept.
func TestTable_GroupsImagesInColumns(t *testing.T) {
	type line struct {
		ID      int64  `parquet:"id"`
		Image   []byte `parquet:"image"`
		Caption string `parquet:"caption"`
	}
	dir := t.TempDir()
	if err := parquet.WriteFile(filepath.Join(dir, "t.parquet"), []line{{1, ingesttest.PNG(1), "a"}, {2, ingesttest.PNG(2), "b"}, {1, ingesttest.PNG(1), "c"}, {1, nil, "d"}, {2, ingesttest.PNG(3), "e"}}); err != nil {
		t.Fatal(err)
	}
	got, _ := says(t, dir, Options{File: "t.parquet", GroupBy: "id", Columns: Columns{Image: "image", Text: "caption"}})
	if len(got) != 2 || got[0] != "1 | :a | :c | :d" || !strings.HasPrefix(got[1], "t.parquet row 2 conflict: two images: row 2 of t.parquet has ") {
		t.Errorf("%q", got)
	}
	got, _ = says(t, dir, Options{File: "t.parquet", GroupBy: "image", Columns: Columns{Image: "image", Text: "caption"}})
	want := []string{"t.parquet:1 | :a | :c", "t.parquet:2 | :b", "t.parquet row 4 group: column image is empty, so the row belongs to no group", "t.parquet:5 | :e"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestTable_GroupsFiles: the same path below two roots is two images; an id is the same in all
// files.
func TestTable_GroupsFiles(t *testing.T) {
	dir := t.TempDir()
	ingesttest.WriteFiles(t, dir, map[string]string{"a/0.png": string(ingesttest.PNG(1)), "b/0.png": string(ingesttest.PNG(2)),
		"a/t.csv": "image,id,caption\n0.png,x,one\n0.png,x,two\n", "b/t.csv": "image,id,caption\n0.png,y,three\n,x,four\n"})
	files := []string{filepath.Join(dir, "a", "t.csv"), filepath.Join(dir, "b", "t.csv")}
	got, _ := says(t, dir, Options{Files: files, GroupBy: "image", Columns: Columns{Image: "image", Text: "caption"}})
	if d := cmp.Diff([]string{"0.png | :one | :two", "0.png#b/t.csv:1 | :three", "b/t.csv row 2 group: column image is empty, so the row belongs to no group"}, got); d != "" {
		t.Error(d)
	}
	got, _ = says(t, dir, Options{Files: files, GroupBy: "id", Columns: Columns{Image: "image", Text: "caption"}})
	if d := cmp.Diff([]string{"x | :one | :two | :four", "y | :three"}, got); d != "" {
		t.Error(d)
	}
}

// TestTable_BoundsGroups: a group of more rows than a record may have is a reject, and the others
// are records.
func TestTable_LimitsGroups(t *testing.T) {
	dir := t.TempDir()
	rows := "id,caption\n" + strings.Repeat("x,a\n", maxGroupRows+5) + "y,b\n"
	ingesttest.WriteFiles(t, dir, map[string]string{"t.csv": rows})
	source, err := New(Options{File: filepath.Join(dir, "t.csv"), GroupBy: "id", Columns: Columns{Text: "caption"}})
	if err != nil {
		t.Fatal(err)
	}
	records := slices.Collect(source.Records(t.Context(), ingest.Cursor{}))
	if len(records) != 2 || records[0].Reason != ingest.TooLarge || !strings.Contains(records[0].Err.Error(), "65541 rows") || records[1].Sample.Key != "y" {
		t.Errorf("%v", records)
	}
}

// FuzzDecodeRow: no bytes are a crash, and a row that is encoded is decoded as it was.
func FuzzDecodeRow(f *testing.F) {
	f.Add(appendValue(nil, row{"a": "x", "b": []any{true, nil, []byte{1}, 1.5, float32(2)}, "c": map[string]any{"d": "e"}}))
	f.Add([]byte{codeStruct, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, content []byte) {
		values, err := decodeRow(content)
		if err != nil {
			return
		}
		again, err := decodeRow(appendValue(nil, values))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(values) {
			t.Errorf("%v became %v, %v", values, again, err)
		}
	})
}
