package batchfile_test

import (
	"fmt"
	"log"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/batchfile"
)

// A record holds a batch with its shapes, and reads back equal.
func ExampleRecord() {
	batch := mixture.NewBatch(7, mixture.Shape{Rows: 2, Images: 1, Height: 8, Width: 8, Encoder: 16, Decoder: 4}, true)
	record, err := batchfile.Record(batch, batchfile.Info{Format: batchfile.Format, Tasks: []string{"caption"}})
	if err != nil {
		log.Fatal(err)
	}
	defer record.Release()
	for _, field := range record.Schema().Fields()[6:8] {
		shape, _ := field.Metadata.GetValue("ARROW:extension:metadata")
		fmt.Println(field.Name, shape)
	}
	again, _, err := batchfile.Batch(record)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("equal:", again.Digest() == batch.Digest())
	// Output:
	// images {"shape":[8,8,3]}
	// image_mask {"shape":[1]}
	// equal: true
}
