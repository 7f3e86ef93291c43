package batchfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture"
)

func info(t testing.TB, s *mixture.Stream) Info {
	t.Helper()
	i, err := InfoOf(s, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// streams are recipes of all forms of batches.
func streams(t *testing.T, o mixture.Options) map[string]*mixture.Stream {
	return map[string]*mixture.Stream{
		"images":      batchtest.Stream(t, o),
		"two images":  batchtest.Stream(t, o, "images.per_example=2"),
		"sequences":   batchtest.Stream(t, o, batchtest.Sequences),
		"contrastive": batchtest.Stream(t, o, batchtest.Contrastive...),
		"text":        batchtest.Stream(t, o, batchtest.Text...),
		"packed":      batchtest.Stream(t, o, "packing={images: 3}"),
		"packed text": batchtest.Stream(t, o, append(batchtest.Text, "packing={}")...),
		"shots":       batchtest.Stream(t, o, "images.per_example=3", "tasks=[{name: shots, kind: caption, weight: 1, shots: 2}]", "lengths.encoder=128"),
	}
}

func TestRecord_ReadsBackEqual(t *testing.T) {
	for _, noPixels := range []bool{false, true} {
		for name, s := range streams(t, mixture.Options{NoPixels: noPixels}) {
			for step := range 3 {
				b := batchtest.Batch(t, s, step)
				r, err := Record(b, info(t, s))
				if err != nil {
					t.Fatal(err)
				}
				again, described, err := Batch(r)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if again.Digest() != b.Digest() {
					t.Errorf("%s step %d: another digest after reading", name, step)
				}
				if described.Batch != 12 || len(described.Tasks) == 0 || described.Vocabulary != s.Vocabulary().Size() {
					t.Errorf("%s: described as %+v", name, described)
				}
				for row := range b.Truncated {
					if b.Truncated[row] != again.Truncated[row] {
						t.Errorf("%s row %d: %d ids truncated, then %d", name, row, b.Truncated[row], again.Truncated[row])
					}
				}
			}
		}
	}
}

func TestRecord_NamesColumnsAsForwardDoes(t *testing.T) {
	for name, want := range map[string]string{
		"images":      "step task key origin index truncated images image_mask input_ids decoder_input_ids targets weights",
		"sequences":   "step task key origin index truncated patches grids image_mask input_ids decoder_input_ids targets weights",
		"contrastive": "step task key origin index truncated images image_mask input_ids",
		"text":        "step task key origin index truncated input_ids decoder_input_ids targets weights",
	} {
		s := streams(t, mixture.Options{})[name]
		r, err := Record(batchtest.Batch(t, s, 0), info(t, s))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range r.Schema().Fields() {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: columns %s\nwant %s", name, got, want)
		}
	}
}

func TestBatch_RefusesForeignRecords(t *testing.T) {
	s := batchtest.Stream(t, mixture.Options{})
	r, err := Record(batchtest.Batch(t, s, 0), info(t, s))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(fields []arrow.Field, columns []arrow.Array) ([]arrow.Field, []arrow.Array), metadata string) arrow.Record {
		fields, columns := change(append([]arrow.Field(nil), r.Schema().Fields()...), append([]arrow.Array(nil), r.Columns()...))
		m := arrow.NewMetadata([]string{metadataKey}, []string{metadata})
		return array.NewRecord(arrow.NewSchema(fields, &m), columns, r.NumRows())
	}
	same := func(f []arrow.Field, c []arrow.Array) ([]arrow.Field, []arrow.Array) { return f, c }
	text, _ := r.Schema().Metadata().GetValue(metadataKey)
	for _, c := range []struct {
		name   string
		record arrow.Record
		want   string
	}{
		{"no description", with(same, "null"), "format 0; this program reads format 1"},
		{"another format", with(same, `{"format": 7}`), "batches of format 7"},
		{"a shape without rows", with(same, strings.Replace(text, `"rows":12`, `"rows":0`, 1)), "has no rows"},
		{"a huge shape", with(same, strings.Replace(text, `"height":4`, `"height":2000000000`, 1)), "larger than a batch can be"},
		{"another number of rows", with(same, strings.Replace(text, `"rows":12`, `"rows":11`, 1)), "a record of 12 rows, described as 11"},
		{"another image size", with(same, strings.Replace(text, `"height":4`, `"height":5`, 1)), "column images has 12 rows of 48 values, want 720 values"},
		{"a missing column", with(func(f []arrow.Field, c []arrow.Array) ([]arrow.Field, []arrow.Array) { return f[1:], c[1:] }, text), "0 columns are named step"},
		{"a column of another type", with(func(f []arrow.Field, c []arrow.Array) ([]arrow.Field, []arrow.Array) {
			f[1], c[1] = arrow.Field{Name: "task", Type: f[0].Type}, c[0]
			return f, c
		}, text), "column task: int64 with 0 nulls, want int32"},
	} {
		_, _, err := Batch(c.record)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// FuzzBatch reads damaged files of batches.
func FuzzBatch(f *testing.F) {
	for _, set := range []string{"images.per_example=2", "packing={images: 3}"} {
		dir := f.TempDir()
		if _, err := Write(f.Context(), dir, batchtest.Stream(f, mixture.Options{}, set), Options{To: 2}); err != nil {
			f.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.arrow"))
		if err != nil || len(files) == 0 {
			f.Fatal(files, err)
		}
		content, err := os.ReadFile(files[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	path := filepath.Join(f.TempDir(), "fuzzed.arrow")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := openFile(path)
		if err != nil {
			return
		}
		defer a.close()
		for n := range 3 {
			if b, _, err := a.batch(n); err == nil {
				_ = b.Digest()
			}
		}
	})
}
