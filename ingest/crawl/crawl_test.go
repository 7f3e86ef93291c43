package crawl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/internal/hostile"
	"github.com/pali3/pali3/shards"
)

// crawl makes the records of an archive: a page with images, the images, and damaged records.
func crawl() []string {
	response := func(uri, head, body string) string {
		block := "HTTP/1.1 " + head + "\r\n\r\n" + body
		return fmt.Sprintf("WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: %s\r\nWARC-Date: 2024-02-03T04:05:06Z\r\n"+
			"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", uri, len(block), block)
	}
	record := func(kind, fields, body string) string {
		return fmt.Sprintf("WARC/1.0\r\nWARC-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s\r\n\r\n", kind, fields, len(body), body)
	}
	return []string{
		record("warcinfo", "", "software: test\r\n"),
		response("http://a.example/", "200 OK\r\nContent-Type: text/html; charset=koi8-r", `<html lang=ru><title>T</title>
<img src=/1.png alt="`+"\xde\xc1\xca\xcb\xc1"+`"><figure><img src=moved.png><figcaption>Two</figcaption></figure>
<img src=gone.png alt=gone><img src=page.png alt=page><img src="data:image/png;base64,`+ingesttest.Base64Of(hostile.Image("9"))+`" alt=inline>
<img src=/1.png alt="`+"\xde\xc1\xca\xcb\xc1"+`"><img src=lies.png alt=x>`),
		response("http://a.example/1.png", "200 OK\r\nContent-Type: image/png", string(hostile.Image("1"))),
		response("http://a.example/moved.png", "302 Found\r\nLocation: /2", ""),
		response("https://a.example:443/2", "200 OK\r\nContent-Type: application/octet-stream", string(hostile.Image("2"))),
		response("http://a.example/page.png", "200 OK\r\nContent-Type: image/png", "<html>not found"),
		response("http://a.example/lies.png", "200 OK\r\nContent-Type: text/html", "<html>not a picture"),
		response("http://b.example/404", "404 Not Found\r\nContent-Type: text/html", "<img src=http://a.example/1.png>"),
		response("http://b.example/bad", "abc", "x"),
		record("conversion", "WARC-Target-URI: http://c.example/\r\nWARC-Identified-Content-Language: pol,eng\r\nContent-Type: text/plain\r\n", "Mewa\nje ryby"),
		record("metadata", "WARC-Target-URI: http://d.example/\r\nContent-Type: application/json\r\n",
			`{"Envelope":{"WARC-Header-Metadata":{"WARC-Target-URI":"http://a.example/x"},"Payload-Metadata":{"HTTP-Response-Metadata":{"HTML-Metadata":{
			"Head":{"Title":"D"},"Links":[{"path":"IMG@/src","url":"1.png","alt":"one"},{"path":"A@/href","url":"y"}]}}}}}`),
	}
}

func archives(t *testing.T) map[string]string {
	var gz bytes.Buffer
	for _, record := range crawl() {
		w := gzip.NewWriter(&gz)
		w.Write([]byte(record))
		w.Close()
	}
	var one bytes.Buffer
	w := gzip.NewWriter(&one)
	w.Write([]byte(strings.Join(crawl(), "")))
	w.Close()
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"plain.warc": strings.Join(crawl(), ""), "each.warc.gz": gz.String(), "one.warc.gz": one.String()})
	paths := map[string]string{}
	for _, name := range []string{"plain.warc", "each.warc.gz", "one.warc.gz"} {
		paths[name] = filepath.Join(dir, name)
	}
	return paths
}

