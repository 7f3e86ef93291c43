package folder_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/folder"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "folder-*")
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
	os.WriteFile(filepath.Join(dir, "heron.txt"), []byte("A heron fishing at dawn."), 0o666)

	source, err := folder.New(dir, "en")
	if err != nil {
		log.Fatal(err)
	}
	for record := range source.Records(context.Background(), ingest.Cursor{}) {
		for _, text := range record.Sample.Texts {
			fmt.Println(record.Sample.Key, text.Language, text.Value)
		}
	}
	// Output: heron.png en A heron fishing at dawn.
}
