package benchmarks

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// gzipped compresses a text.
func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// TestScore_FormsOfFiles writes the predictions and the annotations of every benchmark as other
// programs write files. The result must be the same.
func TestScore_FormsOfFiles(t *testing.T) {
	forms := []struct {
		name string
		of   func(string) string
	}{
		{"byte order mark", func(s string) string { return "\ufeff" + s }},
		{"CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"blank lines at the end", func(s string) string { return s + "\n\n" }},
		{"gzip", gzipped},
	}
	for _, c := range ownersFiles {
		t.Run(c.name, func(t *testing.T) {
			want, err := score(t, c.name, c.annotations, c.questions, c.predictions, Options{Bootstrap: quick})
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range forms {
				for what, files := range map[string][2]string{"predictions": {c.annotations, form.of(c.predictions)}, "annotations": {form.of(c.annotations), c.predictions}} {
					got, err := scoreNamed(t, c.name, annotationsName(c.annotations), files[0], c.questions, files[1], Options{Bootstrap: quick})
					if err != nil {
						t.Errorf("%s, %s: %v", what, form.name, err)
					} else if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Result{}), cmpopts.EquateNaNs()); diff != "" {
						t.Errorf("%s, %s (-want +got):\n%s", what, form.name, diff)
					}
				}
			}
		})
	}
}

// TestScore_BadPredictions has files that are no predictions of any benchmark.
func TestScore_BadPredictions(t *testing.T) {
	for _, c := range ownersFiles {
		for what, text := range map[string]string{
			"nested list": "[[" + c.predictions + "]]", "empty": "", "null": "null", "cut": c.predictions[:len(c.predictions)-1], "cut gzip": gzipped(c.predictions)[:len(gzipped(c.predictions))-4],
			"two files": c.predictions + "\n[]", "wrapped": `{"results": ` + c.predictions + "}", "UTF-16": "\xff\xfe[\x00]\x00", "an image": "\x89PNG\r\n\x1a\n",
		} {
			for _, partial := range []bool{false, true} {
				_, err := score(t, c.name, c.annotations, c.questions, text, Options{Bootstrap: quick, Partial: partial})
				if err == nil && !partial {
					t.Errorf("%s: %s is scored", c.name, what)
				} else if err != nil && !strings.Contains(err.Error(), "predictions.json") {
					t.Errorf("%s: %s: the error does not name the file: %v", c.name, what, err)
				}
			}
		}
	}
}
