package table

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// plain makes a row comparable with its JSON.
func plain(t testing.TB, r Row) (row map[string]any) {
	image := r["image"].(map[string]any)
	image["bytes"] = hex.EncodeToString(image["bytes"].([]byte))
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &row); err != nil {
		t.Fatal(err)
	}
	return row
}

func TestReadsWhatOthersWrote(t *testing.T) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	want := jsonRows(t, "testdata/rows.jsonl")
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		compareRows(t, path, openFile(t, content), want, plain)
	}
}

func ExampleFile_Rows() {
	content, _ := os.ReadFile("testdata/duckdb.parquet")
	f, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for row, err := range f.Rows() {
		fmt.Println(row["key"], row["caption"], row["tags"], row["nested"], err)
		if row["key"] == "k2" {
			break
		}
	}
	// Output:
	// k0 légende 0  [] [] <nil>
	// k1 légende 1 x <nil> [[1 0]] <nil>
	// k2 légende 2 xx [t0 <nil>] [[2 0] [2 1]] <nil>
}

// FuzzOpen looks for files that crash the reader, or take more memory than is documented. Its seeds
// are files of all encodings, and some that claim billions of values.
func FuzzOpen(f *testing.F) {
	for _, pattern := range []string{"testdata/*.parquet", "testdata/types/*.parquet", "testdata/int96/*.parquet", "testdata/hostile/*.parquet"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) { read(t, b, 1000) })
}
