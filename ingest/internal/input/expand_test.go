package input

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

func TestExpand_FoldersPatternsAndRanges(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"s/a-00.tar": "", "s/a-01.tar": "", "s/a-02.tar.gz": "", "s/README.md": "", "s/.x": "", "s/d/e.tar": "", "t/x.txt": "", "[u]/b.tar": ""})
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
		"t":                "! t has no files of this kind: if yours have other extensions, name the files themselves",
		".":                "! . has no files of this kind, only folders: name one of them, such as t",
	} {
		files, left, err := Expand([]string{name}, regexp.MustCompile(`\.tar(\.gz)?$`))
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
