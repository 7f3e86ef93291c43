package ingest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/archive"
	"github.com/pali3/pali3/ingest/crawl"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

// zipped compresses what fill writes.
func zipped(t *testing.T, fill func(w io.Writer)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	fill(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// repeated writes n MiB of a letter.
func repeated(w io.Writer, letter string, n int) {
	block := []byte(strings.Repeat(letter, 1<<20))
	for range n {
		w.Write(block)
	}
}

// TestHostileFiles gives hostile files to sources. Each yields the expected rows and rejects by
// reason, none panics, and none takes more memory than a record may have.
func TestHostileFiles(t *testing.T) {
	gigabyte := 1024 // MiB
	if testing.Short() {
		gigabyte = 96 // under the race detector, which inflates slowly; still over every limit
	}
	picture := string(ingesttest.PNG(1))
	page := `<html><img src="a.png" alt="a">`
	for _, c := range []struct {
		name  string
		files map[string]string
		open  func(dir string) (ingest.Source, error)
		want  string // rows, then reasons
	}{
		{"a line of 1 GB in CSV", map[string]string{"t.csv.gz": zipped(t, func(w io.Writer) {
			io.WriteString(w, "text\nfirst\n\"")
			repeated(w, "x", gigabyte)
		})}, textTable("t.csv.gz"), "1 row:1"},
		{"a line of 1 GB in TSV", map[string]string{"t.tsv.gz": zipped(t, func(w io.Writer) {
			io.WriteString(w, "text\nfirst\n")
			repeated(w, "x", gigabyte)
		})}, textTable("t.tsv.gz"), "1 row:1"},
		{"a line of 1 GB in JSON lines", map[string]string{"t.jsonl.gz": zipped(t, func(w io.Writer) {
			io.WriteString(w, `{"text":"first"}`+"\n"+`{"text":"`)
			repeated(w, "x", gigabyte)
		})}, textTable("t.jsonl.gz"), "1 row:1"},
		{"a head of 1 GB", map[string]string{"t.csv.gz": zipped(t, func(w io.Writer) { repeated(w, "x", gigabyte) })}, textTable("t.csv.gz"), "not opened"},
		{"nesting without end", map[string]string{"t.jsonl": `{"text":` + strings.Repeat("[", 1<<20) + "\n" + `{"text":"next"}` + "\n"},
			func(dir string) (ingest.Source, error) { return textTable("t.jsonl")(dir) }, "1 row:1"},
		{"a gzip bomb as a member", map[string]string{"a.tar.gz": zipped(t, func(w io.Writer) {
			archive := tar.NewWriter(w)
			archive.WriteHeader(&tar.Header{Name: "big.png", Mode: 0o644, Size: 300 << 20})
			repeated(archive, "\x00", 300)
			ingesttest.WriteMember(archive, "good.png", ingesttest.PNG(1))
			archive.Close()
		})}, archiveOf("a.tar.gz"), "1 too_large:1"},
		{"a hundred thousand tiny members of as many names, and of one", map[string]string{"a.tar.gz": zipped(t, func(w io.Writer) {
			archive := tar.NewWriter(w)
			for i := range 50_000 {
				ingesttest.WriteMember(archive, fmt.Sprintf("%d.txt", i), []byte("x"))
			}
			for i := range 50_000 {
				ingesttest.WriteMember(archive, fmt.Sprintf("one.%d", i), []byte("x"))
			}
			ingesttest.WriteMember(archive, "good.png", ingesttest.PNG(1))
			archive.Close()
		})}, archiveOf("a.tar.gz"), "50001 empty:1"},
		{"links, devices and escapes in an archive", map[string]string{"a.tar": archiveWith(
			tar.Header{Name: "link.png", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
			tar.Header{Name: "hard.png", Typeflag: tar.TypeLink, Linkname: "../../x"},
			tar.Header{Name: "device.png", Typeflag: tar.TypeChar},
			tar.Header{Name: "../../etc/cron.d/x.png", Typeflag: tar.TypeReg, Size: int64(len(picture))},
			tar.Header{Name: "/etc/y.png", Typeflag: tar.TypeReg, Size: int64(len(picture))},
		)}, archiveOf("a.tar"), "2"},
		{"paths that lead out of a table's root", map[string]string{"in/a.png": picture, "in/A.PNG": string(ingesttest.PNG(2)), "out.png": picture,
			"in/t.csv": "file\n../out.png\n/etc/hostname\n..\\out.png\na.png\nA.PNG\n./x/../a.png\na\x00b.png\nin/../../out.png\n"},
			func(dir string) (ingest.Source, error) {
				return tabular.New(tabular.Options{File: filepath.Join(dir, "in", "t.csv"), Columns: tabular.Columns{Image: "file"}})
			}, "2 absent:2 outside:3 unreadable:1"},
		{"two billion levels in a Parquet file of 126 bytes", lying(t, "levels"), parquetTable, "0 row:1"},
		{"two billion places in a dictionary", lying(t, "places"), parquetTable, "0 row:1"},
		{"a list of two billion", lying(t, "list"), parquetTable, "0 row:1"},
		{"bytes that are no UTF-8", map[string]string{"t.csv": "text\nabc\xff\xfe\nfine\n"}, textTable("t.csv"), "1 text:1"},
		{"lone surrogates", map[string]string{"t.jsonl": `{"text":"a\ud800b"}` + "\n" + `{"text":"\udc00"}` + "\n"}, textTable("t.jsonl"), "2"},
		{"byte order marks", map[string]string{"t.csv": "\xef\xbb\xbftext\nfine\n"}, textTable("t.csv"), "1"},
		{"a byte order mark of UTF-16", map[string]string{"t.csv": "\xff\xfet\x00e\x00x\x00t\x00\n\x00a\x00"}, textTable("t.csv"), "1"},
		{"pages with pictures outside, in a circle, on the web", map[string]string{"h/p.html": page + `<img src="../out.png"><img src="/etc/hostname">` +
			`<img src="http://a.example/x.png"><img src="p.html"><img src=".//./a.png"><img src="%00.png"><img src="file:///etc/hostname">`, "h/a.png": picture, "out.png": picture},
			func(dir string) (ingest.Source, error) { return crawl.NewHTML(filepath.Join(dir, "h")) }, "2 absent:4 image:1 unreadable:1"},
		{"sidecars that are no text", map[string]string{"a.png": picture, "a.txt": "\xff\xfe", "b.png": picture, "b.json": `{"caption":"\ud800"}`,
			"c.png": picture, "c.json": "\xef\xbb\xbf{}", "d.png": picture, "metadata.jsonl": "{\n\xff\n" + `{"file_name":"../e.png","caption":"x"}`},
			func(dir string) (ingest.Source, error) { return folder.New(dir, "") }, "3 text:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := ingesttest.WriteFiles(t, t.TempDir(), c.files)
			source, err := c.open(dir)
			if err != nil {
				if c.want != "not opened" {
					t.Fatal(err)
				}
				return
			}
			got, most := account(t.Context(), source)
			if got != c.want && c.want != "" {
				t.Errorf("%s, want %s", got, c.want)
			}
			if most > 400<<20 {
				t.Errorf("%d MiB", most>>20)
			}
			t.Logf("%s, %d MiB", got, most>>20)
		})
	}
}

func textTable(name string) func(dir string) (ingest.Source, error) {
	return func(dir string) (ingest.Source, error) {
		return tabular.New(tabular.Options{File: filepath.Join(dir, name), Columns: tabular.Columns{Text: "text"}})
	}
}

// lying is a Parquet file that says in a few bytes that it has billions of values.
func lying(t *testing.T, name string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "internal", "parquet", "table", "testdata", "hostile", name+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"t.parquet": string(content)}
}

func parquetTable(dir string) (ingest.Source, error) {
	return tabular.New(tabular.Options{File: filepath.Join(dir, "t.parquet"), Columns: tabular.Columns{Text: "a"}})
}

func archiveOf(name string) func(dir string) (ingest.Source, error) {
	return func(dir string) (ingest.Source, error) { return archive.NewWebDataset(nil, filepath.Join(dir, name)) }
}

func archiveWith(headers ...tar.Header) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		w.WriteHeader(&h)
		if h.Size > 0 {
			w.Write(ingesttest.PNG(1))
		}
	}
	w.Close()
	return b.String()
}

