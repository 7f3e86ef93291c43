package benchmarks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder writes files and returns their folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAnnotations_ReadFoldersOfParts(t *testing.T) {
	for _, c := range []struct {
		layout string
		files  map[string]string
		want   []string
	}{
		{"chartqa", map[string]string{"test_human.json": `[{"imgname":"8.png","query":"How?","label":"14"}]`, "test_augmented.json": `[{"imgname":"8.png","query":"Which?","label":"Yes"}]`},
			[]string{`8.png ?augmented-0  Which? ="Yes"/ origin/augmented-0=augmented`, `8.png ?human-0  How? ="14"/ origin/human-0=human`}},
		{"pope", map[string]string{"coco_pope_random.json": `{"question_id":1,"image":"a.jpg","text":"Is there?","label":"no"}`, "x.txt": ""},
			[]string{`a.jpg ?random-1 yes_no Is there? ="no"/ category/random-1=random`, ` -1 x.txt`}},
		{"mme", map[string]string{"count.txt": "1.jpg\tTwo?\tYes\n1.jpg\tThree?\tNo\tyes\n", "OCR.txt": "2.jpg\n"},
			[]string{`count/1.jpg ?count/1.jpg-1 count Two? ="Yes"/`, `count/1.jpg ?count/1.jpg-2 count Three? ="No"/`}},
	} {
		var got []string
		var failed []string
		for r, err := range Annotations(t.Context(), Options{Layout: c.layout, Annotations: folder(t, c.files)}) {
			if err != nil {
				failed = append(failed, err.Error())
				continue
			}
			got = append(got, sketched(&r))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.layout, got, c.want)
		}
		if c.layout == "mme" && (len(failed) != 1 || !strings.Contains(failed[0], "OCR.txt: line 1: 1 fields between tabs, expected image, question and answer")) {
			t.Errorf("%q", failed)
		}
	}
	for _, layout := range []string{"chartqa", "pope", "mme"} {
		for r, err := range Annotations(t.Context(), Options{Layout: layout, Annotations: t.TempDir()}) {
			if err == nil || !strings.Contains(err.Error(), "no *.") {
				t.Errorf("%s: %v, %v", layout, r, err)
			}
		}
	}
}
