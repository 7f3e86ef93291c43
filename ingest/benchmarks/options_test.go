package benchmarks

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

func TestNew_RefusesFilesThatTheLayoutDoesNotHave(t *testing.T) {
	dir := t.TempDir()
	file := saved(t, "a.json", "[]")
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{Layout: "chartqa", Annotations: file, Images: dir, Questions: file}, "chartqa has no file of questions: only vqav2, okvqa, activitynet-qa, rsvqa-lr, rsvqa-hr, scicap have"},
		{Options{Layout: "chartqa", Annotations: file, Images: dir, Classes: file}, "chartqa has no file of classes"},
		{Options{Layout: "tallyqa", Annotations: dir, Images: dir}, "is a folder, expected a file"},
		{Options{Layout: "ai2d", Annotations: file, Images: dir}, "is a file, expected a folder"},
		{Options{Layout: "chartqa", Annotations: file, Images: file}, "is a file, expected a folder"},
		{Options{Layout: "openimages-boxes", Annotations: file, Images: dir, Classes: "gone.csv"}, "classes: "},
		{Options{Layout: "refcoco", Annotations: file, Images: dir}, "instances: "},
		{Options{Layout: "nothing", Annotations: file, Images: dir}, "known are activitynet, activitynet-qa, ai2d, "},
	} {
		if _, err := New(c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.options, err, c.want)
		}
	}
}

// TestRecords_SameForEverySpellingOfThePath ingests a file again under other spellings of its path,
// which must add neither rows nor rejects.
func TestRecords_SameForEverySpellingOfThePath(t *testing.T) {
	o := publish(t, fixture{name: "coco-captions", annotations: `{"images":[{"id":9,"file_name":"a.png"},{"id":10,"file_name":"gone.png"},{"id":11}],"annotations":[7]}`, images: []string{"a.png"}})
	t.Chdir(filepath.Dir(o.Annotations))
	to := filepath.Join(t.TempDir(), "d")
	for n, annotations := range []string{o.Annotations, "a.json", "./a.json", "../annotations/a.json"} {
		o.Annotations = annotations
		source, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := ingest.Run(t.Context(), source, to, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && (stat.Rows != 0 || stat.Rejected != 0 || stat.Duplicates != 4) {
			t.Errorf("%s: %d rows, %d rejects, %d duplicates", annotations, stat.Rows, stat.Rejected, stat.Duplicates)
		}
	}
}

// TestRecords_LeavesOutTheSameAfterResuming resumes at every record.
func TestRecords_LeavesOutTheSameAfterResuming(t *testing.T) {
	for _, c := range wild {
		source, err := New(publish(t, c.fixture))
		if err != nil {
			t.Fatal(err)
		}
		var all []shards.Record
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			all = append(all, r)
		}
		for n := range len(all) + 1 {
			at := n
			for r := range source.Records(t.Context(), ingest.After(int64(n))) {
				want := all[at]
				if r.Sample.Key != want.Sample.Key || r.Origin != want.Origin || r.Reason != want.Reason || !reflect.DeepEqual(r.LeftOut, want.LeftOut) || r.IsAside() != want.IsAside() {
					t.Errorf("%s after %d: %+v, want %+v", c.subject, n, r, want)
				}
				at++
			}
			if at != len(all) {
				t.Errorf("%s after %d: %d records, want %d", c.subject, n, at, len(all))
			}
		}
	}
}

// TestTextLines_BadLineCostsOnlyItself reads lines that are too long or not UTF-8.
func TestTextLines_BadLineCostsOnlyItself(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"identifier":"a-0-0","sentence":"one"}` + "\n")
	b.WriteString(`{"identifier":"` + strings.Repeat("x", maxLine) + "\"}\n")
	b.WriteString(`{"identifier":"a-0-1","sentence":"two"}`)
	file := saved(t, "a.json", b.String())
	source, err := New(Options{Layout: "nlvr2", Annotations: file, Images: filepath.Dir(file)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := range source.Records(context.Background(), ingest.Cursor{}) {
		got = append(got, r.Sample.Key+" "+r.Reason)
	}
	if want := []string{"a-0-0 absent", " row", "a-0-1 absent"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestReadAI2D_CountsOtherFiles reads a folder whose name has the characters of a glob pattern.
func TestReadAI2D_CountsOtherFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[1]")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"0.png.json": `{"imageName":"0.png","questions":{}}`, "notes.txt": "x", "1.json": `{"imageName":7}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	source, err := New(Options{Layout: "ai2d", Annotations: dir, Images: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
		line := r.Sample.Key + " " + r.Reason
		for _, l := range r.LeftOut {
			line += " " + l.Reason + ":" + l.Name
		}
		got = append(got, line)
	}
	if want := []string{"0.png absent", "7 absent", "  file:notes.txt file:sub"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
