package ingest

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/pali3/pali3/shards"
)

// onePixel is a placeholder.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// seenIn reads a folder of pages and says which image, by its number, has which alternative text.
func seenIn(t *testing.T, files map[string]string) ([]string, Summary, map[string]string) {
	t.Helper()
	source, err := NewHTML(put(t, t.TempDir(), files))
	samples, summary, reasons := rows(t, source, err)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(samples)) {
		s := samples[key]
		line := key
		for n := range 10 {
			if bytes.Equal(s.Images[0].Bytes, tiny(n)) {
				line += fmt.Sprint(" image ", n)
			}
		}
		for _, text := range s.Texts {
			line += " " + text.Value
		}
		all = append(all, line)
	}
	return all, summary, reasons
}

func TestHTML_LazyImagesBeforePlaceholders(t *testing.T) {
	got, summary, reasons := seenIn(t, map[string]string{
		"page.html": `<html lang="en"><body><p><img class="lazyload" src="blank.gif" data-src="lighthouse.png" alt="a lighthouse at dusk"></p>
<p><img src="blank.gif" data-lazy-src="boat.png" alt="a sailing boat"></p><p><img src="plain.png" alt="a plain picture"></p>
<p><img src="small.png" data-src="https://cdn.example/large.png" alt="saved"></p><p><img src="wait.gif" data-src="gone.png" alt="gone"></p></body></html>`,
		"blank.gif": onePixel, "wait.gif": onePixel, "lighthouse.png": string(tiny(1)), "boat.png": string(tiny(2)), "plain.png": string(tiny(3)), "small.png": string(tiny(4)),
	})
	want := []string{"page.html#1 image 1 a lighthouse at dusk", "page.html#2 image 2 a sailing boat", "page.html#3 image 3 a plain picture", "page.html#4 image 4 saved"}
	if !slices.Equal(got, want) || summary.Rejected != 1 || reasons["page.html#5"] != NoImage {
		t.Errorf("%q, %v", got, reasons)
	}
	if summary.LeftOut[shards.LeftFile] != 1 || !slices.Equal(summary.LeftOutFirst[shards.LeftFile], []string{"blank.gif"}) {
		t.Errorf("left out %v %v", summary.LeftOut, summary.LeftOutFirst)
	}
}

func TestHTML_LargestOfASrcset(t *testing.T) {
	got, summary, _ := seenIn(t, map[string]string{
		"page.html": "<p><img srcset=\"small.png 320w,\n     large.png 640w\" alt=\"a bridge\"></p><p><img srcset=\"small.png 1x,\tlarge.png 2x\" alt=\"a tower\"></p>" +
			`<picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="gone.webp, large.png 2x"><img src="small.png" alt="a pier"></picture>` +
			`<amp-img srcset="small.png 1x, large.png 3x" alt="a quay"></amp-img><picture><source srcset="gone.png 2x"><img src="small.png" alt="a mole"></picture>`,
		"small.png": string(tiny(1)), "large.png": string(tiny(2)), "a.avif": "\x00\x00\x00\x1cftypavif",
	})
	want := []string{"page.html#1 image 2 a bridge", "page.html#2 image 2 a tower", "page.html#3 image 2 a pier", "page.html#4 image 2 a quay", "page.html#5 image 1 a mole"}
	if !slices.Equal(got, want) || summary.Rejected != 0 {
		t.Errorf("%q, %+v", got, summary)
	}
}

