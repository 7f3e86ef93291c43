package document_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/document"
)

func ExampleNewPDF() {
	source, err := document.NewPDF("../internal/pdf/testdata/report.pdf")
	if err != nil {
		log.Fatal(err)
	}
	source.Language, source.Side = "en", 300
	for record := range source.Records(context.Background(), ingest.Cursor{}) {
		for _, text := range record.Sample.Texts {
			fmt.Printf("%s %s %q\n", record.Sample.Key, text.Kind, text.Value)
		}
	}
	// Output:
	// report.pdf#1 ocr "Harbour\ntwo ships"
	// report.pdf#2 ocr "Harbour\ntwo ships"
}
