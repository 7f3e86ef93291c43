package webdataset_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// Samples become a tar file of a KEY.json each, and of their images, and samples again.
func ExampleWrite() {
	dir, err := os.MkdirTemp("", "webdataset")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	samples := func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{Key: "owl", Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "an owl"}}}, nil)
	}
	names, err := webdataset.Write(dir, samples, webdataset.Options{})
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Open(filepath.Join(dir, names[0]))
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	for record := range webdataset.Read(file, names[0]) {
		fmt.Println(strings.TrimSuffix(names[0], ".tar"), record.Sample.Key, record.Sample.Texts[0].Value)
	}
	// Output: 00000 owl an owl
}
