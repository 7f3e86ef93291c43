package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// written makes a document of objects, numbered from 1, with a cross-reference table and a trailer.
func written(trailer string, objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, object := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, at)
	return b.String()
}

func stream(text string) string {
	return fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(text), text)
}

const (
	catalog = "<</Type/Catalog/Pages 2 0 R>>"
	onePage = "<</Type/Pages/Kids[3 0 R]/Count 1>>"
	aPage   = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
	hello   = "BT /F1 18 Tf 20 50 Td (Hello wild world) Tj ET"
	font    = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
)

// Parts that a document need not have, or that are damaged, do not cost its pages.
func TestOpen_ReadsDocumentsAsTheyAre(t *testing.T) {
	plain := func(trailer string, more ...string) string {
		return written(trailer, append([]string{catalog, onePage, aPage, stream(hello), font}, more...)...)
	}
	whole := plain("")
	for name, c := range map[string]struct{ content, title string }{
		"no information":              {whole, ""},
		"information":                 {plain("/Info 6 0 R", "<</Title(A title)>>"), "A title"},
		"information in UTF-16":       {plain("/Info 6 0 R", "<</Title<FEFF004D00F60077>>>"), "Möw"},
		"no title":                    {plain("/Info 6 0 R", "<</Producer(x)>>"), ""},
		"empty information":           {plain("/Info 6 0 R", "<<>>"), ""},
		"information is missing":      {plain("/Info 99 0 R"), ""},
		"information is a list":       {plain("/Info 6 0 R", "[1 2]"), ""},
		"title is a number":           {plain("/Info 6 0 R", "<</Title 5/Author/X/Subject[1]/Keywords<FEFF00>>>"), ""},
		"title is itself":             {plain("/Info 6 0 R", "<</Title 6 0 R>>"), ""},
		"broken XMP":                  {written("", "<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R>>", onePage, aPage, stream(hello), font, "<</Type/Metadata/Subtype/XML/Length 3>>\nstream\n<x<\nendstream"), ""},
		"broken outline":              {written("", "<</Type/Catalog/Pages 2 0 R/Outlines 9 0 R/Names 2 0 R/Dests 77 0 R/AcroForm 5 0 R/StructTreeRoot 9 0 R/PageLabels(x)>>", onePage, aPage, stream(hello), font), ""},
		"text before the header":      {strings.Repeat("junk\n", 100) + whole, ""},
		"text behind the end":         {whole + strings.Repeat("\x00junk\n", 1000), ""},
		"wrong startxref":             {strings.Replace(whole, "startxref\n", "startxref\n9", 1), ""},
		"no cross-reference":          {whole[:strings.Index(whole, "xref\n")] + "trailer\n<</Root 1 0 R>>\n", ""},
		"wrong offsets":               {strings.Replace(whole, "%PDF-1.4\n", "%PDF-1.4\n% a line that came later\n", 1), ""},
		"no type of pages":            {written("", catalog, "<</Kids[3 0 R]/Count 1>>", strings.Replace(aPage, "/Type/Page", "", 1), stream(hello), font), ""},
		"no count":                    {written("", catalog, "<</Type/Pages/Kids[3 0 R]>>", aPage, stream(hello), font), ""},
		"wrong length of contents":    {strings.Replace(whole, "/Length 46", "/Length 99", 1), ""},
		"an annotation that is none":  {written("", catalog, onePage, strings.Replace(aPage, "/Contents", "/Annots[7 0 R 2 0 R (x)]/Contents", 1), stream(hello), font), ""},
		"a page box that is too long": {written("", catalog, onePage, strings.Replace(aPage, "/Contents", "/CropBox[0 0 900 900]/UserUnit 1/Contents", 1), stream(hello), font), ""},
	} {
		d, err := openBytes(t.Context(), []byte(c.content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p, err := d.Page(t.Context(), 0, 200, false)
		if err != nil || d.Len() != 1 || p.Text != "Hello wild world" || d.Info()["title"] != c.title {
			t.Errorf("%s: %d pages, %q, %v, %v", name, d.Len(), p.Text, d.Info(), err)
		}
		d.Close()
	}
}

// A page that is not there costs itself alone.
func TestPage_EachByItself(t *testing.T) {
	for name, c := range map[string]struct {
		pages string
		want  []bool // whether each page can be read
	}{
		"a kid is missing":  {"<</Type/Pages/Kids[3 0 R 66 0 R 6 0 R]/Count 3>>", []bool{true, false, true}},
		"too large a count": {"<</Type/Pages/Kids[3 0 R 6 0 R]/Count 4>>", []bool{true, true, false, false}},
		"no count":          {"<</Type/Pages/Kids[3 0 R 6 0 R]>>", []bool{true, true}},
		"too low a count":   {"<</Type/Pages/Kids[ 3 0 R\n6 0 R 3 0 R]/Count 1>>", []bool{true, true, true}},
	} {
		d, err := openBytes(t.Context(), []byte(written("", catalog, c.pages, aPage, stream(hello), font, aPage)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d.Len() != len(c.want) {
			t.Errorf("%s: %d pages", name, d.Len())
		}
		for i, want := range c.want {
			if p, err := d.Page(t.Context(), i, 100, false); (err == nil) != want || want && p.Text != "Hello wild world" {
				t.Errorf("%s: page %d: %q, %v", name, i+1, p.Text, err)
			}
		}
		d.Close()
	}
}

// FuzzUndercounted looks for files whose search does not end, or says what is not there.
func FuzzUndercounted(f *testing.F) {
	f.Add([]byte(written("", catalog, "<</Type/Pages/Kids[3 0 R 6 0 R 3 0 R]/Count 1>>", aPage)), 1)
	f.Fuzz(func(t *testing.T, content []byte, pages int) {
		last := int64(0)
		spans := undercounted(bytes.NewReader(content), int64(len(content)), pages)
		for _, s := range spans {
			if s.from < 0 || s.from >= s.to || s.to > int64(len(content)) || !bytes.HasPrefix(content[s.from:], []byte("/Count")) || s.from < last && len(spans) < 2 {
				t.Errorf("%+v", spans)
			}
			last = s.to
		}
		got, err := io.ReadAll(&blanked{ReadSeeker: bytes.NewReader(content), spans: spans})
		if err != nil || len(got) != len(content) {
			t.Error(err)
		}
	})
}