func TestHTML_AddressesAsInBrowsers(t *testing.T) {
	got, summary, reasons := seenIn(t, map[string]string{
		"a/page.html": "<p><img src=\"sale-50%.png\" alt=\"sale\"></p><p><img src=\"../plain.png\" alt=\"plain\"></p><p><img src=\"pictures/\nbroken.png\" alt=\"break\"></p>" +
			`<img src="pictures\broken.png" alt="backslash"><img src=" /plain%2Epng?v=1#x " alt="spaces"><img src="get.php?id=4" alt="query"><img src="http://[::1" alt="bad">` +
			`<img src="100%25.png" alt="encoded"><img src="name%20x.png" alt="as saved"><img alt="none"><template><img src=plain.png></template>`,
		"plain.png": string(tiny(1)), "a/sale-50%.png": string(tiny(2)), "a/pictures/broken.png": string(tiny(3)), "a/get.php?id=4": string(tiny(4)),
		"a/100%.png": string(tiny(5)), "a/name%20x.png": string(tiny(6)), "style.css": "", "unused.png": string(tiny(7)),
	})
	want := []string{"a/page.html#1 image 2 sale", "a/page.html#2 image 1 plain", "a/page.html#3 image 3 break", "a/page.html#4 image 3 backslash",
		"a/page.html#5 image 1 spaces", "a/page.html#6 image 4 query", "a/page.html#8 image 5 encoded", "a/page.html#9 image 6 as saved"}
	if !slices.Equal(got, want) || summary.Rejected != 1 || reasons["a/page.html#7"] != "url" {
		t.Errorf("%q, %v", got, reasons)
	}
	if want := map[string]int64{shards.LeftFile: 2, shards.LeftImage: 2}; !maps.Equal(summary.LeftOut, want) {
		t.Errorf("left out %v, want %v: %v", summary.LeftOut, want, summary.LeftOutFirst)
	}
}

func TestHTML_TellsWhatAFileIs(t *testing.T) {
	source, err := NewHTML(put(t, t.TempDir(), map[string]string{"a.html": string(tiny(1)), "b.htm": "%PDF-1.4", "c.xht": "<img src=d.png>", "d.png": string(tiny(2))}))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for r := range source.Records(t.Context()) {
		if r.Err != nil {
			said[r.Origin] = r.Reason + ": " + r.Err.Error()
		}
	}
	dir := filepath.Base(source.Dir)
	if want := map[string]string{dir + "/a.html": "page: this is a PNG image, not an HTML page", dir + "/b.htm": "page: this is a PDF document, not an HTML page"}; !maps.Equal(said, want) {
		t.Errorf("%q", said)
	}
}

// One folder under several spellings of its path is the same source.
func TestHTML_KeysDoNotDependOnThePath(t *testing.T) {
	dir := put(t, t.TempDir(), map[string]string{"site/a.html": "<img src=a.png><img src=gone.png>", "site/a.png": string(tiny(1))})
	t.Chdir(dir)
	var before []string
	for _, name := range []string{"site", "./site", "site/../site/", filepath.Join(dir, "site")} {
		source, err := NewHTML(name)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for r := range source.Records(t.Context()) {
			all = append(all, r.Origin+" "+r.Sample.Key)
		}
		if want := []string{"site/a.html img 1 a.html#1", "site/a.html img 2 a.html#2"}; !slices.Equal(all, want) || before != nil && !slices.Equal(all, before) {
			t.Errorf("%s: %q", name, all)
		}
		before = all
	}
}

