package ingest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/archive"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// threePages is a TIFF whose pages are of 20x10, 7x9 and 5x6 pixels, as stored.
func threePages(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("internal", "frames", "testdata", "pages.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// depthMap is a TIFF whose directory declares floating-point samples.
const depthMap = "II*\x00\x08\x00\x00\x00\x05\x00" +
	"\x00\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" + // width 1
	"\x01\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" + // height 1
	"\x02\x01\x03\x00\x01\x00\x00\x00\x20\x00\x00\x00" + // 32 bits
	"\x06\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" + // black is zero
	"\x53\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00" + // floating point
	"\x00\x00\x00\x00\x00\x00\x80\x3f"

func TestFolder_ReadsTIFF(t *testing.T) {
	samples, stat, reasons := ingestFolder(t, map[string]string{"a.tif": threePages(t), "a.txt": "three pages", "b.tiff": depthMap, "c.tif": "II*\x00\x00\x00\x00\x00",
		"cut.tif": threePages(t)[:60]})
	if stat.Rows != 1 || stat.Rejected != 3 {
		t.Errorf("%+v, rejected %v", stat, reasons)
	}
	a := samples["a.tif"]
	if len(a.Images) != 1 || a.Images[0].Format != "tiff" || a.Images[0].Width != 20 || a.Images[0].Height != 10 || !slices.Equal(ingesttest.Texts(a), []string{"three pages"}) {
		t.Errorf("%+v", a)
	}
	if stat.LeftOut[shards.LeftImage] != 2 {
		t.Errorf("left out %v, want the two later pages", stat.LeftOut)
	}
}

func TestRun_TakesPagesOfTIFFApart(t *testing.T) {
	source, err := folder.New(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.tif": threePages(t)}), "")
	if err != nil {
		t.Fatal(err)
	}
	stat, err := ingest.Run(t.Context(), source, filepath.Join(t.TempDir(), "data"), ingest.Options{Frames: 10})
	if err != nil || stat.Rows != 1 || stat.Images != 3 || len(stat.LeftOut) > 0 {
		t.Errorf("%+v, %v", stat, err)
	}
}

// TestWebDataset_LeavesOutTIFFBesideImage has depth beside a photograph, as sets of views of rooms
// do.
func TestWebDataset_LeavesOutTIFFBesideImage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.tar")
	ingesttest.WriteTar(t, file, "a.png", string(ingesttest.PNG(1)), "a.depth.tiff", depthMap, "a.txt", "a room", "b.tiff", threePages(t), "b.txt", "b",
		"c.tiff", depthMap, "c.txt", "c")
	source, err := archive.NewWebDataset(nil, file)
	samples, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows != 2 || stat.Reasons[ingest.BadImage] != 1 || len(samples["a"].Images) != 1 || len(samples["b"].Images) != 1 {
		t.Errorf("%+v", stat)
	}
	if !slices.Contains(stat.LeftOutFirst[shards.LeftImage], ".tiff (a TIFF image)") || stat.LeftOut[shards.LeftImage] != 3 {
		t.Errorf("left out %v %v", stat.LeftOut, stat.LeftOutFirst)
	}
	for record := range source.Records(t.Context(), ingest.Cursor{}) {
		if record.Sample.Key == "c" && (record.Err == nil || !strings.Contains(record.Err.Error(), "TIFF with samples floating-point (3)")) {
			t.Errorf("%v", record.Err)
		}
	}
}

// ingestFolder ingests a folder of files; an image n is tiny(n) by the content "image n".
func ingestFolder(t *testing.T, files map[string]string) (map[string]shards.Sample, ingest.Summary, map[string]string) {
	t.Helper()
	n := 0
	for name, content := range files {
		if content == "image" {
			n++
			files[name] = string(ingesttest.PNG(n))
		}
	}
	source, err := folder.New(ingesttest.WriteFiles(t, filepath.Join(t.TempDir(), "in"), files), "")
	return ingesttest.Ingest(t, source, err)
}
