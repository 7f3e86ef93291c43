package tabular_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/tabular"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "table-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f, err := os.Create(filepath.Join(dir, "heron.png"))
	if err != nil {
		log.Fatal(err)
	}
	png.Encode(f, image.NewGray(image.Rect(0, 0, 40, 30)))
	f.Close()
	file := filepath.Join(dir, "captions.csv")
	os.WriteFile(file, []byte("path,caption\nheron.png,A heron fishing at dawn.\ngone.png,A boat.\n"), 0o666)

	table, err := tabular.New(tabular.Options{File: file, Columns: tabular.Columns{Image: "path", Text: "caption"}, Language: "en"})
	if err != nil {
		log.Fatal(err)
	}
	for record := range table.Records(context.Background(), ingest.Cursor{}) {
		if record.Err != nil {
			fmt.Println(record.Sample.Key, "is rejected:", record.Reason)
			continue
		}
		fmt.Println(record.Sample.Key, len(record.Sample.Images), record.Sample.Texts[0].Value)
	}
	// Output:
	// heron.png 1 A heron fishing at dawn.
	// gone.png is rejected: absent
}