// archive writes a WARC file of HTTP answers and other records.
func archive(t *testing.T, records ...string) string {
	t.Helper()
	return filepath.Join(put(t, t.TempDir(), map[string]string{"crawl.warc": strings.Join(records, "")}), "crawl.warc")
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
func altsIn(t *testing.T, path string) ([]string, Summary) {
	t.Helper()
	source, err := NewWARC(path)
	samples, summary, _ := rows(t, source, err)
	var all []string
	for _, s := range samples {
		for _, text := range s.Texts {
			all = append(all, text.Value)
		}
	}
	slices.Sort(all)
	return all, summary
}

func TestWARC_Encodings(t *testing.T) {
	const text = "Content-Type: text/html; charset=utf-8\r\n"
	image := answer("https://z.example/i.png", "Content-Type: image/png\r\n", string(tiny(1)))
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

func TestWARC_TypesOfRecords(t *testing.T) {
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
		plain("application/http", "http://z.example/i", "Content-Type: text/html\r\n", string(tiny(1))),
		plain("application/http", "http://z.example/unused", "", string(tiny(2))),
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
		answer("http://z.example/a/sale-50%.png", "", string(tiny(1))), answer("http://z.example/a/bc.png", "", string(tiny(2))),
		answer("http://z.example/a/x%20y.png", "", string(tiny(3))), answer("http://Z.example:80/~b.png", "", string(tiny(4))), answer("http://z.example/s.png", "", string(tiny(5))),
		answer("http://z.example/blank.gif", "", onePixel))
	got, summary := altsIn(t, path)
	if want := []string{"break", "lazy", "sale", "second", "space"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if summary.Rejected != 1 || summary.Reasons["url"] != 1 || summary.LeftOut[shards.LeftImage] != 1 || summary.LeftOut[shards.LeftRecord] != 1 {
		t.Errorf("%+v", summary)
	}
	source, err := NewWARC(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	links, err := source.Links(t.Context(), &out)
	if err != nil || links.Links != 5 || links.Rejects["url"] != 1 || links.LeftOut[shards.LeftImage] != 1 || !strings.Contains(out.String(), `"url":"http://z.example/a/sale-50%.png"`) {
		t.Errorf("%+v, %v\n%s", links, err, &out)
	}
}

func TestWARC_TellsWhatAFileIs(t *testing.T) {
	dir := put(t, t.TempDir(), map[string]string{"a.warc": "<html><p>x", "b.warc": string(tiny(1)), "c.warc.gz": compressed(t, "gzip", "x"), "d.warc": "BZh91AY", "e.warc": ""})
	for name, want := range map[string]string{"a.warc": "an HTML page", "b.warc": "a PNG image", "c.warc.gz": "gzip data", "d.warc": "bzip2 data", "e.warc": "no bytes at all"} {
		source, err := NewWARC(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for r := range source.Records(t.Context()) {
			said += r.Origin + " " + r.Reason + ": " + fmt.Sprint(r.Err)
		}
		if !strings.HasPrefix(said, name+" archive: this is "+want) {
			t.Errorf("%s: %q", name, said)
		}
	}
}

// A compressed archive is known by its bytes, whatever it is called.
func TestWARC_CompressionByContent(t *testing.T) {
	content := answer("http://z.example/", "Content-Type: text/html\r\n", "<img src=i.png alt=x>") + answer("http://z.example/i.png", "", string(tiny(1)))
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

// Crawlers store an image once, and tell of further captures that they are the same.
func TestWARC_CopiesByDigest(t *testing.T) {
	digest := func(record string) string {
		return strings.Replace(record, "\r\nContent-", "\r\nWARC-Payload-Digest: sha1:ABC\r\nContent-", 1)
	}
	got, summary := altsIn(t, archive(t,
		answer("http://z.example/", "Content-Type: text/html\r\n", "<img src=a.png alt=a><img src=b.png alt=b><img src=c.png alt=c>"),
		digest(answer("http://z.example/a.png", "", string(tiny(1)))),
		digest(warcRecord("revisit", "application/http", "http://z.example/b.png", "HTTP/1.1 200 OK\r\n\r\n")),
		strings.Replace(warcRecord("revisit", "application/http", "http://z.example/c.png", ""), "\r\nContent-", "\r\nWARC-Refers-To-Target-URI: http://z.example/a.png\r\nContent-", 1)))
	if !slices.Equal(got, []string{"a", "b", "c"}) || summary.LeftOut[shards.LeftRecord] != 2 {
		t.Errorf("%q, %+v", got, summary)
	}
}

func TestHTML_DataURIs(t *testing.T) {
	got, summary, _ := seenIn(t, map[string]string{"a.html": `<img src="data:image/png;base64,` + base64Of(tiny(1)) + `" alt=a><img src="DATA:image/png;x=50%;base64,` + base64Of(tiny(2)) + `" alt=b>`})
	if want := []string{"a.html#1 image 1 a", "a.html#2 image 2 b"}; !slices.Equal(got, want) {
		t.Errorf("%q, %+v", got, summary)
	}
}

func TestParseWAT_AttributesOfAnImage(t *testing.T) {
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
