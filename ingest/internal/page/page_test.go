package page

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/htmlindex"

	"github.com/pali3/pali3/ingest/internal/address"
)

const sample = `<!DOCTYPE html><html lang="en-us"><head><title>Birds
 of the sea</title><base href="/birds/"></head><body>
<h1>Gulls</h1>
<p>They eat fish. <img src="gull.jpg#x" alt=" A  gull " title="Larus"> And chips.</p>
<figure><img data-src="tern.png" src="data:image/gif;base64,R0lGOD" alt=""><figcaption>A <b>tern</b> in flight</figcaption></figure>
<div lang="fr">avant<img srcset="s.jpg 100w, l.jpg 800w" alt="une mouette">après</div>
<table><tr><td>left</td><td><img src="//cdn.example/x.webp"></td><td>right</td></tr></table>
<script>document.write('<img src="no.png">')</script>
<noscript><img src="yes.png"></noscript>
<img><img src=" "><img src="http://[::1">
</body></html>`

func TestParse(t *testing.T) {
	got, err := Parse([]byte(sample), "http://example.org/a/b.html", "text/html; charset=utf-8", "de")
	if err != nil {
		t.Fatal(err)
	}
	want := &Page{NoAddress: 2, Title: "Birds of the sea", Language: "en-US", Charset: "utf-8", Images: []Image{
		{URL: "http://example.org/birds/gull.jpg", Number: 1, Alt: "A gull", Title: "Larus", Before: "They eat fish.", After: "And chips.", Language: "en-US"},
		{URL: "http://example.org/birds/tern.png", Number: 2, Caption: "A tern in flight", After: "A tern in flight", Language: "en-US"},
		{URL: "http://example.org/birds/l.jpg", Others: []string{"http://example.org/birds/s.jpg"}, Number: 3, Alt: "une mouette", Before: "avant", After: "après", Language: "fr"},
		{URL: "http://cdn.example/x.webp", Number: 4, Before: "left", After: "right", Language: "en-US"},
		{URL: "http://example.org/birds/yes.png", Number: 5, Language: "en-US"},
		{URL: "http://[::1", Err: address.ErrHost, Number: 6, Before: "right", Language: "en-US"},
	}}
	for i := range got.Images {
		if i == 4 {
			got.Images[i].Before, got.Images[i].After = "", ""
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
		t.Error(diff)
	}
}

func TestParse_Charsets(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"euc-jp", "カモメは海の鳥です。魚を食べながら、港の上を飛んでいる。"},
		{"shift_jis", "カモメは海の鳥です。魚を食べながら、港の上を飛んでいる。"},
		{"gb18030", "海鸥是一种海鸟,在海上飞,吃鱼。这是中国的海鸥。"},
		{"big5", "海鷗是一種海鳥,在海上飛,吃魚。這是中國的海鷗。"},
		{"euc-kr", "갈매기는 바다에 사는 새이다. 물고기를 먹고 하늘을 날아다닌다."},
		{"koi8-r", "Чайка это морская птица. Она ест рыбу и летает над водой."},
		{"windows-1251", "Чайка это морская птица. Она ест рыбу и летает над водой."},
		{"windows-1252", "Die Möwe ist ein Vogel, der über dem Meer fliegt; elle mange du poisson à la côte."},
		{"utf-8", "Чайка は 海鸥 – mouette à l’œil"},
	} {
		e, err := htmlindex.Get(c.name)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := e.NewEncoder().String(c.text)
		if err != nil {
			t.Fatal(err)
		}
		for how, p := range map[string]struct{ content, kind string }{
			"header":   {encoded, "text/html; charset=" + c.name},
			"meta":     {`<meta charset="` + c.name + `">` + encoded, "text/html"},
			"http":     {`<meta http-equiv="Content-Type" content="text/html; charset=` + c.name + `">` + encoded, ""},
			"guessing": {encoded, "text/html"},
		} {
			got, err := Parse([]byte(`<img src=a alt="`+p.content+`">`), "http://example.org", p.kind, "")
			if how == "meta" || how == "http" {
				got, err = Parse([]byte(p.content+`<img src=a alt="`+encoded+`">`), "http://example.org", p.kind, "")
			}
			if err != nil || len(got.Images) != 1 || got.Images[0].Alt != c.text || got.Charset != c.name {
				t.Errorf("%s by %s: taken for %s: %+v, %v", c.name, how, got.Charset, got.Images, err)
			}
		}
	}
	marked, err := Parse([]byte("\xef\xbb\xbf<img src=a alt=\"é\">"), "http://example.org", "text/html; charset=iso-8859-1", "")
	if err != nil || marked.Images[0].Alt != "é" {
		t.Errorf("a byte order mark: %+v, %v", marked, err)
	}
	wide, err := Parse([]byte("\xff\xfe<\x00i\x00m\x00g\x00 \x00s\x00r\x00c\x00=\x00a\x00>\x00"), "http://example.org", "", "")
	if err != nil || len(wide.Images) != 1 || wide.Charset != "utf-16le" || wide.Images[0].Before != "" {
		t.Errorf("UTF-16: %+v, %v", wide, err)
	}
}

func TestParse_HostilePages(t *testing.T) {
	for name, content := range map[string]string{
		"empty":      "",
		"deep":       strings.Repeat("<div>", 100_000) + "<img src=a>",
		"formatting": strings.Repeat("<b><i>", 50_000),
		"one tag":    "<img " + strings.Repeat("a=b ", 200_000),
		"zeros":      strings.Repeat("\x00", 1<<18),
		"images":     strings.Repeat("<img src=a alt=b>x", 5_000),
		"lies":       `<meta charset="shift_jis"><img src=a alt="` + strings.Repeat("\xff", 100) + `">`,
		"table":      strings.Repeat("<table><tr><td>", 20_000),
	} {
		began := time.Now()
		page, err := Parse([]byte(content), "http://example.org/", "", "xx-yy-zz")
		t.Logf("%s: %s", name, time.Since(began))
		if err == nil {
			for _, image := range page.Images {
				if len(image.Alt) > maxText || len(image.Before) > maxContext {
					t.Errorf("%s: %+v", name, image)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample), "text/html", "en")
	f.Add([]byte("<img src=a srcset='b 2x, c' alt=\xff>"), "text/html; charset=koi8-r", "")
	f.Fuzz(func(t *testing.T, content []byte, kind, language string) {
		page, err := Parse(content, "http://example.org/a", kind, language)
		if err != nil {
			return
		}
		for _, image := range page.Images {
			for _, text := range []string{image.Alt, image.Title, image.Caption, image.Before, image.After} {
				if strings.ToValidUTF8(text, "?") != text || len(text) > maxText {
					t.Errorf("text %q", text)
				}
			}
		}
	})
}
