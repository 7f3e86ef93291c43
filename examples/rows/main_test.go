package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
)

// onePixel is a GIF of one pixel.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// writeTable writes a table, and the images a.gif and b.gif beside it.
func writeTable(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"a.gif": onePixel, "b.gif": onePixel, "table.csv": content} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "table.csv")
}

func TestRun_MakesExamplesOfTheTable(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, writeTable(t, "a.gif,a black dot\nb.gif,\"a dot, too\"\n")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a.gif: a black dot\n", "b.gif: a dot, too\n"} {
		if strings.Count(out.String(), want) != 2 {
			t.Errorf("printed\n%swant %q twice in it", out.String(), want)
		}
	}
}

func TestRun_NamesWhatIsWrong(t *testing.T) {
	for content, want := range map[string]string{
		"a.gif,x\nmissing.gif,y\n": "missing.gif", "a.gif\n": "wrong number of fields", "a.gif,\n": "no sample of csv://",
	} {
		if err := run(t.Context(), &strings.Builder{}, writeTable(t, content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
	if _, err := mixture.ParseRecipe([]byte(recipe), "recipe", registry(), "data=d"); err != nil {
		t.Errorf("a folder beside own rows: %v", err)
	}
}
