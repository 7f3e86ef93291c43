package shards

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestManifestsThatDoNotAddUp are refused with the field named.
func TestManifestsThatDoNotAddUp(t *testing.T) {
	for content, want := range map[string]string{
		`{"schema_version": 1, "files": [{"name": "../a", "rows": 0}]}`:                                                         "files[0].name",
		`{"schema_version": 1, "files": [{"name": "a", "rows": 1, "row_groups": [2]}], "totals": {"rows": 1}}`:                  "files[0]: 1 rows",
		`{"schema_version": 1, "files": [{"name": "a", "rows": -1, "row_groups": [-1]}]}`:                                       "files[0].row_groups",
		`{"schema_version": 1, "files": [{"name": "a", "rows": -2, "row_groups": [9223372036854775807, 9223372036854775807]}]}`: "files[0].row_groups",
		`{"schema_version": 1, "files": [{"name": "a", "rows": 1, "row_groups": [1]}], "totals": {"rows": 2}}`:                  "totals.rows",
		`{"schema_version": 1, "files": [{"name": "a", "rows": 0}, {"name": "a", "rows": 0}]}`:                                  "files[1].name",
		`{"schema_version": 1, "files": [{"name": "..", "rows": 0}]}`:                                                           "files[0].name",
		`{"schema_version": 1, "files": [{"name": "a\\\\b", "rows": 0}]}`:                                                       "files[0].name",
		`{"schema_version": 1, "files": [{"name": "manifest.json", "rows": 0}]}`:                                                "files[0].name",
		`{"schema_version": 1, "files": [{"name": "rejects.parquet", "rows": 0}]}`:                                              "files[0].name",
		`{"schema_version": 1, "files": [{"name": "a", "rows": 0, "bytes": -1}]}`:                                               "files[0].bytes",
		`{"schema_version": 1, "rejects": {"name": "../../etc/cron.d/x", "rows": 0}}`:                                           "rejects",
		`{"schema_version": 1, "rejects": {"name": "rejects.parquet", "rows": -1}}`:                                             "rejects",
		`{"schema_version": 1, "rowz": 3}`:                                                                                      "rowz",
		`{"schema_version": 7}`:                                                                                                 "schema_version 7",
		`{}`:                                                                                                                    "schema_version 0",
		`[`:                                                                                                                     "ends in the middle",
	} {
		content = strings.ReplaceAll(content, `"schema_version": 1`, `"schema_version": `+schemaText)
		if _, err := parseManifest([]byte(content), "m"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", content, err, want)
		}
	}
}

var schemaText = func() string {
	text, _ := json.Marshal(SchemaVersion)
	return string(text)
}()

// FuzzManifest accepts only what adds up, and writes what it has read.
func FuzzManifest(f *testing.F) {
	dir := f.TempDir()
	w, err := Create(dir, Limits{})
	if err != nil {
		f.Fatal(err)
	}
	if err := w.Append(sample(1)); err != nil {
		f.Fatal(err)
	}
	if err := w.Commit("test"); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b, "m")
		if err != nil {
			return
		}
		rows := int64(0)
		for _, file := range m.Files {
			if rows += file.Rows; file.Rows < 0 || rows < 0 {
				t.Fatalf("%d rows", file.Rows)
			}
			if filepath.Base(file.Name) != file.Name || file.Name == ".." || file.Name == ManifestName || file.Bytes < 0 {
				t.Fatalf("a file %q of %d bytes", file.Name, file.Bytes)
			}
		}
		if r := m.Rejects; r != nil && (r.Name != RejectsName || r.Rows < 0) {
			t.Fatalf("rejects %+v", r)
		}
		written, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseManifest(written, "again")
		if err != nil || !reflect.DeepEqual(*m, *again) {
			t.Fatalf("%v: %+v came back as %+v", err, m, again)
		}
	})
}
