package cli

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/internal/s3test"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/bucket"
)

// TestIngestToStore_KilledEqualsUninterrupted kills the ingestion into an S3 server that refuses
// every third request, and into one that is slow. The stored dataset must equal that of an
// uninterrupted ingestion into a folder.
func TestIngestToStore_KilledEqualsUninterrupted(t *testing.T) {
	t.Run("refusing", func(t *testing.T) { killIntoStore(t, 3, 0) })
	t.Run("slow", func(t *testing.T) { killIntoStore(t, 0, 100*time.Millisecond) })
}

func killIntoStore(t *testing.T, refuse int, delay time.Duration) {
	dir, server := t.TempDir(), s3test.New(t)
	t.Setenv(shards.WorkVariable, filepath.Join(dir, "work"))
	server.Set(func(s *s3test.Server) { s.Refuse, s.Delay = refuse, delay })
	save(t, filepath.Join(dir, "a.tar"), tarOf(400))
	ingest := func(ctx context.Context, to string) error {
		said, err := command(ctx, dir, "-q", "ingest", "webdataset", "a.tar", "--part-bytes", "9000", "--to", to).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
		return nil
	}
	if err := ingest(t.Context(), "whole"); err != nil {
		t.Fatal(err)
	}
	prefix, rng := "bucket/some/data", random.New(uint64(time.Now().UnixNano()))
	url, killed := server.URL(prefix), 0
	for killed < kills() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration((0.2+rng.Float64())*float64(time.Second)))
		ingest(ctx, url)
		cancel()
		committed := slices.Contains(server.Objects(), prefix+"/"+shards.ManifestName)
		if work, err := shards.WorkFolder(url); err != nil {
			t.Fatal(err)
		} else if committed && len(names(t, work, shards.JournalName)) == 0 { // begin again
			prefix += "+"
			url = server.URL(prefix)
			continue
		}
		killed++
		if !committed {
			continue
		}
		problems, err := bucket.Stores().Verify(t.Context(), url, true)
		if err != nil || slices.ContainsFunc(problems, func(p shards.Problem) bool { return p.Kind != shards.BadJournal }) {
			t.Errorf("committed by a killed run: %v, %v", problems, err)
		}
	}
	if err := ingest(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Logf("killed %d times, %+v", killed, server.Counts())
	if problems, err := bucket.Stores().Verify(t.Context(), url, true); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	if _, err := bucket.Stores().Copy(t.Context(), url, filepath.Join(dir, "back"), shards.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	sameDatasets(t, filepath.Join(dir, "whole"), filepath.Join(dir, "back"))
}

// intoStore is an ingestion of many small parts into a server, from machines that each have their
// own work folder.
type intoStore struct {
	*testing.T
	dir, url string
	args     []string
	server   *s3test.Server
	takes    atomic.Bool // accept every part
}

// ingestIntoStore returns an ingestion whose server accepts a part if takes returns true, until
// i.takes is set.
func ingestIntoStore(t *testing.T, takes func(part string) bool) *intoStore {
	i := &intoStore{T: t, dir: t.TempDir(), server: s3test.New(t)}
	i.url = i.server.URL("bucket/d")
	save(t, filepath.Join(i.dir, "a.tar"), tarOf(400))
	i.args = []string{"-q", "ingest", "webdataset", "a.tar", "--part-bytes", "9000", "--json", "--to"}
	i.server.Set(func(s *s3test.Server) {
		s.Write = func(object string) bool {
			part := filepath.Base(object)
			return i.takes.Load() || !strings.HasPrefix(part, "part-") || takes(part)
		}
	})
	return i
}

// on returns the ingest command as run on a machine.
func (i *intoStore) on(machine string, more ...string) *exec.Cmd {
	c := command(i.Context(), i.dir, append(append(slices.Clone(i.args), i.url), more...)...)
	c.Env = append(c.Env, shards.WorkVariable+"="+filepath.Join(i.dir, machine))
	return c
}

// made returns the parts in the work folder of a machine.
func (i *intoStore) made(machine string) []string {
	return names(i.T, filepath.Join(i.dir, machine, "*"), "part-*")
}

// committed reports whether the server has a dataset.
func (i *intoStore) committed() bool {
	return slices.Contains(i.server.Objects(), "bucket/d/"+shards.ManifestName)
}

// resume runs the command again on a machine, and compares the dataset with that of an
// uninterrupted run.
func (i *intoStore) resume(machine string) {
	i.Helper()
	i.takes.Store(true)
	if out, err := i.on(machine).CombinedOutput(); err != nil {
		i.Fatalf("%v: %s", err, out)
	}
	if left := i.made(machine); len(left) > 0 {
		i.Errorf("%v stay on this machine", left)
	}
	mustRun(i.T, i.dir, append(slices.Clone(i.args), "whole")...)
	mustRun(i.T, i.dir, "-q", "shards", "copy", i.url, "back")
	sameDatasets(i.T, filepath.Join(i.dir, "whole"), filepath.Join(i.dir, "back"))
}

// TestIngestToStore_ResumesAfterRefusedPart refuses the third part in the first run: one error
// names it, and the next run resumes.
func TestIngestToStore_ResumesAfterRefusedPart(t *testing.T) {
	i := ingestIntoStore(t, func(part string) bool { return part != "part-00002.parquet" })
	out, err := i.on("here").CombinedOutput()
	if said := string(out); err == nil || strings.Count(said, "moving ") != 1 || !strings.Contains(said, "part-00002.parquet to s3://") || !strings.Contains(said, "AccessDenied") {
		t.Errorf("%v: %s", err, out)
	}
	if waiting := i.made("here"); i.committed() || !slices.Contains(waiting, "part-00002.parquet") {
		t.Errorf("%v wait to be sent", waiting)
	}
	i.resume("here")
}

// TestIngestToStore_ResumesPendingUploads kills an ingestion when the maximum number of parts wait
// for upload and none has been uploaded.
func TestIngestToStore_ResumesPendingUploads(t *testing.T) {
	killed := make(chan bool)
	release := sync.OnceFunc(func() { close(killed) })
	defer release()
	i := ingestIntoStore(t, func(string) bool { <-killed; return false })
	c := i.on("here")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); len(i.made("here")) < 3; {
		if time.Sleep(5 * time.Millisecond); time.Since(began) > time.Minute {
			t.Fatal("no three parts are made")
		}
	}
	time.Sleep(100 * time.Millisecond)
	c.Process.Kill()
	c.Wait()
	release()
	if waiting, there := i.made("here"), i.server.Objects(); len(waiting) != 3 || len(there) > 0 {
		t.Errorf("%v wait to be sent, %v are there", waiting, there)
	}
	i.resume("here")
}

