package ingest

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzTable looks for tables that crash their reader, or of which a part of the rows is lost after
// a resume.
func FuzzTable(f *testing.F) {
	f.Add([]byte("a,b\n1,x\n\"2,y\n"), uint8(0))
	f.Add([]byte("a\tb\n1\t\"x\n"), uint8(1))
	f.Add([]byte(`{"a":"data:image/png;base64,AAAA","b":["x",1,{"y":2}]}`+"\n{\n[]\n"), uint8(2))
	f.Add([]byte("http://x\n\nhttp://y"), uint8(3))
	f.Add([]byte("\xef\xbb\xbfa,b\r\n\x00,\xff\r\n"), uint8(0))
	f.Fuzz(func(t *testing.T, content []byte, kind uint8) {
		path := filepath.Join(t.TempDir(), "t"+[]string{".csv", ".tsv", ".jsonl", ".txt", ".csv.gz", ".parquet"}[kind%6])
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		columns := Columns{Image: "a", Text: "b"}
		if kind%6 == 3 {
			columns = Columns{Image: "url"}
		}
		table, err := NewTable(Table{File: path, Columns: columns})
		if err != nil {
			return
		}
		count := func(n int64) (records int64) {
			for record := range table.RecordsAfter(t.Context(), n) {
				if completed := complete(record, Options{}); completed.Err == nil && completed.Sample.Key == "" {
					t.Error("a good record without a key")
				}
				records++
			}
			return records
		}
		if all := count(0); all > 0 && count(all/2) != all-all/2 {
			t.Errorf("%d records, after %d there are %d", all, all/2, count(all/2))
		}
	})
}
