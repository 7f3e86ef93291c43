package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/internal/hostile"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/bucket"
)

// kills is how often each source is killed: PALI3_KILLS, or a default.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("PALI3_KILLS")); err == nil {
		return n
	}
	return 2
}

// killable makes a source of many good and bad records in dir, and returns the arguments that
// ingest it.
var killable = map[string]func(t *testing.T, dir string) []string{
	"folder": func(t *testing.T, dir string) []string {
		for i := range 400 {
			name := filepath.Join(dir, "f", fmt.Sprintf("%03d.png", i))
			save(t, name, damaged(i))
			save(t, strings.TrimSuffix(name, ".png")+".txt", fmt.Appendf(nil, "image %d", i))
			if i%20 == 0 { // left-out images are also counted once
				save(t, filepath.Join(dir, "f", fmt.Sprintf("%03d", i), "orphan.txt"), []byte("about nothing"))
				save(t, filepath.Join(dir, "f", fmt.Sprintf("%03d", i), "metadata.csv"), []byte("file_name,text\nnowhere.png,x\n"))
			}
		}
		return []string{"folder", "f"}
	},
	"table": func(t *testing.T, dir string) []string {
		var b strings.Builder
		b.WriteString("file,text\n")
		for i := range 900 {
			fmt.Fprintf(&b, "%d.png,text %d\n", i%300, i)
		}
		for i := range 290 {
			save(t, filepath.Join(dir, fmt.Sprint(i, ".png")), hostile.Image(fmt.Sprint(i)))
		}
		save(t, filepath.Join(dir, "t.csv"), []byte(b.String()))
		return []string{"table", "t.csv", "--image-column", "file", "--text-column", "text"}
	},
	"urls": func(t *testing.T, dir string) []string {
		server := httptest.NewServer(&hostile.Server{Robots: hostile.Forbidden})
		t.Cleanup(server.Close)
		t.Cleanup(server.CloseClientConnections)
		var b strings.Builder
		b.WriteString("url,text\n")
		kinds := slices.Sorted(maps.Keys(hostile.Kinds))
		kinds = append(slices.DeleteFunc(kinds, func(k string) bool { return k == "loris" }), kinds...) // few that wait
		for i := range 200 {
			kind := "ok"
			if i%4 == 0 {
				kind = kinds[i/4%len(kinds)]
			}
			fmt.Fprintf(&b, "%s/%s/%d,text %d\n", server.URL, kind, i, i)
		}
		save(t, filepath.Join(dir, "list.csv"), []byte(b.String()))
		return []string{"urls", "list.csv", "--url-column", "url", "--text-column", "text", "--allow-net", "127.0.0.0/8",
			"--timeout", "1s", "--retries", "2", "--per-host", "32", "--max-bytes", "1000000"}
	},
	"html": func(t *testing.T, dir string) []string {
		for i := range 60 {
			save(t, filepath.Join(dir, "h", fmt.Sprintf("%d.html", i)), []byte(pageOf(i)))
			for j := range 5 {
				save(t, filepath.Join(dir, "h", fmt.Sprintf("%d.png", 6*i+j)), hostile.Image(fmt.Sprint(6*i+j)))
			}
		}
		return []string{"html", "h"}
	},
	"warc": func(t *testing.T, dir string) []string {
		save(t, filepath.Join(dir, "a.warc.gz"), crawlOf(100))
		return []string{"warc", "a.warc.gz"}
	},
	"webdataset": func(t *testing.T, dir string) []string {
		save(t, filepath.Join(dir, "a.tar"), tarOf(400))
		return []string{"webdataset", "a.tar"}
	},
	"pdf": func(t *testing.T, dir string) []string {
		for i := range 60 {
			name := []string{"report.pdf", "languages.pdf", "locked.pdf", "readable.pdf"}[i%4]
			content, err := os.ReadFile(filepath.Join("../ingest/internal/pdf/testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			if i%10 == 7 {
				content = content[:len(content)/3]
			}
			save(t, filepath.Join(dir, "d", fmt.Sprintf("%02d.pdf", i)), content)
		}
		return []string{"pdf", "d", "--words", "--side", "400"}
	},
	"arrow":     killableArrow,
	"tfrecord":  killableTFRecord,
	"mds":       killableMDS,
	"benchmark": killableBenchmark,
	"hf":        killableHub,
}

// crawlOf is a WARC file of pages with all but one image of each.
func crawlOf(pages int) []byte {
	var b bytes.Buffer
	record := func(uri, kind, body string) {
		block := "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n\r\n" + body
		w := gzip.NewWriter(&b)
		fmt.Fprintf(w, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/%s\r\nWARC-Date: 2024-02-03T04:05:06Z\r\n"+
			"Content-Type: application/http\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", uri, len(block), block)
		w.Close()
	}
	for i := range pages {
		record(fmt.Sprint(i), "text/html", pageOf(i))
		for j := range 5 {
			record(fmt.Sprint(6*i+j, ".png"), "image/png", string(hostile.Image(fmt.Sprint(6*i+j))))
		}
	}
	return b.Bytes()
}

// tarOf is a WebDataset archive with repeated names and truncated images.
func tarOf(n int) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range n {
		for name, content := range map[string][]byte{"png": damaged(i), "txt": fmt.Appendf(nil, "text %d", i)} {
			w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d.%s", i/2*2, name), Mode: 0o644, Size: int64(len(content))})
			w.Write(content)
		}
	}
	w.Close()
	return b.Bytes()
}

