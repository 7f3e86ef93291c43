package benchmarks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
)

func TestNew_EasyVQAFolder(t *testing.T) {
	dir := t.TempDir()
	for split, content := range map[string]string{"train": `[["What?","red",0],["Is it?","no",1]]`, "test": `[["Who?","cat",0]]`} {
		if err := os.MkdirAll(filepath.Join(dir, split, "images"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, split, "questions.json"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"0.png", "1.png"} {
			if err := os.WriteFile(filepath.Join(dir, split, "images", name), []byte(split+name), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	source, err := New(Options{Layout: "easyvqa", Annotations: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for record := range source.Records(t.Context(), ingest.Cursor{}) {
		if record.Err != nil || len(record.Sample.Images) != 1 {
			t.Fatalf("%+v", record)
		}
		got = append(got, record.Sample.Key+" "+record.Sample.Split+" "+string(record.Sample.Images[0].Bytes))
	}
	if want := "train/0.png train train0.png, train/1.png train train1.png, test/0.png test test0.png"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, o := range []Options{{Split: "train"}, {Images: dir}, {Annotations: t.TempDir()}} {
		o.Layout = "easyvqa"
		if o.Annotations == "" {
			o.Annotations = dir
		}
		if _, err := New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
