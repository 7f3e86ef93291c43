package input

import (
	"slices"
	"testing"
)

func TestNamesOf(t *testing.T) {
	for _, c := range []struct{ files, want []string }{
		{[]string{"/x/data.arrow"}, []string{"data.arrow"}},
		{[]string{"/x/train/data.arrow", "/x/val/data.arrow", "/x/other.arrow"}, []string{"train/data.arrow", "val/data.arrow", "other.arrow"}},
		{[]string{"/x/data.arrow", "/x/./data.arrow", "/x/y/../data.arrow"}, []string{"data.arrow", "data.arrow", "data.arrow"}},
		{[]string{"/data.arrow", "/x/data.arrow"}, []string{"data.arrow", "x/data.arrow"}},
		{[]string{"s3://b/p/data.arrow?region=x", "s3://b/q/data.arrow"}, []string{"p/data.arrow", "q/data.arrow"}},
		{[]string{"/a/b/c.x", "/d/b/c.x", "/e/c.x"}, []string{"a/b/c.x", "d/b/c.x", "e/c.x"}},
	} {
		if got := NamesOf(c.files); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.files, got, c.want)
		}
	}
}
