package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// hubServer answers as a hub does: a list of files at a revision, and each file with its size and
// hash.
func hubServer(t *testing.T, commit *string, files map[string][]byte) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/datasets/owner/birds/revision/") {
			type sibling struct {
				Name string `json:"rfilename"`
			}
			info := struct {
				ID       string    `json:"id"`
				SHA      string    `json:"sha"`
				Siblings []sibling `json:"siblings"`
			}{ID: "owner/birds", SHA: *commit}
			for name := range files {
				info.Siblings = append(info.Siblings, sibling{name})
			}
			json.NewEncoder(w).Encode(info)
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, "/datasets/owner/birds/resolve/"+*commit+"/")
		content, there := files[name]
		if !ok || !there {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"`+shards.Hash(content)+`"`)
		w.Header().Set("X-Repo-Commit", *commit)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(server.Close)
	return server
}

type hubImage struct {
	Bytes []byte `parquet:"bytes"`
	Path  string `parquet:"path"`
}

type hubRow struct {
	Image   hubImage `parquet:"image"`
	Caption []string `parquet:"caption,list"`
}

func hubTable(t *testing.T, from, to int) []byte {
	var rows []hubRow
	for i := from; i < to; i++ {
		rows = append(rows, hubRow{hubImage{ingesttest.PNG(i), "x.png"}, []string{fmt.Sprint("bird ", i), fmt.Sprint("vogel ", i)}})
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDataset_ReadsParquet(t *testing.T) {
	commit := strings.Repeat("a", 40)
	server := hubServer(t, &commit, map[string][]byte{
		"data/train-00000-of-00002.parquet": hubTable(t, 0, 5), "data/train-00001-of-00002.parquet": hubTable(t, 5, 8),
		"data/validation-00000-of-00001.parquet": hubTable(t, 8, 10), "README.md": []byte("# Birds"), "data/z.parquet": []byte("no table"),
	})
	o := Options{Repo: "owner/birds", Endpoint: server.URL, CacheDir: t.TempDir(), Language: "en", Kind: shards.Caption}
	source, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	samples, stat, _ := ingesttest.Ingest(t, source, nil)
	if stat.Rows != 10 || stat.Texts != 20 || stat.Splits["train"] != 8 || stat.Splits["validation"] != 2 || stat.Reasons[ingest.Unreadable] != 1 {
		t.Errorf("%+v", stat)
	}
	s := samples["owner/birds/data/train-00001-of-00002.parquet:2"]
	if len(s.Texts) != 2 || s.Texts[1].Value != "vogel 6" || !bytes.Equal(s.Images[0].Bytes, ingesttest.PNG(6)) {
		t.Errorf("%+v", s)
	}
	resumes(t, source)
	before, _ := source.Fingerprint()
	commit = strings.Repeat("b", 40)
	moved, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := moved.Fingerprint(); after == before || moved.Commit() != commit || source.Commit() == commit {
		t.Errorf("the branch moved: %s and %s", source.Commit(), moved.Commit())
	}
}

func TestDataset_ReadsArchives(t *testing.T) {
	commit := strings.Repeat("d", 40)
	server := hubServer(t, &commit, map[string][]byte{
		"train/000.tar": ingesttest.BirdsTar(t, 0, 4), "train/001.tar": ingesttest.BirdsTar(t, 4, 7), "validation/000.tar": ingesttest.BirdsTar(t, 7, 9), "README.md": []byte("# Birds"),
		"train/002.tar": ingesttest.BirdsTar(t, 9, 12)[:550], // only the beginning of the first record's image
	})
	o := Options{Repo: "owner/birds", Endpoint: server.URL, CacheDir: t.TempDir(), Language: "en"}
	source, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	samples, stat, _ := ingesttest.Ingest(t, source, nil)
	if stat.Rows != 9 || stat.Splits["train"] != 7 || stat.Splits["validation"] != 2 || stat.Languages["en"] != 9 || stat.Rejected != 1 {
		t.Errorf("%+v", stat)
	}
	if s := samples["owner/birds/train/001.tar:002"]; len(s.Texts) != 1 || s.Texts[0].Value != "bird 6" || !bytes.Equal(s.Images[0].Bytes, ingesttest.PNG(6)) {
		t.Errorf("%+v", s)
	}
	resumes(t, source)
	o.Columns.Text = "caption"
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "has no columns") {
		t.Error(err)
	}
}

// resumes compares the records after each with those of a whole reading.
func resumes(t *testing.T, source *Dataset) {
	t.Helper()
	var all []string
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
		all = append(all, r.Origin)
	}
	for n := range all {
		var rest []string
		for r := range source.Records(t.Context(), ingest.After(int64(n))) {
			rest = append(rest, r.Origin)
		}
		if strings.Join(rest, " ") != strings.Join(all[n:], " ") {
			t.Errorf("after %d: %q", n, rest)
		}
	}
}

func TestOpen_ExplainsErrors(t *testing.T) {
	commit := strings.Repeat("c", 40)
	server := hubServer(t, &commit, map[string][]byte{"README.md": nil, "data/test.parquet": hubTable(t, 0, 1)})
	o := Options{Repo: "owner/birds", Endpoint: server.URL, CacheDir: t.TempDir(), Files: "other"}
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no Parquet files that match other") {
		t.Error(err)
	}
	o.Repo = "owner/nothing"
	if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "looking up owner/nothing at main") {
		t.Error(err)
	}
}

func TestSplitOf(t *testing.T) {
	for name, want := range map[string]string{
		"data/train-00000-of-00002.parquet": "train", "default/validation/0000.parquet": "validation", "test.parquet": "test",
		"data/training.parquet": "", "0000.parquet": "", "dev_1.parquet": "dev",
	} {
		if got := splitOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
