package bucket

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/s3test"
	"github.com/pali3/pali3/shards"
)

// slowServer is a server that calls write before it takes a part.
func slowServer(t *testing.T, write func(part string) bool) *s3test.Server {
	t.Setenv(shards.WorkVariable, t.TempDir())
	server := s3test.New(t)
	server.Write = func(object string) bool {
		return !strings.Contains(object, "/part-") || write(filepath.Base(object))
	}
	return server
}

// create begins a dataset of parts of eight rows.
func create(t *testing.T, name string) *shards.Writer {
	t.Helper()
	w, err := Stores().Create(t.Context(), name, shards.Limits{PartBytes: 10 * 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Abort)
	return w
}

// session begins a dataset of parts of eight rows that can be resumed.
func session(t *testing.T, name string) *shards.Session {
	t.Helper()
	s, err := Stores().OpenSession(t.Context(), name, shards.Limits{PartBytes: 10 * 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Abort)
	return s
}

// row is an eighth of a part.
func row(i int) shards.Sample {
	return shards.Sample{Key: fmt.Sprint(i), Texts: []shards.Text{{Value: strings.Repeat("x", 1000)}}}
}

// addPart appends rows until a part is full, and ends it.
func addPart(w *shards.Writer, first int, pause time.Duration) error {
	for i := 0; !w.PartFull(); i++ {
		if err := w.Append(row(first + i)); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	_, _, err := w.EndPart()
	return err
}

// made returns the parts that are on this machine.
func made(t *testing.T, name string) []string {
	t.Helper()
	work, err := shards.WorkFolder(name)
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(work, "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestPartsMoveBesideTheNext delays the upload of every part: rows are written meanwhile, up to the
// third part, which waits.
func TestPartsMoveBesideTheNext(t *testing.T) {
	open := make(chan bool)
	release := sync.OnceFunc(func() { close(open) })
	defer release()
	server := slowServer(t, func(string) bool { <-open; return true })
	url := server.URL("bucket/d")
	w := create(t, url)
	for part := range 2 {
		if err := addPart(w, 100*part, 0); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		if err := w.Append(row(200 + i)); err != nil {
			t.Fatal(err)
		}
	}
	if there := server.Objects(); len(there) > 0 {
		t.Errorf("%v are there though the server takes nothing", there)
	}
	third := make(chan error)
	go func() { third <- addPart(w, 205, 0) }()
	select {
	case err := <-third:
		t.Error("a third part does not wait for the others:", err)
	case <-time.After(200 * time.Millisecond):
	}
	if n := len(made(t, url)); n != 3 {
		t.Errorf("%d parts are on this machine", n)
	}
	release()
	if err := <-third; err != nil {
		t.Fatal(err)
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	if left := made(t, url); len(left) > 0 {
		t.Errorf("%v stay on this machine", left)
	}
	if problems, err := Stores().Verify(t.Context(), url, true); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestManifestWaitsForParts holds the last part on its way: there is no dataset before it has
// arrived.
func TestManifestWaitsForParts(t *testing.T) {
	open := make(chan bool)
	release := sync.OnceFunc(func() { close(open) })
	defer release()
	server := slowServer(t, func(string) bool { <-open; return true })
	url := server.URL("bucket/d")
	w := create(t, url)
	if err := w.Append(row(0)); err != nil {
		t.Fatal(err)
	}
	w.Reject(shards.Reject{Origin: "a", Reason: "bad"})
	committed := make(chan error)
	go func() { committed <- w.Commit("test") }()
	select {
	case err := <-committed:
		t.Error("the commit does not wait:", err)
	case <-time.After(200 * time.Millisecond):
	}
	if there := server.Objects(); len(there) > 0 {
		t.Errorf("%v are there before the part", there)
	}
	release()
	if err := <-committed; err != nil {
		t.Error(err)
	}
	if there := server.Objects(); len(there) != 3 {
		t.Errorf("%v are there", there)
	}
}

// TestTimeIntoASlowStore writes eight parts as slowly as the store takes them: together it is about
// the time of one of the two.
func TestTimeIntoASlowStore(t *testing.T) {
	const parts, pause = 8, 40 * time.Millisecond
	var moving atomic.Int64
	server := slowServer(t, func(string) bool {
		began := time.Now()
		time.Sleep(8 * pause)
		moving.Add(int64(time.Since(began)))
		return true
	})
	write := func(to string) time.Duration {
		began := time.Now()
		w := create(t, to)
		for part := range parts {
			if err := addPart(w, 100*part, pause); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit("test"); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	alone, both := write(filepath.Join(t.TempDir(), "d")), write(server.URL("bucket/d"))
	moved := time.Duration(moving.Load())
	t.Logf("%s to write, %s to move, %s for both", alone, moved, both)
	if both > max(alone, moved)*3/2 {
		t.Errorf("%s for what takes %s to write and %s to move", both, alone, moved)
	}
}

// TestPartThatNeverArrives refuses a part for good: the next rows say so, and name it.
func TestPartThatNeverArrives(t *testing.T) {
	server := slowServer(t, func(part string) bool { return part != "part-00001.parquet" })
	url := server.URL("bucket/d")
	w := create(t, url)
	var err error
	for began, i := time.Now(), 0; err == nil && time.Since(began) < time.Minute; i++ {
		if err = w.Append(row(i)); err == nil && i < 25 && w.PartFull() {
			_, _, err = w.EndPart()
		}
		time.Sleep(time.Millisecond)
	}
	if err == nil || strings.Count(err.Error(), "moving ") != 1 || !strings.Contains(err.Error(), "part-00001.parquet to "+url) {
		t.Errorf("the error of the next row: %v", err)
	}
	if _, _, again := w.EndPart(); again != err {
		t.Errorf("then %v", again)
	}
	if again := w.Commit("test"); again != err {
		t.Errorf("and %v", again)
	}
	w.Abort()
	if left := made(t, url); len(left) > 0 {
		t.Errorf("no command will send %v", left)
	}
	if there := server.Objects(); slices.Contains(there, "bucket/d/"+shards.ManifestName) {
		t.Error(there)
	}
}

// TestResumeSendsWhatHadNotArrived ends a writer while its parts are on their way, and looks what
// the next one makes of them.
func TestResumeSendsWhatHadNotArrived(t *testing.T) {
	for _, lost := range []bool{false, true} {
		var takes atomic.Bool
		ended := make(chan bool)
		release := sync.OnceFunc(func() { close(ended) })
		defer release()
		server := slowServer(t, func(string) bool { <-ended; return takes.Load() })
		url := server.URL("bucket/d")
		w := session(t, url)
		if err := w.Spool("a", nil); err != nil {
			t.Fatal(err)
		}
		var parts []shards.File
		for part := range 2 {
			for i := range 10 {
				if err := w.Append(row(10*part + i)); err != nil {
					t.Fatal(err)
				}
			}
			f, _, err := w.EndPart()
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, f)
		}
		stat := w.Stat()
		release()
		w.Abort()
		if left := made(t, url); len(left) != 2 {
			t.Fatalf("%v are on this machine", left)
		}
		if lost {
			os.Remove(made(t, url)[1])
		}
		takes.Store(true)
		again := session(t, url)
		err := again.Resume(parts, stat, 0)
		if lost {
			if err == nil || !strings.Contains(err.Error(), "part-00001.parquet is neither there") {
				t.Error(err)
			}
			continue
		}
		if err != nil || again.NextPart() != "part-00002.parquet" {
			t.Fatal(err, again.NextPart())
		}
		if err := again.Commit("test"); err != nil {
			t.Fatal(err)
		}
		if problems, err := Stores().Verify(t.Context(), url, true); err != nil || len(problems) > 0 || again.Stat().Rows != 20 {
			t.Error(problems, err, again.Stat())
		}
		if left := made(t, url); len(left) > 0 {
			t.Errorf("%v stay on this machine", left)
		}
	}
}

// TestManifestThatArrivesLate: a process that was killed had sent its manifest, and the store takes
// it while the next process does the rest of that work again.
func TestManifestThatArrivesLate(t *testing.T) {
	url := s3test.New(t).URL("bucket/d")
	commit := func(w interface {
		Append(shards.Sample) error
		Commit(command string, sources ...string) error
	}, value string) error {
		if err := w.Append(shards.Sample{Key: "a", Texts: []shards.Text{{Value: value}}}); err != nil {
			t.Fatal(err)
		}
		return w.Commit("test")
	}
	killed, again, other := create(t, url), create(t, url), session(t, url)
	if err := commit(killed, "x"); err != nil {
		t.Fatal(err)
	}
	if err := commit(again, "x"); err != nil {
		t.Error(err)
	}
	if err := other.UsePart("part-00001.parquet"); err != nil {
		t.Fatal(err)
	}
	if err := commit(other, "y"); err == nil || !strings.Contains(err.Error(), "another writer has changed it meanwhile") {
		t.Error(err)
	}
	d, err := Stores().Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Len() != 1 {
		t.Errorf("%d rows", d.Len())
	}
}

// TestCommitOfAnotherWithTheSameCounts adds only rejects: that two commits have equally many does
// not make one of them the other.
func TestCommitOfAnotherWithTheSameCounts(t *testing.T) {
	url := s3test.New(t).URL("bucket/d")
	first, second := create(t, url), create(t, url)
	for i, w := range []*shards.Writer{first, second} {
		w.Reject(shards.Reject{Origin: fmt.Sprint("record ", i), Reason: "bad"})
	}
	if err := first.Commit("test"); err != nil {
		t.Fatal(err)
	}
	if err := second.Commit("test"); err == nil || !strings.Contains(err.Error(), "another writer has changed it meanwhile") {
		t.Error(err)
	}
}
