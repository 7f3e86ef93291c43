package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/hostile"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// longTable writes a table of texts whose rows for an image are not adjacent. If changed, some rows
// have other texts.
func longTable(t *testing.T, dir string, changed bool) []string {
	var b strings.Builder
	b.WriteString("file\tlanguage\ttext\n")
	for i := range 2000 {
		text := fmt.Sprint("text ", i)
		if changed && i%7 == 0 {
			text += " in other words"
		}
		fmt.Fprintf(&b, "%d.png\t%s\t%s\n", i%400, []string{"de_DE.utf8", "en", "pt_BR", "nonsense"}[i/400%4], text)
	}
	for i := range 390 { // ten have none
		save(t, filepath.Join(dir, fmt.Sprint(i, ".png")), hostile.Image(fmt.Sprint(i)))
	}
	save(t, filepath.Join(dir, "long.tsv"), []byte(b.String()))
	return []string{"table", "long.tsv", "--image-column", "file", "--text-column", "text", "--language-column", "language", "--group-by", "file"}
}

func init() {
	killable["grouped table"] = func(t *testing.T, dir string) []string { return longTable(t, dir, false) }
}

// TestIngestUpdate_KilledEqualsUninterrupted kills an update with SIGKILL at random moments. Its
// dataset must equal that of an uninterrupted update. Between the kills the dataset must open, with
// one row per key.
func TestIngestUpdate_KilledEqualsUninterrupted(t *testing.T) {
	dir := t.TempDir()
	args := append([]string{"-q", "ingest"}, longTable(t, dir, false)...)
	args = append(args, "--part-bytes", "100000", "--json")
	ingest := func(ctx context.Context, to string, more ...string) ([]byte, error) {
		return command(ctx, dir, append(append(args, "--to", to), more...)...).Output()
	}
	if _, err := ingest(t.Context(), "whole"); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "old"), os.DirFS(filepath.Join(dir, "whole"))); err != nil {
		t.Fatal(err)
	}
	longTable(t, dir, true)
	began := time.Now()
	out, err := ingest(t.Context(), "whole", "--update")
	if err != nil || !bytes.Contains(out, []byte(`"updated": `)) {
		t.Fatalf("%v: %s", err, out)
	}
	whole := time.Since(began)
	rng := random.New(uint64(began.UnixNano()))
	killed := 0
	begin := func() {
		if err := os.RemoveAll(filepath.Join(dir, "killed")); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "killed"), os.DirFS(filepath.Join(dir, "old"))); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	for killed < 3*kills() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration((0.2+rng.Float64()*0.75)*float64(whole)))
		_, err := ingest(ctx, "killed", "--update")
		cancel()
		if err == nil || updated(t, filepath.Join(dir, "old"), filepath.Join(dir, "killed")) {
			// Killed or not, it had finished: nothing is left to resume.
			sameDatasets(t, filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
			begin()
			continue
		}
		killed++
		keys := map[string]bool{}
		for _, s := range readAll(t, filepath.Join(dir, "killed")).Samples {
			if keys[s.Key] {
				t.Errorf("%s comes twice", s.Key)
			}
			keys[s.Key] = true
		}
	}
	again, err := ingest(t.Context(), "killed", "--update")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out, again) {
		t.Errorf("the summaries differ:\n%s\n%s", out, again)
	}
	sameDatasets(t, filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
}

// updated reports whether an update of a copy of old is complete: it has another manifest, and no
// journal of work to resume.
func updated(t *testing.T, old, dir string) bool {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(old, shards.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(filepath.Join(dir, shards.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	return through(dir) && !bytes.Equal(before, now)
}
