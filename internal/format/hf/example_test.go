package hf_test

import (
	"fmt"
	"log"
	"os"

	"github.com/pali3/pali3/internal/format/hf"
)

// Records are samples, or say why they are not.
func ExampleRead() {
	file, err := os.Open("testdata/datasets.parquet")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		log.Fatal(err)
	}
	for record := range hf.Read(file, info.Size(), "datasets.parquet") {
		fmt.Println(record.Sample.Key, len(record.Sample.Images), record.Err)
	}
	// Output:
	// k0 1 <nil>
	// k1 1 <nil>
	// k2 1 <nil>
	// k3 1 <nil>
	// k4 1 <nil>
}
