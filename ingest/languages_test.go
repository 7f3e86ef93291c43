package ingest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

func TestRun_ChecksLanguages(t *testing.T) {
	dir := t.TempDir()
	ingesttest.WriteFiles(t, dir, map[string]string{"a.png": string(ingesttest.PNG(1)), "b.png": string(ingesttest.PNG(2)), "c.png": string(ingesttest.PNG(3)), "d.png": string(ingesttest.PNG(4)),
		"t.csv": "file,lang,text\na.png,pt_BR.utf8,um\nb.png,english,two\nc.png,,three\nd.png,iw,four\n"})
	source, err := tabular.New(tabular.Options{File: filepath.Join(dir, "t.csv"), Columns: tabular.Columns{Image: "file", Text: "text", Language: "lang"}})
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "d")
	stat, err := ingest.Run(t.Context(), source, to, ingest.Options{Language: "fr"})
	if err != nil || stat.Rows != 3 || stat.Reasons[ingest.BadLanguage] != 1 || stat.LeftOut[shards.LeftLanguage] != 1 {
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
		if _, err := ingest.Run(t.Context(), source, filepath.Join(dir, "e"), ingest.Options{Language: code}); err == nil || !strings.Contains(err.Error(), "--language") {
			t.Errorf("%s: %v", code, err)
		}
		if _, err := folder.New(dir, code); err == nil {
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
	ingesttest.WriteFiles(t, dir, map[string]string{"t.csv": "id,text\nnew,a text\nold,y\n"})
	source, err := tabular.New(tabular.Options{File: filepath.Join(dir, "t.csv"), Columns: tabular.Columns{Text: "text", ID: "id"}})
	if err != nil {
		t.Fatal(err)
	}
	if stat, err := ingest.Run(t.Context(), source, to, ingest.Options{}); err != nil || stat.Rows != 1 || stat.Duplicates != 1 {
		t.Errorf("%+v, %v", stat, err)
	}
}