func TestWARC_ReadsImagesAndDocuments(t *testing.T) {
	for name, path := range archives(t) {
		source, err := NewWARC(nil, path)
		samples, stat, _ := ingesttest.Ingest(t, source, err)
		if stat.Rows != 5 || stat.Duplicates != 1 || stat.Reasons[ingest.NoImage] != 2 || stat.Reasons[ingest.BadImage] != 1 || stat.Reasons[BadPage] != 1 {
			t.Errorf("%s: %+v", name, stat)
		}
		var said []string
		for _, s := range samples {
			line := s.Provenance.URL
			for _, text := range s.Texts {
				line += fmt.Sprintf(" %s/%s:%s", text.Kind, text.Language, text.Value)
			}
			if len(s.Images) > 0 {
				for _, number := range []string{"1", "2", "9"} {
					if bytes.Equal(s.Images[0].Bytes, hostile.Image(number)) {
						line += " =" + number
					}
				}
			}
			said = append(said, line)
		}
		slices.Sort(said)
		want := []string{
			" alt/ru:inline =9",
			" document/pl:Mewa\nje ryby",
			"http://a.example/1.png alt/:one =1",
			"http://a.example/1.png alt/ru:чайка =1",
			"http://a.example/moved.png caption/ru:Two =2",
		}
		if !slices.Equal(said, want) {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestWARC_Resumes(t *testing.T) {
	source, err := NewWARC(nil, archives(t)["each.warc.gz"])
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
		all = append(all, r.Origin+r.Sample.Key)
	}
	for n := range all {
		var rest []string
		for r := range source.Records(t.Context(), ingest.After(int64(n))) {
			rest = append(rest, r.Origin+r.Sample.Key)
		}
		if !slices.Equal(rest, all[n:]) {
			t.Errorf("after %d: %q", n, rest)
		}
	}
}

func TestWARC_Links(t *testing.T) {
	source, err := NewWARC(nil, archives(t)["each.warc.gz"])
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	summary, err := source.Links(t.Context(), &out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var first, second link
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	json.Unmarshal([]byte(lines[1]), &second)
	if err != nil || summary.Links != 7 || len(lines) != 7 || first.Text != "чайка" || first.Language != "ru" || second.Text != "Two" || second.PageURL != "http://a.example/" {
		t.Errorf("%+v: %v\n%s", summary, err, out.String())
	}
}

func TestWARC_RejectsDamaged(t *testing.T) {
	whole := strings.Join(crawl(), "")
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"cut.warc": whole[:len(whole)-60], "not.warc": "GIF89a", "empty.warc": ""})
	source, err := NewWARC(nil, filepath.Join(dir, "cut.warc"), filepath.Join(dir, "not.warc"), filepath.Join(dir, "empty.warc"))
	_, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Reasons[shards.BadArchive] != 3 || stat.Rows != 4 { // one is cut, one is a GIF, one is empty
		t.Errorf("%+v", stat)
	}
}

func TestHTML_ReadsPages(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{
		"a/index.html": `<html lang="pl"><title>Ptaki</title><img src="img/mewa%201.png" alt="mewa"><img src="../b.png?x=1#y" alt="b">
<img src="/b.png" title="korzeń"><img src="../../etc/passwd" alt="out"><img src="http://x.example/y.png"><img src="gone.png"><img src="link.png">`,
		"a/img/mewa 1.png": string(ingesttest.PNG(1)), "b.png": string(ingesttest.PNG(2)), "c.HTM": `<img src=b.png alt=b>`, "d.txt": "<img src=b.png>",
	})
	outside := filepath.Join(t.TempDir(), "secret.png")
	os.WriteFile(outside, ingesttest.PNG(3), 0o644)
	if err := os.Symlink(outside, filepath.Join(dir, "a/link.png")); err != nil {
		t.Fatal(err)
	}
	source, err := NewHTML(dir)
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 4 || stat.Rejected != 4 {
		t.Errorf("%+v %v", stat, reasons)
	}
	s := samples["a/index.html#1"]
	if len(s.Texts) != 1 || s.Texts[0] != (shards.Text{Kind: shards.Alt, Language: "pl", Value: "mewa"}) || s.Provenance.URL != "a/img/mewa%201.png" ||
		s.Provenance.PageURL != "a/index.html" || s.Metadata["page_title"] != "Ptaki" || !bytes.Equal(s.Images[0].Bytes, ingesttest.PNG(1)) {
		t.Errorf("%+v", s)
	}
	if s := samples["a/index.html#3"]; len(s.Texts) != 1 || s.Texts[0].Kind != shards.Title || !bytes.Equal(s.Images[0].Bytes, ingesttest.PNG(2)) {
		t.Errorf("%+v", s)
	}
	if reasons["a/index.html#7"] != ingest.Unreadable {
		t.Errorf("a link out of the folder: %q", reasons["a/index.html#7"])
	}
}

// FuzzWARC looks for archives that crash the source or make it lose count.
func FuzzWARC(f *testing.F) {
	f.Add([]byte(strings.Join(crawl(), "")))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "a.warc")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		count := func(n int64) (records int64) {
			for range (&WARC{Files: []string{path}}).Records(context.Background(), ingest.After(n)) {
				records++
			}
			return records
		}
		if all := count(0); all > 0 && count(1) != all-1 {
			t.Errorf("%d records, after the first %d", all, count(1))
		}
	})
}
