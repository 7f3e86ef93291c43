package mixture

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pali3/pali3/shards"
)

// TestOpen_AThousandSourcesAreCheap mixes as many datasets and bounds memory, goroutines and open
// files.
func TestOpen_AThousandSourcesAreCheap(t *testing.T) {
	const sources = 1000
	r := recipe(t)
	r.Tasks = r.Tasks[:0:0]
	dir := t.TempDir()
	for i := range sources {
		data := filepath.Join(dir, fmt.Sprint(i))
		if err := os.CopyFS(data, os.DirFS(r.Data)); err != nil {
			t.Fatal(err)
		}
		kind := []string{"caption", "denoise", "vqa"}[i%3]
		r.Tasks = append(r.Tasks, Task{Name: fmt.Sprint("task ", i), Kind: kind, Weight: float64(1 + i%5), Data: data})
	}
	r.Batch = 256
	goroutines, files, memory := runtime.NumGoroutine(), openFiles(), heap()
	s, err := Open(r, Options{Workers: 4, NoPixels: true, Cache: shards.CacheLimits{Parts: 100, Pages: 8 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	opened := heap()
	for step := range 30 {
		batch(t, s, step)
	}
	used := heap()
	if n := runtime.NumGoroutine(); n > goroutines+2 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := openFiles(); n > files+110 {
		t.Errorf("%d open files, %d before; the cache holds 100 parts", n, files)
	}
	perSource := (opened - memory) / sources
	t.Logf("%d bytes a source; the cache and the rest take %d MiB; %d files are open", perSource, (used-opened)>>20, openFiles()-files)
	if perSource > 24<<10 {
		t.Errorf("a source takes %d bytes", perSource)
	}
	if used-opened > 64<<20 {
		t.Errorf("making batches takes %d bytes", used-opened)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := openFiles(); n > files {
		t.Errorf("%d open files after closing, %d before", n, files)
	}
}

// heap returns the bytes in use.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// openFiles returns the number of open files, 0 where that is not known.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
