package view

import (
	"bytes"
	"image"
	"image/png"
	"path/filepath"
	"slices"
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

func TestBarsHaveNoGap(t *testing.T) {
	got := powers(map[int]int64{1: 1, 4: 300})
	want := []bar{{Label: "1", Count: 1, Percent: 1}, {Label: "2–3"}, {Label: "4–7"}, {Label: "8–15", Count: 300, Percent: 100}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if len(powers(nil)) > 0 {
		t.Error("bars of nothing")
	}
}
