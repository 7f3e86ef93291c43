package crawl

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// archive writes a WARC file of HTTP answers and other records.
func archive(t *testing.T, records ...string) string {
	t.Helper()
	return filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"crawl.warc": strings.Join(records, "")}), "crawl.warc")
}

func warcRecord(kind, contentType, uri, block string) string {
	if contentType != "" {
		contentType = "Content-Type: " + contentType + "\r\n"
	}
	return fmt.Sprintf("WARC/1.0\r\nWARC-Type: %s\r\nWARC-Target-URI: %s\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n", kind, uri, contentType, len(block), block)
}

func answer(uri, header, body string) string {
	return warcRecord("response", "application/http; msgtype=response", uri, "HTTP/1.1 200 OK\r\n"+header+"\r\n"+body)
}

func compressed(t *testing.T, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	switch coding {
	case "gzip":
		w := gzip.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
	case "br":
		w := brotli.NewWriter(&b)
		w.Write([]byte(text))
		w.Close()
	case "zstd":
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
		w.Close()
	}
	return b.String()
}

// altsIn returns the alternative texts of an archive's rows.
func altsIn(t *testing.T, path string) ([]string, ingest.Summary) {
	t.Helper()
	source, err := NewWARC(nil, path)
	samples, summary, _ := ingesttest.Ingest(t, source, err)
	var all []string
	for _, s := range samples {
		for _, text := range s.Texts {
			all = append(all, text.Value)
		}
	}
	slices.Sort(all)
	return all, summary
}

func TestWARC_DecodesBodies(t *testing.T) {
	const text = "Content-Type: text/html; charset=utf-8\r\n"
	image := answer("https://z.example/i.png", "Content-Type: image/png\r\n", string(ingesttest.PNG(1)))
	page := func(alt string) string { return `<html lang=en><p>q <img src="/i.png" alt="` + alt + `"></p></html>` }
	got, summary := altsIn(t, archive(t,
		answer("https://z.example/zstd", text+"Content-Encoding: zstd\r\n", compressed(t, "zstd", page("zstd"))),
		answer("https://z.example/br", text+"Content-Encoding: br\r\n", compressed(t, "br", page("br"))),
		answer("https://z.example/list", text+"Content-Encoding: gzip, zstd\r\n", compressed(t, "zstd", compressed(t, "gzip", page("list")))),
		answer("https://z.example/lie", text+"Content-Encoding: gzip\r\n", page("lie")),
		answer("https://z.example/exi", text+"Content-Encoding: exi\r\n", page("exi")),
		answer("https://z.example/css", "Content-Type: text/css\r\nContent-Encoding: exi\r\n", "x"),
		answer("https://z.example/cut", text+"Content-Encoding: gzip\r\n", compressed(t, "gzip", page("cut")+strings.Repeat("<p>more", 99))[:80]),
		image))
	if want := []string{"br", "cut", "lie", "list", "zstd"}; !slices.Equal(got, want) { // "cut" lacks the page's end
		t.Errorf("%q", got)
	}
	if summary.Rejected != 1 || summary.Reasons[BadPage] != 1 || summary.LeftOut[shards.LeftText] != 1 || summary.LeftOut[shards.LeftRecord] != 1 {
		t.Errorf("%+v", summary)
	}
}

