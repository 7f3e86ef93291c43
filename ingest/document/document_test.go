package document

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// documents is a folder of documents, good and bad.
func documents(t *testing.T) string {
	t.Helper()
	files := map[string]string{"b/note.pdf": "not one", "c.txt": "not looked at"}
	for name, from := range map[string]string{"a.pdf": "report.pdf", "b/languages.PDF": "languages.pdf", "b/locked.pdf": "locked.pdf", "d.pdf": "fonts.pdf"} {
		content, err := os.ReadFile(filepath.Join("../internal/pdf/testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	dir := ingesttest.WriteFiles(t, t.TempDir(), files)
	if err := os.Symlink("../a.pdf", filepath.Join(dir, "b/out.pdf")); err != nil {
		t.Skip("NOT TESTED: documents behind symbolic links; there are none on this system")
	}
	return dir
}

func TestPDF_ReadsPages(t *testing.T) {
	source, err := NewPDF(documents(t))
	source.Words, source.Language, source.Side = true, "en", 300
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
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

func TestPDF_ReadsDocumentsAsRecords(t *testing.T) {
	dir := documents(t)
	source, err := NewPDF(filepath.Join(dir, "a.pdf"))
	source.Documents, source.Words = true, true
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	s := samples["a.pdf"]
	if stat.Rows != 1 || len(s.Images) != 3 || len(s.Texts) != 2 || len(s.Boxes) != 5 || s.Boxes[4].Image != 1 {
		t.Errorf("%+v: %d images, %d texts, %v", stat, len(s.Images), len(s.Texts), s.Boxes)
	}
	if s.Images[0].Width != 1064 {
		t.Error(s.Images[0].Width)
	}
}

// What a run has seen is not drawn again.
func TestPDF_Resumes(t *testing.T) {
	source, err := NewPDF(documents(t))
	if err != nil {
		t.Fatal(err)
	}
	source.Side = 50
	all := slices.Collect(source.Records(t.Context(), ingest.Cursor{}))
	there := map[string]bool{}
	for _, record := range all {
		there[record.Sample.Key] = record.Err == nil
	}
	for n := range int64(len(all) + 1) {
		rest := slices.Collect(source.Records(t.Context(), ingest.After(n).WithKnown(func(key string) bool { return there[key] })))
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

// noInfo is a document of one page without an information dictionary, as ISO 32000-2 wants them.
const noInfo = `%%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>
endobj
4 0 obj
<</Length 46>>
stream
BT /F1 18 Tf 20 50 Td (Hello wild world) Tj ET
endstream
endobj
5 0 obj
<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>
endobj
trailer
<</Size 6/Root 1 0 R%s>>
%%%%EOF
`

func TestPDF_WithoutInformation(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"no-info.pdf": fmt.Sprintf(noInfo, ""), "with-info.pdf": fmt.Sprintf(noInfo, "/Info<</Title(Wild)>>"), "notes.txt": "x", "page.pdf": "<html><p>x</html>",
		"empty.pdf": strings.Replace(fmt.Sprintf(noInfo, ""), "/Kids[3 0 R]/Count 1", "/Kids[]/Count 0", 1),
	})
	source, err := NewPDF(dir)
	source.Language, source.Side = "en", 200
	samples, summary, reasons := ingesttest.Ingest(t, source, err)
	want := []shards.Text{{Kind: shards.OCR, Language: "en", Value: "Hello wild world"}}
	for _, key := range []string{"no-info.pdf#1", "with-info.pdf#1"} {
		if !slices.Equal(samples[key].Texts, want) {
			t.Errorf("%s: %+v", key, samples[key])
		}
	}
	if _, has := samples["no-info.pdf#1"].Metadata["title"]; has || summary.Rows != 2 || summary.Rejected != 2 || reasons["empty.pdf"] != BadDocument || summary.LeftOut[shards.LeftFile] != 1 {
		t.Errorf("%+v", summary)
	}
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
		if r.Sample.Key == "page.pdf" && (r.Origin != filepath.Base(dir)+"/page.pdf" || !strings.HasPrefix(r.Err.Error(), "this is an HTML page, not a PDF document")) {
			t.Errorf("%s: %v", r.Origin, r.Err)
		}
	}
}

func TestPDF_KeysDoNotDependOnThePath(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"d/x.pdf": fmt.Sprintf(noInfo, ""), "e/x.pdf": fmt.Sprintf(noInfo, ""), "d/bad.pdf": "x"})
	t.Chdir(dir)
	full := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct{ given, want []string }{
		{[]string{"d"}, []string{"d/bad.pdf bad.pdf", "d/x.pdf page 1 x.pdf#1"}},
		{[]string{full("d")}, []string{"d/bad.pdf bad.pdf", "d/x.pdf page 1 x.pdf#1"}},
		{[]string{"d/x.pdf"}, []string{"x.pdf page 1 x.pdf#1"}},
		{[]string{full("d/x.pdf")}, []string{"x.pdf page 1 x.pdf#1"}},
		{[]string{"./d/x.pdf", full("e/x.pdf")}, []string{"d/x.pdf page 1 d/x.pdf#1", "e/x.pdf page 1 e/x.pdf#1"}},
		{[]string{"./e", "d/bad.pdf"}, []string{"e/x.pdf page 1 e/x.pdf#1", "bad.pdf bad.pdf"}},
	} {
		source, err := NewPDF(c.given...)
		if err != nil {
			t.Fatal(err)
		}
		source.Side = 50
		var got []string
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			got = append(got, r.Origin+" "+r.Sample.Key)
			if strings.HasSuffix(r.Sample.Key, "#1") && r.Err != nil {
				t.Errorf("%v: %v", c.given, r.Err)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.given, got, c.want)
		}
	}
}

// Two documents with the same name lie in two folders.
func TestPDF_KeysOfDocumentsWithTheSameName(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, folder := range []string{a, b} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "x.pdf"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(paths ...string) (all []string) {
		desk := &desk{}
		defer desk.clear()
		for p := range papers(t.Context(), paths, desk) {
			all = append(all, p.name)
		}
		return all
	}
	if got := keys(a); len(got) != 1 || got[0] != "x.pdf" {
		t.Errorf("one folder has %q", got)
	}
	if got := keys(a, b); len(got) != 2 || got[0] != "a/x.pdf" || got[1] != "b/x.pdf" {
		t.Errorf("two folders have %q", got)
	}
}
