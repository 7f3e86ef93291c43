package benchmarks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
)

// objectNet writes an archive of ObjectNet with two classes, of which ImageNet has one.
func objectNet(t *testing.T, change map[string]string) Options {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"mappings/" + objectFolders: `{"alarm_clock":"Alarm clock","jar":"Jar"}`, "mappings/" + objectClasses: `{"Alarm clock":"analog clock; digital clock"}`,
		"mappings/" + imageNetNames: "digital clock\nbee\nanalog clock\n", "mappings/" + imageNetOrder: `{"409":2,"530":0}`,
		"images/alarm_clock/a.png": string(squarePNG()), "images/jar/b.png": string(squarePNG()), "images/jar/notes.txt": "",
	}
	for name, content := range files {
		if changed, ok := change[name]; ok {
			content = changed
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Options{Layout: "objectnet", Annotations: dir}
}

func TestObjectNet_LeavesOutOtherClasses(t *testing.T) {
	var keys []string
	left := map[string]int64{}
	for record, err := range Annotations(t.Context(), objectNet(t, nil)) {
		if err != nil {
			t.Fatal(err)
		}
		if record.Sample.Key != "" {
			keys = append(keys, record.Sample.Key)
		}
	}
	source, err := New(objectNet(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	for record := range source.Records(t.Context(), ingest.Cursor{}) {
		for _, l := range record.LeftOut {
			left[l.Name] += l.N
		}
	}
	if strings.Join(keys, " ") != "alarm_clock/a.png" || left["images/jar, a class that ImageNet does not have"] != 1 || left["jar/notes.txt"] != 1 {
		t.Errorf("%q, left out %v", keys, left)
	}
}

func TestObjectNet_NamesWhatIsWrong(t *testing.T) {
	for name, of := range map[string]struct{ content, want string }{
		objectFolders: {`{"alarm_clock":"Clock"}`, `"Alarm clock" has no folder in folder_to_objectnet_label.json`},
		objectClasses: {`{"Alarm clock":"sundial"}`, `Alarm clock is "sundial" of ImageNet, which has no line`},
		imageNetOrder: {`{"x":2}`, `"x" is not the number of a class`},
		imageNetNames: {strings.Repeat("a\n", 10001), "more than 10,000 lines"},
	} {
		o := objectNet(t, map[string]string{"mappings/" + name: of.content})
		var failed error
		for _, err := range Annotations(t.Context(), o) {
			failed = err
		}
		if failed == nil || !strings.Contains(failed.Error(), of.want) {
			t.Errorf("%s: %v, want %q", name, failed, of.want)
		}
	}
}