// pageOf is a page with six images, the last of which does not exist.
func pageOf(i int) string {
	page := fmt.Sprintf("<html lang=en><title>page %d</title>", i)
	for j := range 6 {
		page += fmt.Sprintf("<p><img src=%d.png alt='image %d'>", 6*i+j, j)
	}
	return page
}

func save(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestIngest_KilledEqualsUninterrupted kills the ingestion of each source with SIGKILL at random
// moments until it completes. Its dataset must equal that of an uninterrupted run, except for
// times.
func TestIngest_KilledEqualsUninterrupted(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(killable)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := append([]string{"-q", "ingest"}, killable[name](t, dir)...)
			args = append(args, "--part-bytes", "100000", "--json")
			ingest := func(ctx context.Context, to string) ([]byte, error) {
				c := command(ctx, dir, append(args, "--to", to)...)
				c.Env = append(c.Env, cached(dir, to))
				return c.Output()
			}
			began := time.Now()
			out, err := ingest(t.Context(), "whole")
			if err != nil {
				t.Fatalf("%v: %v", args, err)
			}
			whole := time.Since(began)
			rng := random.New(uint64(began.UnixNano()))
			killed := 0
			for killed < kills() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((0.2+rng.Float64()/2)*float64(whole)))
				ingest(ctx, "killed")
				cancel()
				if through(filepath.Join(dir, "killed")) {
					forget(t, dir, "killed") // start over
					continue
				}
				killed++
			}
			again, err := ingest(t.Context(), "killed")
			if err != nil {
				t.Fatalf("%v: %v", args, err)
			}
			t.Logf("killed %d times in %s", killed, time.Since(began))
			if !bytes.Equal(out, again) {
				t.Errorf("the summaries differ:\n%s\n%s", out, again)
			}
			sameDatasets(t, filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
			var all struct{ Rows, Rejected, Duplicates int64 }
			if err := json.Unmarshal(out, &all); err != nil || all.Rows == 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// through reports whether the run is complete.
func through(dir string) bool {
	_, committed := os.Stat(filepath.Join(dir, shards.ManifestName))
	_, journal := os.Stat(filepath.Join(dir, shards.JournalName))
	return committed == nil && journal != nil
}

// sameDatasets compares rows, rejects and row groups, in order. Only times may differ.
func sameDatasets(t *testing.T, a, b string) {
	t.Helper()
	x, y := readAll(t, a), readAll(t, b)
	if diff := cmp.Diff(x, y); diff != "" {
		t.Errorf("the datasets differ (-whole +killed):\n%.2000s", diff)
	}
	for _, pattern := range []string{"part-*", shards.RejectsName, ".*"} {
		xs, ys := names(t, a, pattern), names(t, b, pattern)
		if !slices.Equal(xs, ys) {
			t.Errorf("files %v and %v", xs, ys)
		}
	}
	if problems, err := bucket.Stores().Verify(t.Context(), b, true); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

func names(t *testing.T, dir, pattern string) (all []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		all = append(all, filepath.Base(path))
	}
	return all
}

// datasetContent is the content of a dataset, except for times.
type datasetContent struct {
	Samples []shards.Sample
	Rejects []shards.Reject
	Groups  []int
	Totals  shards.Stat
}

func readAll(t *testing.T, dir string) (all datasetContent) {
	t.Helper()
	d, err := bucket.Stores().Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for s, err := range d.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		s.Provenance.FetchedAt = time.Time{}
		all.Samples = append(all.Samples, s)
	}
	for r, err := range d.Rejects() {
		if err != nil {
			t.Fatal(err)
		}
		all.Rejects = append(all.Rejects, r)
	}
	all.Groups, all.Totals = d.Groups(), d.Manifest().Totals
	return all
}

// TestIngestStdin_KilledEqualsUninterrupted does the same for an archive on standard input, which
// each run reads from its beginning.
func TestIngestStdin_KilledEqualsUninterrupted(t *testing.T) {
	dir, archive := t.TempDir(), tarOf(400)
	ingest := func(content []byte, to string) {
		c := command(t.Context(), dir, "-q", "ingest", "webdataset", "-", "--part-bytes", "20000", "--to", to)
		pipe, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		pipe.Write(content)
		if len(content) < len(archive) { // killed while it waits for more
			time.Sleep(50 * time.Millisecond)
			c.Process.Kill()
			c.Wait()
			return
		}
		pipe.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	ingest(archive, "whole")
	for i := 1; i < 4; i++ {
		ingest(archive[:i*len(archive)/4], "killed")
	}
	ingest(archive, "killed")
	sameDatasets(t, filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
}