// TestIngestToStore_OnAnotherMachine interrupts an ingestion and runs it on another machine, which
// does not have its journal. No row is repeated or lost, and a run that cannot resume asks for
// --fresh.
func TestIngestToStore_OnAnotherMachine(t *testing.T) {
	i := ingestIntoStore(t, func(part string) bool { return part != "part-00003.parquet" })
	mustFail := func(machine, says string) {
		t.Helper()
		before := i.server.Objects()
		for range 2 { // the error repeats
			if out, err := i.on(machine).CombinedOutput(); err == nil || !strings.Contains(string(out), says) {
				t.Errorf("%s: %v: %s", machine, err, out)
			}
		}
		if after := i.server.Objects(); len(before) > 0 && !slices.Equal(before, after) {
			t.Errorf("%v were there, now %v", before, after)
		}
	}
	adds := func(want string, c *exec.Cmd) {
		t.Helper()
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, want %s: %s", err, want, out)
		}
	}
	mustFail("here", "part-00003.parquet")
	i.takes.Store(true)
	mustFail("there", "use --fresh to start over")
	adds(`"rows": `, i.on("there", "--fresh"))
	mustFail("here", "another command committed to this dataset")
	adds(`"rows": 0`, i.on("here", "--fresh"))
	adds(`"rows": 0`, i.on("third")) // the old parts belong to no run
	mustRun(t, i.dir, append(slices.Clone(i.args), "whole")...)
	mustRun(t, i.dir, "-q", "shards", "copy", i.url, "back")
	x, y := readAll(t, filepath.Join(i.dir, "whole")), readAll(t, filepath.Join(i.dir, "back"))
	if diff := cmp.Diff(x.Samples, y.Samples); diff != "" || !slices.Equal(x.Rejects, y.Rejects) {
		t.Errorf("%d rejects and %d; the rows (-whole +from elsewhere):\n%.2000s", len(x.Rejects), len(y.Rejects), diff)
	}
}

