package quickstart

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest/archive"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/webli"
)

// curated returns the samples of the embedded archive as the quickstart ingests them, and those
// that its curation leaves.
func curated(t *testing.T) (raw, data *shards.Dataset) {
	t.Helper()
	content, err := Archive()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "emoji.tar")
	if err := atomicfile.WriteBytes(path, content); err != nil {
		t.Fatal(err)
	}
	source, err := archive.NewWebDataset(nil, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), source, filepath.Join(dir, "raw"), ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	open := func(name string) *shards.Dataset {
		d, err := shards.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	raw = open("raw")
	text, err := recipes.Read("curate-quickstart")
	if err != nil {
		t.Fatal(err)
	}
	config, err := webli.ParseConfig(text, "curate-quickstart")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := webli.Curate(t.Context(), []*shards.Dataset{raw}, filepath.Join(dir, "data"), config, webli.Options{}); err != nil {
		t.Fatal(err)
	}
	return raw, open("data")
}

// rowsOfData is the SHA-256 of all samples that training and scoring see, as JSON lines. Models and
// scores of earlier versions compare with those of this one only as long as it is the same.
const rowsOfData = "844b8e1eaaf4318ab71e98709920d809a7594a410fa915eba8551d802b93ec8b"

// TestCurationRemovesTheDoublesAndNothingElse: all samples that share an image with another go, by
// one rule; the others stay in their order and as they were.
func TestCurationRemovesTheDoublesAndNothingElse(t *testing.T) {
	raw, data := curated(t)
	count := map[string]int{}
	for s, err := range raw.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		count[s.Images[0].SHA256]++
	}
	doubles := 0
	for _, n := range count {
		if n > 1 {
			doubles += n
		}
	}
	if removed := raw.Len() - data.Len(); doubles < 10 || removed != doubles {
		t.Errorf("%d samples removed of %d doubles", removed, doubles)
	}
	for r, err := range data.Rejects() {
		if err != nil || r.Reason != "image_frequent" {
			t.Errorf("%+v, %v", r, err)
		}
	}
	digest := sha256.New()
	lines := json.NewEncoder(digest)
	lines.SetEscapeHTML(false)
	for s, err := range data.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		if count[s.Images[0].SHA256] > 1 {
			t.Errorf("%s stayed", s.Key)
		}
		if err := lines.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != rowsOfData {
		t.Errorf("the rows have the SHA-256 %s, not %s", got, rowsOfData)
	}
}
