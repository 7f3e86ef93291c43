package bucket_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/bucket"
)

// A dataset in an object store is opened by its URL. Here the store is a folder.
func ExampleStores() {
	dir, err := os.MkdirTemp("", "bucket")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	one := func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{Key: "first", Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "an owl"}}}, nil)
	}
	if _, err := shards.Write(filepath.Join(dir, "owls"), one); err != nil {
		log.Fatal(err)
	}
	d, err := bucket.Stores().Open(context.Background(), "file://"+filepath.ToSlash(filepath.Join(dir, "owls")))
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	sample, err := d.Row(0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Len(), sample.Key, sample.Texts[0].Value)
	// Output: 1 first an owl
}
