package ingest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestExpand_FoldersPatternsAndRanges(t *testing.T) {
	dir := put(t, t.TempDir(), map[string]string{"s/a-00.tar": "", "s/a-01.tar": "", "s/a-02.tar.gz": "", "s/README.md": "", "s/.x": "", "s/d/e.tar": "", "t/x.txt": "", "[u]/b.tar": ""})
	t.Chdir(dir)
	for name, want := range map[string]string{
		"s":                "s/a-00.tar s/a-01.tar s/a-02.tar.gz",
		"s/*.tar":          "s/a-00.tar s/a-01.tar",
		"s/a-{00..01}.tar": "s/a-00.tar s/a-01.tar",
		"s/a-{9..11}.tar":  "s/a-9.tar s/a-10.tar s/a-11.tar",
		"[u]/b.tar":        "[u]/b.tar",
		"-":                "-",
		"s/README.md":      "s/README.md",
		"s/none.tar":       "! opening s/none.tar: file does not exist",
		"s/*.none":         "! s/*.none: no file matches",
		"t":                "! t has no file of this kind: name the files themselves, if they are called otherwise",
		".":                "! . has no file of this kind, but folders: name the one that is meant, such as t",
	} {
		files, left, err := expand([]string{name}, tarFiles)
		got := filepath.ToSlash(strings.Join(files, " "))
		if err != nil {
			got = "! " + err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if beside := []shards.LeftOut{{Reason: shards.LeftFile, Name: "README.md", N: 1}, {Reason: shards.LeftFile, Name: "d (a folder)", N: 1}}; name == "s" && !slices.Equal(left, beside) {
			t.Errorf("%s: left out %v", name, left)
		}
	}
}

func TestFiles_OfFolders(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"testdata/columns/coco_captions.tfrecord": "t/train.tfrecord-00000-of-00001"} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, map[string]string{to: string(content), "t/features.json": "{}"})
	}
	source, err := NewTFRecord(filepath.Join(dir, "t"))
	_, stat, _ := rows(t, source, err)
	if stat.Rows == 0 || stat.LeftOut[shards.LeftFile] != 1 {
		t.Errorf("%+v", stat)
	}
	mds, err := NewMDS("testdata/columns/latents/index.json")
	if _, stat, _ := rows(t, mds, err); stat.Rows != 2 {
		t.Errorf("by its index: %+v", stat)
	}
}
