package shards

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func longReject(i int) Reject {
	return Reject{Origin: fmt.Sprint("row ", i), Key: fmt.Sprint(i), Reason: "bad", Detail: strings.Repeat("what was wrong ", 40)}
}

// TestManyRejectsStayOnDisk gives two writers 150,000 rejects of 700 bytes each, and looks at what
// they hold.
func TestManyRejectsStayOnDisk(t *testing.T) {
	const each, limit = 150_000, 48 << 20 // of 100 MB
	dir := t.TempDir()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for from := 0; from < 2*each; from += each {
		w, err := Create(dir, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i := from; i < from+each; i++ {
			w.Reject(longReject(i))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > limit/4 {
			t.Errorf("%d rejects take %d MiB", each, held>>20)
		}
		if err := w.Commit("test"); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if groups := d.Manifest().Rejects.RowGroups; len(groups) < 40 {
		t.Errorf("%d row groups, each of which a reader holds", len(groups))
	}
	i := 0
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		if r != longReject(i) {
			t.Fatalf("reject %d is %+v", i, r)
		}
		if i++; i%50_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > limit {
				t.Errorf("reading %d rejects takes %d MiB", i, held>>20)
			}
		}
	}
	if i != 2*each {
		t.Errorf("%d rejects", i)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

// TestKilledBetweenRejectsAndManifest stops a writer when it has replaced rejects.parquet and not
// yet the manifest.
func TestKilledBetweenRejectsAndManifest(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 10, Limits{})
	for range 2 {
		w, err := Create(dir, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		w.Reject(Reject{Origin: "new"})
		if err := w.commitRejects(); err != nil {
			t.Fatal(err)
		}
		if got := origins(t, dir); !slices.Equal(got, []string{"row 0"}) {
			t.Errorf("rejects of %v before the commit", got)
		}
	}
	w, err := Create(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w.Reject(Reject{Origin: "new"})
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	if got := origins(t, dir); !slices.Equal(got, []string{"row 0", "new"}) {
		t.Errorf("rejects of %v", got)
	}
}

func origins(t *testing.T, dir string) (all []string) {
	t.Helper()
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Origin)
	}
	return all
}

func TestRejectsGoOnWhereAJournalSays(t *testing.T) {
	dir := t.TempDir()
	w, err := OpenSession(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Spool("0", nil); err != nil {
		t.Fatal(err)
	}
	w.Reject(Reject{Origin: "first"})
	size, err := w.SyncRejects()
	if err != nil {
		t.Fatal(err)
	}
	w.Reject(Reject{Origin: "not in the journal"})
	w.Abort()
	if w, err = OpenSession(dir, Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Resume(nil, Stat{Rejected: 1}, size); err != nil {
		t.Fatal(err)
	}
	w.Reject(Reject{Origin: "second"})
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	if got := origins(t, dir); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("rejects of %v", got)
	}
	if w, err = OpenSession(dir, Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, RejectsSpoolName), []byte("short"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Resume(nil, Stat{}, size); err == nil || !strings.Contains(err.Error(), "its journal says") {
		t.Errorf("a file cut short: %v", err)
	}
}