// account tells rows and rejects by reason, and the most memory that was in use.
func account(ctx context.Context, source ingest.Source) (told string, most uint64) {
	runtime.GC()
	rows, reasons, n := 0, map[string]int{}, 0
	for record := range source.Records(ctx, ingest.Cursor{}) {
		if record.IsAside() {
			continue
		}
		if completed := ingest.Complete(record, ingest.Options{}); completed.Err != nil {
			reasons[completed.Reason]++
		} else {
			rows++
		}
		if n++; n%1000 == 1 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	told = fmt.Sprint(rows)
	var names []string
	for name := range reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		told += fmt.Sprintf(" %s:%d", name, reasons[name])
	}
	return told, most
}

// Nothing that a source's links name is read outside, and a loop of links ends.
func TestLinksStayInside(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"in/a.png": string(ingesttest.PNG(1)), "out/b.png": string(ingesttest.PNG(2)), "in/sub/c.png": string(ingesttest.PNG(3))})
	for name, to := range map[string]string{"in/out.png": "../out/b.png", "in/dir": "../out", "in/loop": ".", "in/sub/up": "..", "in/self.png": "self.png", "in/fine.png": "a.png"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip("NOT TESTED: that symbolic links stay inside; there are none on this system")
		}
	}
	source, err := folder.New(filepath.Join(dir, "in"), "")
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 3 || reasons["out.png"] != ingest.Unreadable || reasons["self.png"] != ingest.Unreadable || len(samples["fine.png"].Images) != 1 {
		t.Errorf("%+v %v", stat, reasons)
	}
	if _, err := os.Stat(filepath.Join(dir, "in", shards.ManifestName)); err == nil {
		t.Error("written into the source")
	}
}
