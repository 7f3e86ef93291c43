package ingest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestRun_ChecksLanguages(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"a.png": string(tiny(1)), "b.png": string(tiny(2)), "c.png": string(tiny(3)), "d.png": string(tiny(4)),
		"t.csv": "file,lang,text\na.png,pt_BR.utf8,um\nb.png,english,two\nc.png,,three\nd.png,iw,four\n"})
	source, err := NewTable(Table{File: filepath.Join(dir, "t.csv"), Columns: Columns{Image: "file", Text: "text", Language: "lang"}})
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "d")
	stat, err := Run(t.Context(), source, to, Options{Language: "fr"})
	if err != nil || stat.Rows != 3 || stat.Reasons[BadLanguage] != 1 || stat.LeftOut[shards.LeftLanguage] != 1 {
		t.Fatalf("%+v, %v", stat, err)
	}
	for code, want := range map[string]int64{"pt-BR": 1, "fr": 1, "iw": 1} {
		if stat.Languages[code] != want {
			t.Errorf("%v", stat.Languages)
		}
	}
	d, err := shards.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for r, err := range d.Rejects() {
		if err != nil || !strings.Contains(r.Detail, `"english" is not a language code of BCP-47; the nearest is en`) || r.Origin != "t.csv row 2" {
			t.Errorf("%+v, %v", r, err)
		}
	}
	for _, code := range []string{"de_DE", "english", "xx"} {
		if _, err := Run(t.Context(), source, filepath.Join(dir, "e"), Options{Language: code}); err == nil || !strings.Contains(err.Error(), "--language") {
			t.Errorf("%s: %v", code, err)
		}
		if _, err := NewFolder(dir, code); err == nil {
			t.Errorf("%s: no error", code)
		}
	}
}

// TestRun_ReadsOddLanguagesOfDatasets: codes that an earlier version let in are no error where a
// dataset is added to.
func TestRun_ReadsOddLanguagesOfDatasets(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "d")
	if _, err := shards.Write(to, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{Key: "old", Texts: []shards.Text{{Kind: shards.Alt, Language: "english", Value: "x"}}}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	put(t, dir, map[string]string{"t.csv": "id,text\nnew,a text\nold,y\n"})
	source, err := NewTable(Table{File: filepath.Join(dir, "t.csv"), Columns: Columns{Text: "text", ID: "id"}})
	if err != nil {
		t.Fatal(err)
	}
	if stat, err := Run(t.Context(), source, to, Options{}); err != nil || stat.Rows != 1 || stat.Duplicates != 1 {
		t.Errorf("%+v, %v", stat, err)
	}
}
