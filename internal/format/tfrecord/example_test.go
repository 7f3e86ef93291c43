package tfrecord_test

import (
	"fmt"
	"log"
	"os"

	"github.com/pali3/pali3/internal/format/tfrecord"
)

// Records are samples, or say why they are not.
func ExampleRead() {
	file, err := os.Open("testdata/three.tfrecord")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	for record := range tfrecord.Read(file, "three.tfrecord") {
		fmt.Println(record.Sample.Key, len(record.Sample.Images), record.Err)
	}
	// Output:
	// k0 1 <nil>
	// k1 1 <nil>
	// k2 1 <nil>
}
