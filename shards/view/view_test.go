package view

import (
	"bytes"
	"image"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

func TestPage(t *testing.T) {
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 500, 300))); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := shards.Write(dir, func(yield func(shards.Sample, error) bool) {
		_ = yield(shards.Sample{Key: "a", Images: []shards.Image{{Bytes: large.Bytes()}}, Texts: []shards.Text{{Language: "fr", Value: "<b>légende</b>"}}}, nil) &&
			yield(shards.Sample{Key: "b", Split: "train", Texts: []shards.Text{{Value: "only text"}}}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	d, err := shards.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var page strings.Builder
	if err := Write(&page, d, "my data", 10); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"my data", "&lt;b&gt;légende&lt;/b&gt;", "data:image/jpeg;base64,", "256–511", "no image", `lang="fr"`} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.String(), "http") {
		t.Error("the page needs the network")
	}
}
