package page

import (
	"fmt"
	"strings"
	"testing"
)

// articles is a page of 60 articles, each with an image in a figure, text and links.
func articles() []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html lang="en"><head><title>Harbour news</title><meta charset="utf-8"></head><body><div id="main">`)
	for i := range 60 {
		fmt.Fprintf(&b, `<article class="post post-%d"><h2><a href="/news/%d">Ships of day %d</a></h2><figure class="wp-block-image">
<img class="wp-image-%d size-large" src="/uploads/2024/harbour-%d.jpg" alt="the harbour on day %d" title="Harbour" width="640" height="480">
<figcaption>The <b>harbour</b> in the evening</figcaption></figure>`, i, i, i, i, i, i)
		for j := range 6 {
			fmt.Fprintf(&b, `<p>Ship number %d came in with the tide, and <a href="/crew/%d">its crew</a> went ashore to see the town &amp; its gulls.</p>`, j, j)
		}
		b.WriteString(`<ul class="tags"><li>sea</li><li>ships</li></ul></article>`)
	}
	b.WriteString(`</div></body></html>`)
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	content := articles()
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		p, err := Parse(content, "https://news.example.org/archive/index.html", "text/html; charset=utf-8", "")
		if err != nil || len(p.Images) != 60 {
			b.Fatal(err)
		}
	}
}
