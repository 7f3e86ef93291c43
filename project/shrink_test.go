package project

import (
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest/folder"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

func TestShrink_MakesLargeImagesSmallerAndKeepsTheRest(t *testing.T) {
	dir := t.TempDir()
	writeShapes(t, filepath.Join(dir, "images"), 5)
	source, err := folder.New(filepath.Join(dir, "images"), "en")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), source, filepath.Join(dir, "raw"), ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	raw, err := shards.Open(filepath.Join(dir, "raw"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, c := range []struct{ side, want int32 }{{16, 16}, {64, 32}} {
		out := filepath.Join(dir, "small"+string(rune('a'+c.side%26)))
		if _, err := (&Shrink{Side: int(c.side)}).apply(t.Context(), raw, nil, out, silent{}); err != nil {
			t.Fatal(err)
		}
		small, err := shards.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer small.Close()
		if small.Len() != raw.Len() {
			t.Errorf("side %d: %d samples of %d", c.side, small.Len(), raw.Len())
		}
		for i := range small.Len() {
			a, err := raw.Row(i)
			if err != nil {
				t.Fatal(err)
			}
			b, err := small.Row(i)
			if err != nil {
				t.Fatal(err)
			}
			if b.Key != a.Key || b.Texts[0].Value != a.Texts[0].Value || b.Images[0].Width != c.want || b.Images[0].Height != c.want {
				t.Errorf("side %d: %s became %s, %dx%d", c.side, a.Key, b.Key, b.Images[0].Width, b.Images[0].Height)
			}
		}
	}
}
