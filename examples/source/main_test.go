package main

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/shards"
)

const items = `<catalogue>
<item id="1"><photo>1.png</photo><label lang="en">a vase</label><label lang="de">eine Vase</label></item>
<item id="2"><photo>gone.png</photo><label lang="en">a bowl</label></item>
<item id="3"><photo>3.png</photo><label lang="en">a plate</label></item>
</catalogue>`

func writeCatalogue(t *testing.T, text string) catalogue {
	t.Helper()
	dir := t.TempDir()
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"1.png": encoded.Bytes(), "3.png": encoded.Bytes(), "items.xml": []byte(text)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return catalogue(filepath.Join(dir, "items.xml"))
}

func TestCatalogue_IngestsItems(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for run, want := range []shards.Stat{{Rows: 2, Rejected: 1}, {Duplicates: 3}} {
		got, err := ingest.Run(t.Context(), writeCatalogue(t, items), dir, ingest.Options{})
		if err != nil || got.Rows != want.Rows || got.Rejected != want.Rejected || got.Duplicates != want.Duplicates {
			t.Errorf("run %d: %+v, %v", run, got, err)
		}
	}
}

func TestCatalogue_Resumes(t *testing.T) {
	source, dir := writeCatalogue(t, items), filepath.Join(t.TempDir(), "data")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := ingest.Run(ctx, source, dir, ingest.Options{Progress: func(records, _ int64) {
		if records == 1 {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("the run was not interrupted")
	}
	got, err := ingest.Run(t.Context(), source, dir, ingest.Options{})
	if err != nil || got.Rows != 2 || got.Rejected != 1 || got.Duplicates != 0 {
		t.Errorf("resumed: %+v, %v", got, err)
	}
	if problems, err := shards.Verify(dir, true); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

func TestCatalogue_RejectsDamagedFile(t *testing.T) {
	got, err := ingest.Run(t.Context(), writeCatalogue(t, items[:150]), filepath.Join(t.TempDir(), "data"), ingest.Options{})
	if err != nil || got.Rows != 1 || got.Rejected != 1 || got.Reasons[ingest.BadKey]+got.Reasons[ingest.NoImage] != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
