package mixture

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/random"
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

// coins are rows of which a random half is in the split train. A scan takes no time but that of
// the stream.
type coins int

func (n coins) Len() int { return int(n) }

func (n coins) Row(i int) (shards.Sample, error) { return coin(i), nil }

func (n coins) Scan() iter.Seq2[*shards.Sample, error] {
	return func(yield func(*shards.Sample, error) bool) {
		var samples [2]shards.Sample
		for i := range samples {
			samples[i] = coin(0)
			samples[i].Split = []string{"train", "test"}[i]
		}
		for i := range int(n) {
			if !yield(&samples[random.Key(1, uint64(i))%2], nil) {
				return
			}
		}
	}
}

func coin(i int) shards.Sample {
	return shards.Sample{
		Key: fmt.Sprint(i), Split: []string{"train", "test"}[random.Key(1, uint64(i))%2],
		Texts: []shards.Text{{Kind: shards.Alt, Language: "en", Value: fmt.Sprint("a text of row ", i)}},
	}
}

// BenchmarkOpenRows opens recipes on a program's own rows, of which a task uses a random half: what
// is kept is the set of these rows alone. To run the largest:
//
//	go test -run '^$' -bench 'OpenRows/rows=1e8' -benchtime 1x -timeout 1h ./mixture
func BenchmarkOpenRows(b *testing.B) {
	for _, rows := range []int{1e6, 1e7, 1e8} {
		b.Run(fmt.Sprintf("rows=1e%d", len(strconv.Itoa(rows))-1), func(b *testing.B) {
			r := recipe(b)
			r.Data, r.Registry = "coins://", Builtin()
			r.Registry.Rows = map[string]OpenRows{"coins": func(context.Context, string) (Rows, error) { return coins(rows), nil }}
			r.Tasks = []Task{{Name: "half", Kind: "denoise", Weight: 1, Split: "train"}}
			for b.Loop() {
				debug.FreeOSMemory()
				before, rss, began := heap(), resident("VmRSS"), time.Now()
				s, err := Open(r, Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(began).Seconds(), "s-to-open")
				b.ReportMetric(float64(heap()-before)/(1<<20), "MiB-kept")
				b.ReportMetric(float64(s.tasks[0].source.rows.bytes())/(1<<20), "MiB-of-rows")
				b.ReportMetric(float64(resident("VmHWM")-rss)/1024, "MiB-peak-RSS")
				began = time.Now()
				batch(b, s, 10_000_000)
				b.ReportMetric(1e3*time.Since(began).Seconds(), "ms-to-step-1e7")
				s.Close()
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
