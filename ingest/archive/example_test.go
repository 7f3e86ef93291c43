package archive_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/archive"
)

func ExampleNewWebDataset() {
	source, err := archive.NewWebDataset(nil, "testdata/archives/several-texts.tar.gz")
	if err != nil {
		log.Fatal(err)
	}
	for record := range source.Records(context.Background(), ingest.Cursor{}) {
		for _, text := range record.Sample.Texts {
			fmt.Println(record.Sample.Key, text.Value)
		}
	}
	// Output:
	// 1 short caption of one
	// 1 long caption of one
	// 2 real caption
}
