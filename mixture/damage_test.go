package mixture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestBatch_ReplacesRowsOfADamagedRowGroup damages the images of a row group. Its rows are replaced
// by others, the same ones for any number of workers, and counted with the place of the damage.
func TestBatch_ReplacesRowsOfADamagedRowGroup(t *testing.T) {
	r := recipe(t)
	whole := open(t, r, Options{})
	damaged := r
	damaged.Data = filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(damaged.Data, os.DirFS(r.Data)); err != nil {
		t.Fatal(err)
	}
	damageFirstImage(t, damaged.Data)
	one, four := open(t, damaged, Options{}), open(t, damaged, Options{Workers: 4})
	differ := 0
	for step := range 20 {
		b := batch(t, one, step)
		if b.Digest() != batch(t, four, step).Digest() {
			t.Errorf("step %d differs between one worker and four", step)
		}
		undamaged := batch(t, whole, step)
		for row, key := range b.Keys {
			withImage := one.tasks[b.Tasks[row]].kind.Image // the others do not read images
			if withImage && b.Indices[row] < 7 {
				t.Errorf("step %d row %d is row %d of the dataset, whose row group is damaged", step, row, b.Indices[row])
			}
			if (!withImage || undamaged.Indices[row] >= 7) && key != undamaged.Keys[row] {
				differ++
			}
		}
	}
	if differ > 0 {
		t.Errorf("%d examples of whole row groups were replaced", differ)
	}
	skipped := one.Skipped()
	if skipped.Samples < 7 || !strings.Contains(skipped.String(), "row group 0") || !strings.Contains(skipped.String(), "CRC") {
		t.Errorf("skipped: %s", skipped)
	}
}

// damageFirstImage flips a bit of the first image in the first part of a dataset.
func damageFirstImage(t *testing.T, dir string) {
	parts, _ := filepath.Glob(filepath.Join(dir, "part-*.parquet"))
	content, err := os.ReadFile(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte("\x89PNG"))
	content[at+20] ^= 1
	if err := os.WriteFile(parts[0], content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBatch_NamesAFailingSource ends a stream whose store fails: its rows may be whole.
func TestBatch_NamesAFailingSource(t *testing.T) {
	r := recipe(t)
	var fails atomic.Bool
	r.Registry = Builtin()
	r.Registry.Stores = shards.Stores{"test": func(ctx context.Context, url string) (shards.WritableStore, error) {
		store, err := shards.Stores(nil).OpenStore(ctx, strings.TrimPrefix(url, "test://"))
		return failingStore{store, &fails}, err
	}}
	r.Data = "test://" + withLargerImages(t, r.Data)
	s := open(t, r, Options{Cache: shards.CacheLimits{Pages: 1, Blocks: 1}})
	batch(t, s, 0)
	skipped := s.Skipped().Samples
	fails.Store(true)
	_, err := s.Batch(t.Context(), 1)
	if !errors.Is(err, errOffline) {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{"step 1 row ", "task ", "row group ", "part-", r.Data, "offline"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not name %q", err, part)
		}
	}
	if n := s.Skipped().Samples; n != skipped {
		t.Errorf("%d samples of the failing source are counted as unusable", n-skipped)
	}
	fails.Store(false)
	batch(t, s, 1)
}

// withLargerImages copies a dataset with 8 KiB behind each image, so that a block of the cache does
// not hold it all.
func withLargerImages(t *testing.T, data string) string {
	d, err := shards.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{GroupRows: 7})
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]byte, 8<<10)
		rand.NewChaCha8([32]byte{byte(len(s.Key))}).Read(noise)
		s.Images[0].Bytes = append(bytes.Clone(s.Images[0].Bytes), noise...)
		s.Images[0].SHA256 = ""
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

var errOffline = errors.New("offline")

// failingStore is a store whose files cannot be read while fails is set.
type failingStore struct {
	shards.WritableStore
	fails *atomic.Bool
}

func (s failingStore) OpenFile(ctx context.Context, name string) (io.ReaderAt, error) {
	r, err := s.WritableStore.OpenFile(ctx, name)
	return failingReader{r, s.fails}, err
}

type failingReader struct {
	io.ReaderAt
	fails *atomic.Bool
}

func (r failingReader) ReadAt(p []byte, at int64) (int, error) {
	if r.fails.Load() {
		return 0, errOffline
	}
	return r.ReaderAt.ReadAt(p, at)
}