// storable makes a dataset of many parts that consists mostly of image bytes.
func storable(t *testing.T, dir string) string {
	t.Helper()
	w, err := shards.Create(filepath.Join(dir, "data"), shards.Limits{PartBytes: 1 << 20, GroupBytes: 1 << 19})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.AppendAll(func(yield func(shards.Sample, error) bool) {
		for i := range 400 {
			s := shards.Sample{Key: fmt.Sprint(i), Images: []shards.Image{{Bytes: big(i), Format: "png"}}, Texts: []shards.Text{{Kind: shards.Caption, Value: fmt.Sprint("image ", i)}}}
			if !yield(s, nil) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	w.Reject(shards.Reject{Origin: "a", Reason: "bad"})
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// TestCopy_ResumesAfterKill kills a copy to a slow server: no uploaded file is sent again, and the
// manifest is sent last.
func TestCopy_ResumesAfterKill(t *testing.T) {
	dir, server := t.TempDir(), s3test.New(t)
	data, url := storable(t, dir), server.URL("bucket/copied")
	server.Set(func(s *s3test.Server) { s.Delay = 50 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	slow := command(ctx, dir, "-q", "shards", "copy", data, url, "--files", "2")
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	for len(server.Objects()) < 5 {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	slow.Wait()
	time.Sleep(100 * time.Millisecond) // for requests in progress
	there := server.Objects()
	if slices.Contains(there, "bucket/copied/"+shards.ManifestName) {
		t.Fatal("the manifest was there before the parts")
	}
	server.Counts()
	out, err := command(t.Context(), dir, "-q", "shards", "copy", data, url, "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var copied shards.Copied
	if err := json.Unmarshal(out, &copied); err != nil || copied.There != len(there) || copied.Files < 10 {
		t.Errorf("%d files were there, the copy says %+v, %v", len(there), copied, err)
	}
	if c := server.Counts(); c.Puts != copied.Files+1 {
		t.Errorf("%d files and the manifest in %d uploads", copied.Files, c.Puts)
	}
	mustRun(t, dir, "shards", "copy", url, "back")
	sameStored(t, data, filepath.Join(dir, "back"))
}

// sameStored compares datasets with undecodable images, such as those of storable.
func sameStored(t *testing.T, a, b string) {
	t.Helper()
	x, y := readAll(t, a), readAll(t, b)
	if len(x.Samples) == 0 || fmt.Sprint(x) != fmt.Sprint(y) {
		t.Errorf("%d rows of %s, %d rows of %s, or they differ", len(x.Samples), a, len(y.Samples), b)
	}
}

// TestRead_TextsWithoutImageBytes counts the bytes that a server sends when the texts of a dataset
// are read.
func TestRead_TextsWithoutImageBytes(t *testing.T) {
	dir, server := t.TempDir(), s3test.New(t)
	data, url := storable(t, dir), server.URL("bucket/d")
	mustRun(t, dir, "shards", "copy", data, url)
	server.Put("bucket/d/by-others.txt", nil)
	server.Counts()
	for _, c := range []struct {
		args []string
		most int64 // bytes of 20 MB
		gets int
		says string
	}{
		{[]string{"stat", url}, 100_000, 1, "images     400"},
		{[]string{"cat", url, "--columns", "key,texts"}, 1_500_000, 120, "image 399"},
		{[]string{"get", url, "key=217"}, 1_500_000, 12, "image 217"},
		{[]string{"sample", url, "-n", "3"}, 3_000_000, 25, "image"},
	} {
		out, err := command(t.Context(), dir, append([]string{"-q", "shards"}, c.args...)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.says) {
			t.Errorf("%v: %v: %.300s", c.args, err, out)
		}
		if counts := server.Counts(); counts.Served > c.most || counts.Gets > c.gets {
			t.Errorf("%s: %d bytes served in %d answers, want no more than %d in %d", c.args[0], counts.Served, counts.Gets, c.most, c.gets)
		} else {
			t.Logf("%s: %+v", c.args[0], counts)
		}
	}
}

// TestIngestFromStore_EqualsFolder ingests archives and tables from an S3 server that refuses some
// requests and truncates some responses. The dataset must equal that of the same files in a folder.
func TestIngestFromStore_EqualsFolder(t *testing.T) {
	for _, name := range []string{"webdataset", "warc", "arrow", "tfrecord", "mds", "table", "parquet"} {
		t.Run(name, func(t *testing.T) {
			dir, server := t.TempDir(), s3test.New(t)
			server.Set(func(s *s3test.Server) { s.Refuse, s.Cut = 11, 7 })
			var args []string
			switch name {
			case "table":
				save(t, filepath.Join(dir, "t.jsonl"), []byte("{\"alt\": \"one\"}\n{broken\n{\"alt\": \"two\"}\n"))
				args = []string{"table", "t.jsonl", "--text-column", "alt"}
			case "parquet":
				save(t, filepath.Join(dir, "t.parquet"), birds(t))
				args = []string{"table", "t.parquet", "--image-column", "image", "--text-column", "caption"}
			default:
				args = killable[name](t, dir)
			}
			ingest := func(to string, args ...string) {
				mustRun(t, dir, append([]string{"-q", "ingest"}, append(args, "--part-bytes", "20000", "--to", to)...)...)
			}
			ingest("local", args...)
			stored := slices.Clone(args)
			stored[1] = server.URL("bucket/in/" + args[1])
			if err := filepath.WalkDir(filepath.Join(dir, args[1]), func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				below, err := filepath.Rel(dir, path)
				server.Put("bucket/in/"+filepath.ToSlash(below), content)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			ingest("remote", stored...)
			x, y := readAll(t, filepath.Join(dir, "local")), readAll(t, filepath.Join(dir, "remote"))
			if len(x.Samples) == 0 || len(x.Rejects) != len(y.Rejects) || fmt.Sprint(x.Samples) != fmt.Sprint(y.Samples) || fmt.Sprint(x.Totals) != fmt.Sprint(y.Totals) {
				t.Errorf("%d rows and %d rejects of files, %d and %d of objects, or they differ", len(x.Samples), len(x.Rejects), len(y.Samples), len(y.Rejects))
			}
		})
	}
}

// TestIngestFromStore_ResumesAfterServerFailure stops the server in the middle of an archive: the
// run fails without rejects, and resumes once the server is back.
func TestIngestFromStore_ResumesAfterServerFailure(t *testing.T) {
	dir, server := t.TempDir(), s3test.New(t)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for i := range 600 {
		content := big(i)
		w.WriteHeader(&tar.Header{Name: fmt.Sprint(i, ".png"), Mode: 0o644, Size: int64(len(content))})
		w.Write(content)
	}
	w.Close()
	server.Put("bucket/a.tar", archive.Bytes())
	server.Set(func(s *s3test.Server) { s.Gone = 5 })
	args := []string{"-q", "ingest", "webdataset", server.URL("bucket/a.tar"), "--to", "d", "--json"}
	out, err := command(t.Context(), dir, args...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "temporarily unavailable") {
		t.Errorf("without its server: %v: %s", err, out)
	}
	server.Set(func(s *s3test.Server) { s.Gone = 0 })
	if out, err := command(t.Context(), dir, args...).Output(); err != nil || !strings.Contains(string(out), `"rows": 600`) || !strings.Contains(string(out), `"rejected": 0`) {
		t.Errorf("when it is back: %v: %s", err, out)
	}
}
