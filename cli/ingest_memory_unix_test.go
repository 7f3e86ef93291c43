//go:build unix

package cli

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// bigRecords is the number of 50 KB records of a source: PALI3_RECORDS, or a default.
func bigRecords() int {
	if n, err := strconv.Atoi(os.Getenv("PALI3_RECORDS")); err == nil {
		return n
	}
	return 500
}

// write writes a file through a buffer.
func write(t *testing.T, name string, fill func(w io.Writer)) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fill(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

var bigSources = map[string]func(t *testing.T, dir string, n int) []string{
	"urls": func(t *testing.T, dir string, n int) []string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); err == nil {
				w.Write(big(i))
			} else {
				http.NotFound(w, r)
			}
		}))
		t.Cleanup(server.Close)
		write(t, filepath.Join(dir, "list.txt"), func(w io.Writer) {
			for i := range n {
				fmt.Fprintf(w, "%s/%d\n", server.URL, i)
			}
		})
		return []string{"urls", "list.txt", "--allow-net", "127.0.0.0/8", "--per-host", "64", "--memory", "32"}
	},
	"webdataset": func(t *testing.T, dir string, n int) []string {
		write(t, filepath.Join(dir, "a.tar"), func(w io.Writer) {
			archive := tar.NewWriter(w)
			for i := range n {
				content := big(i)
				archive.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d.png", i), Mode: 0o644, Size: int64(len(content))})
				archive.Write(content)
			}
			archive.Close()
		})
		return []string{"webdataset", "a.tar"}
	},
	"warc": func(t *testing.T, dir string, n int) []string {
		write(t, filepath.Join(dir, "a.warc.gz"), func(w io.Writer) {
			record := func(uri, kind string, body []byte) {
				member, _ := gzip.NewWriterLevel(w, gzip.HuffmanOnly)
				fmt.Fprintf(member, "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Target-URI: http://a.example/%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n",
					uri, kind, len(body), body)
				member.Close()
			}
			for i := range n {
				if i%100 == 0 {
					page := ""
					for j := range min(100, n-i) {
						page += fmt.Sprintf("<img src=%d.png alt='image %d'>", i+j, i+j)
					}
					record(fmt.Sprint(i, ".html"), "text/html", []byte(page))
				}
				record(fmt.Sprint(i, ".png"), "image/png", big(i))
			}
		})
		return []string{"warc", "a.warc.gz"}
	},
}

// TestIngest_StaysWithinMemory ingests more data than the limit on memory, and checks the peak.
func TestIngest_StaysWithinMemory(t *testing.T) {
	n := bigRecords()
	for name, source := range bigSources {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c := command(t.Context(), dir, append(append([]string{"-q", "ingest"}, source(t, dir, n)...), "--to", "d", "--json", "--part-bytes", "16000000")...)
			taken := measured(t, c)
			out, err := c.Output()
			if err != nil || !strings.Contains(string(out), fmt.Sprintf(`"rows": %d`, n)) {
				t.Fatalf("%v: %s", err, out)
			}
			most := taken()
			limit := int64(300 << 20)
			if n > 10_000 {
				limit = 1 << 30
			}
			t.Logf("%d records of 50 KB in %d MiB", n, most>>20)
			if most > limit {
				t.Errorf("took %d MiB, the limit is %d", most>>20, limit>>20)
			}
		})
	}
}

// measured returns a function that returns the peak memory of a command that has ended.
func measured(t *testing.T, c *exec.Cmd) (most func() int64) {
	file := filepath.Join(t.TempDir(), "status")
	c.Env = append(c.Env, memoryFile+"="+file)
	return func() int64 {
		content, _ := os.ReadFile(file)
		if _, after, is := strings.Cut(string(content), "VmHWM:"); is { // the usage has the parent's at the start, too
			if kib, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64); err == nil {
				return kib << 10
			}
		}
		used := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		if runtime.GOOS == "darwin" {
			return used
		}
		return used << 10
	}
}

// TestIngest_ManyRejectsStayWithinMemory ingests a table of bad rows twice. Each reject takes 1,500
// bytes.
func TestIngest_ManyRejectsStayWithinMemory(t *testing.T) {
	n, limit := 300_000, int64(200<<20)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "t.csv"), func(w io.Writer) {
		fmt.Fprintln(w, "file")
		for i := range n {
			fmt.Fprintf(w, "../%d/%s.png\n", i, strings.Repeat("a/", 250))
		}
	})
	for _, counted := range []string{"rejected", "duplicates"} {
		c := command(t.Context(), dir, "-q", "ingest", "table", "t.csv", "--image-column", "file", "--to", "d", "--json")
		most := measured(t, c)
		out, err := c.Output()
		if err == nil || !strings.Contains(string(out), fmt.Sprintf("%q: %d", counted, n)) {
			t.Fatalf("%v: %s", err, out)
		}
		t.Logf("%d %s in %d MiB", n, counted, most()>>20)
		if most() > limit {
			t.Errorf("took %d MiB, the limit is %d", most()>>20, limit>>20)
		}
	}
}
