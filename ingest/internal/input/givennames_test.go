package input

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestGivenNames_DoNotDependOnSpelling(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ given, want []string }{
		{[]string{"a.warc"}, []string{"a.warc"}},
		{[]string{"./a.warc", filepath.Join(here, "a.warc"), "x/../a.warc"}, []string{"a.warc", "a.warc", "a.warc"}},
		{[]string{"."}, []string{filepath.Base(here)}},
		{[]string{"x/a.pdf", "b.pdf"}, []string{"a.pdf", "b.pdf"}},
		{[]string{"x/a.pdf", "y/z/a.pdf", "b.pdf"}, []string{"x/a.pdf", "y/z/a.pdf", "b.pdf"}},
		{[]string{filepath.Join(here, "x/a.pdf"), "./x/y/a.pdf"}, []string{"a.pdf", "y/a.pdf"}},
		{[]string{"s3://bucket/a.warc?region=x", "a.warc"}, []string{"s3://bucket/a.warc", "a.warc"}},
		{[]string{"/a/x", "/b/x"}, []string{"a/x", "b/x"}},
	} {
		if got := GivenNames(c.given); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.given, got, c.want)
		}
	}
}
