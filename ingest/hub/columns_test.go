package hub

import (
	"os"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

// TestHub_SaysWhichColumnsItTakes reads a dataset whose texts have no common name, and that has two
// columns of images.
func TestDataset_ReportsColumnsTaken(t *testing.T) {
	content, err := os.ReadFile("testdata/edits.parquet")
	if err != nil {
		t.Fatal(err)
	}
	commit := strings.Repeat("e", 40)
	server := hubServer(t, &commit, map[string][]byte{"data/train-00000-of-00001.parquet": content})
	o := Options{Repo: "owner/birds", Endpoint: server.URL, CacheDir: t.TempDir()}
	source, err := Open(t.Context(), o)
	_, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows != 2 || stat.Images != 2 || stat.Texts != 0 || stat.LeftOut[shards.LeftColumn] != 8 {
		t.Errorf("%+v", stat)
	}
	want := "image column original_image; no text column among original_prompt, edit_prompt, edited_prompt, edited_image: name one with --text-column; " +
		"further image column edited_image left out: repeat --image-column to take more than one"
	if got := source.ColumnsTaken(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	o.Columns = tabular.Columns{Image: "original_image", MoreImages: []string{"edited_image"}, Text: "edit_prompt", Keep: []string{"original_prompt"}}
	source, err = Open(t.Context(), o)
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	if s := samples["owner/birds/data/train-00000-of-00001.parquet:1"]; stat.Images != 4 || stat.Texts != 2 || s.Texts[0].Kind != shards.Caption || s.Metadata["original_prompt"] == "" {
		t.Errorf("%+v %+v", stat, s)
	}
	o.Columns = tabular.Columns{Text: "prompt"}
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), `no column "prompt"; there are original_prompt`) {
		t.Errorf("a column that is not there: %v", err)
	}
}

// TestHub_PeeksAtLargeFiles reads the columns of a file without downloading it.
func TestOpen_PeeksAtLargeFiles(t *testing.T) {
	h := &trueHub{files: map[string][]byte{"train.parquet": hubTable(t, 0, 40000)}}
	if size := len(h.files["train.parquet"]); size < peekFrom {
		t.Fatalf("%d bytes", size)
	}
	source, err := h.open(t, Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if sent := h.sent.Load(); sent > 1<<20 || !strings.Contains(source.ColumnsTaken(), "image column image; text column caption") {
		t.Errorf("%d bytes were sent: %s", sent, source.ColumnsTaken())
	}
}
