package mixture

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/shards"
)

// BenchmarkOpen opens recipes on datasets of many rows, of which a task uses all or every second,
// and measures time, memory, and seeking to a far step. To run the largest:
//
//	go test -run '^$' -bench 'Open/rows=1e7' -benchtime 1x -timeout 1h ./mixture
func BenchmarkOpen(b *testing.B) {
	for _, rows := range []int{1e6, 1e7} {
		b.Run(fmt.Sprintf("rows=1e%d", len(strconv.Itoa(rows))-1), func(b *testing.B) {
			r := recipe(b)
			r.Data = manyRows(b, rows)
			for name, splits := range map[string][]string{"all": {"all"}, "half": {"train"}, "4-tasks": {"train", "all", "test", "train"}} {
				b.Run(name, func(b *testing.B) { benchmarkOpen(b, r, splits) })
			}
		})
	}
}

func benchmarkOpen(b *testing.B, r Recipe, splits []string) {
	r.Tasks = nil
	for i, split := range splits {
		r.Tasks = append(r.Tasks, Task{Name: fmt.Sprint(i), Kind: "denoise", Weight: 1, Split: split})
	}
	for b.Loop() {
		debug.FreeOSMemory()
		os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak is counted from here
		before, rss, began := heap(), resident("VmRSS"), time.Now()
		s, err := Open(r, Options{Workers: 2})
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		peak := resident("VmHWM")
		kept := heap() - before
		began = time.Now()
		batch(b, s, 10_000_000)
		seek := time.Since(began)
		b.ReportMetric(took.Seconds(), "s-to-open")
		b.ReportMetric(float64(kept)/(1<<20), "MiB-kept")
		b.ReportMetric(float64(peak-rss)/1024, "MiB-peak-RSS")
		b.ReportMetric(float64(s.Dataset(r.Data).Reads().Bytes)/(1<<20), "MiB-read")
		b.ReportMetric(1e3*seek.Seconds(), "ms-to-step-1e7")
		s.Close()
	}
}

// manyRows writes a dataset of short texts, of which every second is in the split train.
func manyRows(b *testing.B, rows int) string {
	dir := filepath.Join(b.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		if err := w.Append(shards.Sample{
			Key: fmt.Sprintf("%09d", i), Split: []string{"train", "test"}[i%2],
			Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: fmt.Sprint("a text of row ", i)}},
		}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		b.Fatal(err)
	}
	return dir
}

// resident returns a value of /proc/self/status in KiB, 0 where there is none.
func resident(name string) int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), name+":")
	kib, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return kib
}
