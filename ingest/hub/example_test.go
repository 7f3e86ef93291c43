package hub_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/hub"
	"github.com/pali3/pali3/ingest/tabular"
)

// A local test server acts as the hub: it lists the files of a dataset at a commit and serves them.
func ExampleOpen() {
	cache, err := os.MkdirTemp("", "hub-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(cache)
	commit := strings.Repeat("a", 40)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			fmt.Fprintf(w, `{"id": "owner/birds", "sha": %q, "siblings": [{"rfilename": "train.parquet"}]}`, commit)
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("X-Repo-Commit", commit)
		serveTable(w)
	}))
	defer server.Close()

	dataset, err := hub.Open(context.Background(), hub.Options{Repo: "owner/birds", Endpoint: server.URL, CacheDir: cache,
		Columns: tabular.Columns{Text: "caption"}, Language: "en"})
	if err != nil {
		log.Fatal(err)
	}
	for record := range dataset.Records(context.Background(), ingest.Cursor{}) {
		fmt.Println(record.Sample.Key, record.Sample.Split, record.Sample.Texts[0].Value)
	}
	// Output:
	// owner/birds/train.parquet:1 train A heron fishing at dawn.
	// owner/birds/train.parquet:2 train Two gulls on a pier.
}

func serveTable(w io.Writer) {
	type row struct {
		Caption string `parquet:"caption"`
	}
	parquet.Write(w, []row{{"A heron fishing at dawn."}, {"Two gulls on a pier."}})
}
