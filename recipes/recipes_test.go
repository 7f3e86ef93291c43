package recipes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestShipped_HaveKindAndAbout(t *testing.T) {
	for _, name := range Names() {
		r, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		want := Training
		if strings.HasPrefix(name, "curate-") || name == "webli" {
			want = Curation
		}
		if r.Kind() != want || r.Dir != "" || !strings.HasSuffix(r.About(), ".") {
			t.Errorf("%s: kind %s, folder %q, about %q", name, r.Kind(), r.Dir, r.About())
		}
	}
}

func TestOpen_Files(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, kind, about string }{
		"curate.yaml": {"\n# Small\n# images go. And texts.\nimages: {min_side: 3}\n", Curation, "Small images go."},
		"train.yaml":  {"stage: ul2 # not a head\n# later\n", Training, ""},
		"tasks.yaml":  {"# one\n#\n# two\ntasks: []\n", Training, "one"},
		"broken.yaml": {"a: [", Training, ""},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil || r.Dir != dir || r.Kind() != c.kind || r.About() != c.about {
			t.Errorf("%s: folder %q, kind %s, about %q (%v)", name, r.Dir, r.Kind(), r.About(), err)
		}
	}
	if _, err := Open(filepath.Join(dir, "nothing.yaml")); err == nil || !strings.Contains(err.Error(), "neither a file nor a shipped recipe") {
		t.Error(err)
	}
	empty := filepath.Join(dir, "empty.yaml")
	os.WriteFile(empty, []byte(" \n"), 0o644)
	if _, err := Open(empty); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Error(err)
	}
}
