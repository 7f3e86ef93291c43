package mixture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestBatch_ReadsAnObjectStoreOnce goes once through a dataset of images in an object store, in
// random order, and compares the bytes read with those of the images.
func TestBatch_ReadsAnObjectStoreOnce(t *testing.T) {
	got := readEpoch(t, 9000, 2<<10, 24<<20)
	t.Log(got)
	if got.perByte > 1.2 {
		t.Errorf("%.2f bytes are read per byte of images", got.perByte)
	}
	if got.perImage > 0.5 {
		t.Errorf("%.2f requests for each image", got.perImage)
	}
	if got.scan > 0.1 {
		t.Errorf("opening reads %.0f%% of the dataset", 100*got.scan)
	}
}

// BenchmarkReads measures what an epoch reads from an object store, for images of several sizes and
// the default cache.
func BenchmarkReads(b *testing.B) {
	for _, c := range []struct{ rows, size int }{{12 << 10, 4 << 10}, {12 << 10, 16 << 10}, {12 << 10, 48 << 10}, {2 << 10, 160 << 10}} {
		b.Run(fmt.Sprintf("images=%dKiB", c.size>>10), func(b *testing.B) {
			for b.Loop() {
				got := readEpoch(b, c.rows, c.size, 0)
				b.ReportMetric(got.perByte, "read/used")
				b.ReportMetric(got.perImage, "requests/image")
				b.ReportMetric(100*got.scan, "%opening")
			}
		})
	}
}

// epochReads tells what an epoch read.
type epochReads struct {
	perByte  float64 // bytes read per byte of images
	perImage float64 // requests per image
	scan     float64 // bytes read to open the recipe, of those of the dataset
}

// readEpoch writes a dataset of images of about a size, opens it as one in an object store, and
// draws every sample once.
func readEpoch(t testing.TB, rows, size int, blocks int64) (got epochReads) {
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.NewChaCha8([32]byte{1})
	used := 0
	for i := range rows {
		bytes := make([]byte, size/2+rand.New(rng).IntN(size))
		rng.Read(bytes)
		used += len(bytes)
		if err := w.Append(shards.Sample{
			Key: fmt.Sprintf("%08d", i), Split: "train", Images: []shards.Image{{Bytes: bytes, Format: "jpeg", Width: 9, Height: 9}},
			Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: fmt.Sprint("text number ", i)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	r := recipe(t)
	r.Tasks, r.Batch = []Task{{Name: "caption", Kind: "caption", Weight: 1}}, 64
	r.Registry = Builtin()
	r.Registry.Stores = shards.Stores{"test": func(ctx context.Context, url string) (shards.WritableStore, error) {
		return shards.Stores(nil).OpenStore(ctx, url[len("test://"):])
	}}
	r.Data = "test://" + dir
	s := open(t, r, Options{Workers: 2, NoPixels: true, Cache: shards.CacheLimits{Blocks: blocks}})
	d := s.Dataset(r.Data)
	opening := d.Reads()
	for step := range (rows + r.Batch - 1) / r.Batch {
		batch(t, s, step)
	}
	reads := d.Reads()
	got.perByte = float64(reads.Bytes-opening.Bytes) / float64(used)
	got.perImage = float64(reads.Requests-opening.Requests) / float64(rows)
	got.scan = float64(opening.Bytes) / float64(used)
	return got
}

func (r epochReads) String() string {
	return fmt.Sprintf("%.3f bytes read per byte of images, %.3f requests per image; opening reads %.2f%%", r.perByte, r.perImage, 100*r.scan)
}
