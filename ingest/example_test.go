package ingest_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/ingest/tabular"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

// dot is a GIF of one pixel.
const dot = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// A table becomes a dataset. Its second row names an image that does not exist.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "ingest")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "dot.gif"), []byte(dot), 0o644); err != nil {
		log.Fatal(err)
	}
	table := filepath.Join(dir, "names.csv")
	if err := os.WriteFile(table, []byte("file,name\ndot.gif,un point\nline.gif,un trait\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	source, err := tabular.New(tabular.Options{
		File: table, Columns: tabular.Columns{Image: "file", Text: "name"}, Kind: shards.Caption, Language: "fr",
	})
	if err != nil {
		log.Fatal(err)
	}
	stat, err := ingest.Run(context.Background(), source, filepath.Join(dir, "data"), ingest.Options{})
	fmt.Println(stat.Rows, "row,", stat.Rejected, "rejected,", err)
	// Output: 1 row, 1 rejected, <nil>
}

// diary is a source. It ignores the cursor: Run drops the records that an interrupted run consumed.
type diary []string

func (d diary) Name() string                 { return "diary" }
func (d diary) Fingerprint() (string, error) { return fmt.Sprint(len(d)), nil }

func (d diary) Records(context.Context, ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		for day, entry := range d {
			r := shards.Record{Origin: fmt.Sprint("day ", day), Sample: shards.Sample{
				Key: fmt.Sprint(day), Texts: []shards.Text{{Kind: shards.Title, Language: "en", Value: entry}},
			}}
			if entry == "" {
				r = shards.Bad(r.Origin, r.Sample.Key, shards.Missing, fmt.Errorf("nothing happened"))
			}
			if !yield(r) {
				return
			}
		}
	}
}

func ExampleSource() {
	dir, err := os.MkdirTemp("", "ingest")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	stat, err := ingest.Run(context.Background(), diary{"rain", "", "sun"}, dir, ingest.Options{})
	fmt.Println(stat.Rows, "rows,", stat.Rejected, "rejected,", err)
	// Output: 2 rows, 1 rejected, <nil>
}
