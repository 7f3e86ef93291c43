package crawl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
)

// benchPage is a page with text and ten images.
func benchPage(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!DOCTYPE html><html lang="en"><head><title>Page %d</title><link rel=stylesheet href=/a.css></head><body>`, n)
	for i := range 10 {
		fmt.Fprintf(&b, `<div class="post"><h2><a href="/p/%d">Ships of day %d</a></h2><figure><img class="size-large" src="/i/%d.png" alt="ship %d of day %d" width=640 height=480>
<figcaption>The harbour</figcaption></figure><p>%s</p></div>`, i, n, i, i, n, strings.Repeat("A ship came in with the tide, and <b>its crew</b> went ashore. ", 12))
	}
	return b.String() + "</body></html>"
}

func BenchmarkWARC(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.warc.gz")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := gzip.NewWriter(f)
	record := func(uri, kind, body string) {
		w.Reset(f)
		block := "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\nServer: nginx\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n" + body
		fmt.Fprintf(w, "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: %s\r\nWARC-Date: 2024-02-03T04:05:06Z\r\n"+
			"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", uri, len(block), block)
		w.Close()
	}
	for i := range 10 {
		record(fmt.Sprintf("http://a.example/i/%d.png", i), "image/png", string(ingesttest.PNG(i)))
	}
	for n := range 200 {
		record(fmt.Sprintf("http://a.example/p/%d", n), "text/html; charset=utf-8", benchPage(n))
		record(fmt.Sprintf("http://a.example/c/%d.css", n), "text/css", strings.Repeat("a { color: red }\n", 100))
	}
	f.Close()
	for b.Loop() {
		source, err := NewWARC(nil, path)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for r := range source.Records(b.Context(), ingest.Cursor{}) {
			if r.Err == nil && len(r.Sample.Images) == 1 {
				n++
			}
		}
		if n != 2000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	files := map[string]string{}
	for i := range 10 {
		files[fmt.Sprintf("i/%d.png", i)] = string(ingesttest.PNG(i))
	}
	for n := range 100 {
		files[fmt.Sprintf("p/%d.html", n)] = benchPage(n)
	}
	dir := ingesttest.WriteFiles(b, b.TempDir(), files)
	for b.Loop() {
		source, err := NewHTML(dir)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for r := range source.Records(b.Context(), ingest.Cursor{}) {
			if r.Err == nil && len(r.Sample.Images) == 1 {
				n++
			}
		}
		if n != 1000 {
			b.Fatal(n)
		}
	}
}
