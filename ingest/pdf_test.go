package ingest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pali3/pali3/shards"
)

// documents is a folder of documents, good and bad.
func documents(t *testing.T) string {
	t.Helper()
	files := map[string]string{"b/note.pdf": "not one", "c.txt": "not looked at"}
	for name, from := range map[string]string{"a.pdf": "report.pdf", "b/languages.PDF": "languages.pdf", "b/locked.pdf": "locked.pdf", "d.pdf": "fonts.pdf"} {
		content, err := os.ReadFile(filepath.Join("pdf/testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	dir := put(t, t.TempDir(), files)
	if err := os.Symlink("../a.pdf", filepath.Join(dir, "b/out.pdf")); err != nil {
		t.Skip("NOT TESTED: documents behind symbolic links; there are none on this system")
	}
	return dir
}

func TestPDF(t *testing.T) {
	source, err := NewPDF(documents(t))
	source.Words, source.Language, source.Side = true, "en", 300
	samples, stat, reasons := rows(t, source, err)
	if stat.Rows != 9 || reasons["b/note.pdf"] != BadDocument || reasons["b/locked.pdf"] != Encrypted || reasons["d.pdf#1"] != NoFonts || len(reasons) != 3 {
		t.Errorf("%+v %v", stat, reasons)
	}
	s := samples["a.pdf#1"]
	if len(s.Images) != 1 || s.Images[0].Width != 300 || s.Images[0].Height != 150 || len(s.Boxes) != 3 || s.Boxes[0].Label != "Harbour" {
		t.Errorf("%+v", s)
	}
	if want := []shards.Text{{Kind: shards.OCR, Language: "en", Value: "Harbour\ntwo ships"}}; !slices.Equal(s.Texts, want) {
		t.Errorf("%+v", s.Texts)
	}
	if s.Metadata["title"] != "Harbour report" || s.Metadata["page"] != "1" || s.Metadata["pages"] != "3" {
		t.Error(s.Metadata)
	}
	if s := samples["a.pdf#3"]; len(s.Texts) != 0 || len(s.Images) != 1 {
		t.Errorf("%+v", s)
	}
	if s := samples["b/out.pdf#2"]; len(s.Images) != 1 { // a link within the folder
		t.Errorf("%+v", s)
	}
}

func TestDocumentsAsRecords(t *testing.T) {
	dir := documents(t)
	source, err := NewPDF(filepath.Join(dir, "a.pdf"))
	source.Documents, source.Words = true, true
	samples, stat, _ := rows(t, source, err)
	s := samples[filepath.ToSlash(filepath.Join(dir, "a.pdf"))]
	if stat.Rows != 1 || len(s.Images) != 3 || len(s.Texts) != 2 || len(s.Boxes) != 5 || s.Boxes[4].Image != 1 {
		t.Errorf("%+v: %d images, %d texts, %v", stat, len(s.Images), len(s.Texts), s.Boxes)
	}
	if s.Images[0].Width != 1064 {
		t.Error(s.Images[0].Width)
	}
}

// What a run has seen is not drawn again.
func TestPDFGoesOn(t *testing.T) {
	source, err := NewPDF(documents(t))
	if err != nil {
		t.Fatal(err)
	}
	source.Side = 50
	all := slices.Collect(source.Records(t.Context()))
	there := map[string]bool{}
	for _, record := range all {
		there[record.Sample.Key] = record.Err == nil
	}
	for n := range int64(len(all) + 1) {
		rest := slices.Collect(source.RecordsSparing(t.Context(), n, func(key string) bool { return there[key] }))
		if len(rest) != len(all)-int(n) {
			t.Fatalf("%d records after %d of %d", len(rest), n, len(all))
		}
		for i, record := range rest {
			if want := all[int(n)+i]; record.Sample.Key != want.Sample.Key || record.Reason != want.Reason || record.Sample.Images != nil {
				t.Errorf("after %d: %q %s, want %q %s", n, record.Sample.Key, record.Reason, want.Sample.Key, want.Reason)
			}
		}
	}
	if _, err := NewPDF("nowhere.pdf"); err == nil {
		t.Error("no error")
	}
}
