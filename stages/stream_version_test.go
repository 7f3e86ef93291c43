package stages

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
)

// TestRun_KeepsTheStreamVersionItBeganWith resumes a run that records no version, as runs from
// before there were versions, with a recipe that states none, the same, or another one.
func TestRun_KeepsTheStreamVersionItBeganWith(t *testing.T) {
	dir := t.TempDir()
	r := testRecipe(t, "pali3", testData(t), "stream_version=1")
	runStage(t, r, dir)
	path := filepath.Join(dir, RecipeFile)
	content := read(t, path)
	if !bytes.Contains(content, []byte("\nstream_version: 1\n")) {
		t.Fatalf("run.yaml records no version:\n%s", content)
	}
	if err := os.WriteFile(path, bytes.Replace(content, []byte("stream_version: 1\n"), nil, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if old, err := ReadRun(dir, nil); err != nil || old.Mixture.StreamVersion != 1 {
		t.Errorf("a run without a version reads as version %d, %v", old.Mixture.StreamVersion, err)
	}
	r.Mixture.StreamVersion = 0
	if found := DiffRecipes(r, mustReadRun(t, dir)); len(found) > 0 {
		t.Errorf("a recipe without a version differs from its run: %v", found)
	}
	r.Steps++
	if result := runStage(t, r, dir); result.Resumed == 0 {
		t.Error("the run was not resumed")
	}
	if old := mustReadRun(t, dir); old.Mixture.StreamVersion != 1 {
		t.Errorf("the resumed run records version %d", old.Mixture.StreamVersion)
	}
	fresh := t.TempDir()
	runStage(t, r, fresh)
	if made := mustReadRun(t, fresh); made.Mixture.StreamVersion != mixture.NewestStreamVersion {
		t.Errorf("a new run records version %d", made.Mixture.StreamVersion)
	}
}

func mustReadRun(t *testing.T, dir string) Recipe {
	t.Helper()
	r, err := ReadRun(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReadRecipe_OldWordsKeepTheOldOrder reads recipes that name the family by either key.
func TestReadRecipe_OldWordsKeepTheOldOrder(t *testing.T) {
	for text, want := range map[string]int{"stage: ul2": 1, "family: t5": 0, "stage: ul2\nstream_version: 0": 1, "family: t5\nstream_version: 1": 1} {
		r, err := decodeRecipe([]byte(text+"\n"), "mine.yaml", "", nil, nil)
		if err != nil || r.Mixture.StreamVersion != want {
			t.Errorf("%q: version %d, want %d: %v", text, r.Mixture.StreamVersion, want, err)
		}
	}
	r := mixture.Recipe{StreamVersion: 9}
	if found := r.Problems(); !strings.Contains(fmt.Sprint(found), "stream_version: 9; this program knows versions 1 to ") {
		t.Errorf("version 9: %v", found)
	}
}
