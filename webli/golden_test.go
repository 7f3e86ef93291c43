package webli

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

var update = flag.Bool("update", false, "write testdata/curated.txt")

// TestCurate_Golden compares the report, the samples and the rejects with a committed listing.
func TestCurate_Golden(t *testing.T) {
	config := everything
	config.Images.MaxSamples = 5
	config.Duplicates.MergeTexts = true
	config.Texts.Phrases = []string{"large one"}
	in := dataset(t, badSamples()...)
	out := filepath.Join(t.TempDir(), "out")
	report, err := Curate(t.Context(), []*shards.Dataset{in}, out, config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(listing(t, report, out), in.Dir(), "DATASET")
	const golden = "testdata/curated.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// listing writes a report, the samples of a dataset and its rejects as text.
func listing(t *testing.T, report Report, dir string) string {
	t.Helper()
	var b strings.Builder
	content, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%s\n", content)
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "sample %s", s.Key)
		for _, text := range s.Texts {
			fmt.Fprintf(&b, " %q", text.Value)
		}
		fmt.Fprintln(&b)
	}
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "reject %s (%s): %s: %s\n", r.Key, r.Origin, r.Reason, r.Detail)
	}
	return b.String()
}