func TestWARC_RecordTypes(t *testing.T) {
	page := func(alt string) string {
		return `<!-- x --><html lang=en><p><img src="http://z.example/i" alt="` + alt + `"></html>`
	}
	plain := func(kind, uri, header, body string) string {
		return warcRecord("response", kind, uri, "HTTP/1.1 200 OK\r\n"+header+"\r\n"+body)
	}
	got, summary := altsIn(t, archive(t,
		warcRecord("warcinfo", "application/warc-fields", "", "software: x"),
		plain("Application/HTTP;msgtype=response", "http://z.example/1", "Content-Type: TEXT/HTML ;charset=x\r\n", page("cases")),
		plain("application/http ; msgtype=response", "http://z.example/2", "content-type:application/xhtml+xml\r\n", page("xhtml")),
		plain("", "http://z.example/3", "", "\xef\xbb\xbf"+page("no type")),
		plain("application/http", "http://z.example/4", "Content-Type: */*\r\n", page("any type")),
		plain("application/http", "http://z.example/5", "Content-Type: text/xml\r\n", `<?xml version="1.0"?>`+page("xml")),
		plain("application/http", "http://z.example/6", "Content-Type: text/plain\r\n", page("plain text")),
		warcRecord("resource", "text/html", "http://z.example/7", page("resource")),
		warcRecord("resource", "", "http://z.example/8", page("resource without type")),
		warcRecord("request", "application/http; msgtype=request", "http://z.example/1", "GET /1 HTTP/1.1\r\n\r\n"),
		warcRecord("revisit", "application/http; msgtype=response", "http://z.example/1", "HTTP/1.1 200 OK\r\n\r\n"),
		warcRecord("conversion", "image/jpeg", "http://z.example/i", "x"),
		warcRecord("conversion", "Text/Plain", "http://z.example/9", "a text"),
		plain("application/http", "http://z.example/i", "Content-Type: text/html\r\n", string(ingesttest.PNG(1))),
		plain("application/http", "http://z.example/unused", "", string(ingesttest.PNG(2))),
		warcRecord("response", "application/http", "http://z.example/404", "HTTP/1.1 404 Not Found\r\n\r\n")))
	if want := []string{"a text", "any type", "cases", "no type", "resource", "resource without type", "xhtml", "xml"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if summary.Rejected != 0 || summary.LeftOut[shards.LeftRecord] != 7 {
		t.Errorf("%+v", summary)
	}
}

func TestWARC_AddressesAndLazyImages(t *testing.T) {
	path := archive(t,
		answer("http://z.example/a/page", "Content-Type: text/html\r\n", "<img src='sale-50%.png' alt=sale><img src='b\nc.png' alt=break><img src='x y.png' alt=space>"+
			"<img src=/blank.gif data-src=/%7Eb.png alt=lazy><img src=/s.png data-src=gone.png alt=second><img src='http://a:b/' alt=bad><img alt=none>"),
		answer("http://z.example/a/sale-50%.png", "", string(ingesttest.PNG(1))), answer("http://z.example/a/bc.png", "", string(ingesttest.PNG(2))),
		answer("http://z.example/a/x%20y.png", "", string(ingesttest.PNG(3))), answer("http://Z.example:80/~b.png", "", string(ingesttest.PNG(4))), answer("http://z.example/s.png", "", string(ingesttest.PNG(5))),
		answer("http://z.example/blank.gif", "", onePixel))
	got, summary := altsIn(t, path)
	if want := []string{"break", "lazy", "sale", "second", "space"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if summary.Rejected != 1 || summary.Reasons["url"] != 1 || summary.LeftOut[shards.LeftImage] != 1 || summary.LeftOut[shards.LeftRecord] != 1 {
		t.Errorf("%+v", summary)
	}
	source, err := NewWARC(nil, path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	links, err := source.Links(t.Context(), &out)
	if err != nil || links.Links != 5 || links.Rejects["url"] != 1 || links.LeftOut[shards.LeftImage] != 1 || !strings.Contains(out.String(), `"url":"http://z.example/a/sale-50%.png"`) {
		t.Errorf("%+v, %v\n%s", links, err, &out)
	}
}

func TestWARC_NamesKindOfWrongFile(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.warc": "<html><p>x", "b.warc": string(ingesttest.PNG(1)), "c.warc.gz": compressed(t, "gzip", "x"), "d.warc": "BZh91AY", "e.warc": ""})
	for name, want := range map[string]string{"a.warc": "an HTML page", "b.warc": "a PNG image", "c.warc.gz": "gzip data", "d.warc": "bzip2 data", "e.warc": "no bytes at all"} {
		source, err := NewWARC(nil, filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			said += r.Origin + " " + r.Reason + ": " + fmt.Sprint(r.Err)
		}
		if !strings.HasPrefix(said, name+" archive: this is "+want) {
			t.Errorf("%s: %q", name, said)
		}
	}
}

// A compressed archive is known by its bytes, whatever it is called.
func TestWARC_DetectsCompression(t *testing.T) {
	content := answer("http://z.example/", "Content-Type: text/html\r\n", "<img src=i.png alt=x>") + answer("http://z.example/i.png", "", string(ingesttest.PNG(1)))
	for name, packed := range map[string]string{"a.warc": compressed(t, "gzip", content), "b.gz": content, "c": compressed(t, "zstd", content)} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(packed), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, summary := altsIn(t, path); !slices.Equal(got, []string{"x"}) {
			t.Errorf("%s: %q, %+v", name, got, summary)
		}
	}
}

// Crawlers store an image once and mark further captures as identical.
func TestWARC_FindsCopiesByDigest(t *testing.T) {
	digest := func(record string) string {
		return strings.Replace(record, "\r\nContent-", "\r\nWARC-Payload-Digest: sha1:ABC\r\nContent-", 1)
	}
	got, summary := altsIn(t, archive(t,
		answer("http://z.example/", "Content-Type: text/html\r\n", "<img src=a.png alt=a><img src=b.png alt=b><img src=c.png alt=c>"),
		digest(answer("http://z.example/a.png", "", string(ingesttest.PNG(1)))),
		digest(warcRecord("revisit", "application/http", "http://z.example/b.png", "HTTP/1.1 200 OK\r\n\r\n")),
		strings.Replace(warcRecord("revisit", "application/http", "http://z.example/c.png", ""), "\r\nContent-", "\r\nWARC-Refers-To-Target-URI: http://z.example/a.png\r\nContent-", 1)))
	if !slices.Equal(got, []string{"a", "b", "c"}) || summary.LeftOut[shards.LeftRecord] != 2 {
		t.Errorf("%q, %+v", got, summary)
	}
}

func TestParseWAT_JoinsAttributes(t *testing.T) {
	p, address, err := parseWAT([]byte(`{"Envelope":{"WARC-Header-Metadata":{"WARC-Target-URI":"http://a.example/x/"},"Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{
"Head":{"Title":"D"},"Links":[{"path":"IMG@/src","url":"blank.gif","alt":"one"},{"path":"IMG@/data-src","url":"50%.png"},{"path":"IMG@/longdesc","url":"long.html"},
{"path":"IMG@/src","url":"a.png","alt":"two"},{"path":"IMG@/srcset","url":"a.png 1x, b.png 2x","alt":"two"},{"path":"IMG@/src","url":"http://[::1","alt":"three"},{"path":"IMG@/src","url":""}]}}}}}`))
	if err != nil || address != "http://a.example/x/" || len(p.Images) != 3 || p.NoAddress != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if i := p.Images[0]; i.URL != "http://a.example/x/50%.png" || i.Alt != "one" {
		t.Errorf("%+v", i)
	}
	if i := p.Images[1]; i.URL != "http://a.example/x/b.png" || i.Alt != "two" || i.Others[0] != "http://a.example/x/a.png" {
		t.Errorf("%+v", i)
	}
	if i := p.Images[2]; i.Err == nil || i.Number != 3 {
		t.Errorf("%+v", i)
	}
}
