package page

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// seen says where the images of a page are: the first choice, and in brackets the others.
func seen(t *testing.T, body string) []string {
	t.Helper()
	p, err := Parse([]byte("<body>"+body), "http://a.example/", "text/html; charset=utf-8", "")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range p.Images {
		line := fmt.Sprintf("%d %s", i.Number, strings.ReplaceAll(i.URL, "http://a.example/", ""))
		if len(i.Others) > 0 {
			line += strings.ReplaceAll(fmt.Sprint(i.Others), "http://a.example/", "")
		}
		if i.Err != nil {
			line += " unreadable"
		}
		if i.Alt != "" {
			line += " = " + i.Alt
		}
		all = append(all, line)
	}
	for name, n := range map[string]int{"no address": p.NoAddress, "copies": p.Copies, "hidden": p.Hidden} {
		if n > 0 {
			all = append(all, fmt.Sprintf("%s %d", name, n))
		}
	}
	return all
}

func TestParse_TakesTheImageThatAReaderSees(t *testing.T) {
	const gif = `data:image/gif;base64,R0lGODlhAQABAAAAACw=`
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"lazy":                  {`<img class=lazyload src=x.gif data-src=l.png alt=l>`, []string{"1 l.png[x.gif] = l"}},
		"lazy, a placeholder":   {`<img src=blank.gif data-lazy-src=l.png>`, []string{"1 l.png"}},
		"lazy, a data URI":      {`<img src="` + gif + `" data-original=l.png>`, []string{"1 l.png"}},
		"lazy, without src":     {`<img data-lazy=l.png><img data-original-set="l.png 1x, m.png 2x">`, []string{"1 l.png", "2 m.png[l.png]"}},
		"lazy srcset":           {`<img src=x.jpg data-src=a.jpg data-srcset="b.jpg 300w, c.jpg 600w">`, []string{"1 c.jpg[b.jpg a.jpg x.jpg]"}},
		"lazy and eager srcset": {`<img src=x.jpg srcset="y.jpg 2x" data-srcset="b.jpg 2x">`, []string{"1 b.jpg[y.jpg x.jpg]"}},
		"the same twice":        {`<img src=l.png data-src=l.png>`, []string{"1 l.png"}},
		"one for several":       {`<img src=wait.svg data-src=a.png><img src=wait.svg data-src=b.png>`, []string{"1 a.png", "2 b.png"}},
		"switches":              {`<img src=a.png data-lazy=true><img src=b.png data-src="#b"><img src=c.png data-original='{"u":"x.png"}'><img src=d.png data-src="{{x.png}}">`, []string{"1 a.png", "2 b.png", "3 c.png", "4 d.png"}},
		"another script":        {`<img class="lazy" src=x.svg data-pic=a.png><img src=none.gif file=b.jpg><img src=c.png data-avatar=d.png><img class=lazy loading=lazy src=e.png data-avatar=d.png>`, []string{"1 a.png[x.svg]", "2 b.jpg", "3 c.png", "4 e.png"}},
		"widths":                {`<img data-src="a_{width}x.jpg" data-widths="[180, 720, 360]">`, []string{"1 a_720x.jpg"}},
		"srcset":                {`<img src=s.png srcset="s.png 320w, l.png 640w">`, []string{"1 l.png[s.png]"}},
		"picture": {`<picture><source type=image/avif srcset=a.avif><source media="(max-width: 600px)" srcset=m.jpg>` +
			`<source type="image/webp" srcset="w.webp, w2.webp 2x"><img src=j.jpg alt=x></picture>`, []string{"1 w2.webp[w.webp j.jpg] = x"}},
		"picture without src":       {`<picture><source srcset="a.png 1x, b.png 2x"><img alt=x></picture>`, []string{"1 b.png[a.png] = x"}},
		"picture without src, lazy": {`<picture><source srcset="` + gif + `" data-srcset="a.jpg 1x"><img class=lazyload alt=x></picture>`, []string{"1 a.jpg = x"}},
		"picture, light and large":  {`<picture><source media="(prefers-color-scheme: dark)" srcset=d.png><source media="(min-width: 75em) and (orientation: landscape)" srcset=l.png><img src=s.png></picture>`, []string{"1 l.png[s.png]"}},
		"picture, unreadable only":  {`<picture><source type=image/avif srcset=a.avif><img></picture>`, []string{"1 a.avif"}},
		"picture, type by ending":   {`<picture><source srcset="a.avif?w=1"><img src=j.jpg></picture>`, []string{"1 j.jpg"}},
		"noscript after":            {`<img src="` + gif + `" alt=x><noscript><img src=a.png alt=x></noscript>`, []string{"1 a.png = x", "copies 1"}},
		"noscript before":           {`<noscript><img src=a.png alt=x></noscript> <img class=lazyload data-src=a.png>`, []string{"1 a.png = x", "copies 1"}},
		"noscript, larger":          {`<img data-src=l.png alt=x><noscript><img src=a.png alt=x></noscript>`, []string{"1 l.png[a.png] = x", "copies 1"}},
		"noscript, of each": {`<img src="` + gif + `" alt=x><noscript><img src=a.png alt=x></noscript><img src="` + gif + `" alt=y><noscript><img src=b.png alt=y></noscript>`,
			[]string{"1 a.png = x", "3 b.png = y", "copies 2"}},
		"noscript, a tracker":    {`<img src=a.png alt=x><noscript><img src=//t.example/t.gif></noscript>`, []string{"1 a.png = x", "2 http://t.example/t.gif"}},
		"AMP":                    {`<amp-img src=a.png srcset="a.png 1x, b.png 2x" alt=x><amp-img placeholder src=p.png></amp-img><noscript><img src=a.png></noscript></amp-img>`, []string{"1 b.png[a.png] = x", "copies 1", "hidden 1"}},
		"percent and line break": {"<img src='sale-50%.png'><img src='b\nc.png'>", []string{"1 sale-50%.png", "2 bc.png"}},
		"no address":             {`<img alt=x><img src=""><template><img src=a.png></template>`, []string{"no address 2", "hidden 1"}},
		"unreadable":             {`<img src="http://a b/"><img src="http://a:b/" data-src=ok.png>`, []string{"1 http://a b/ unreadable", "2 ok.png"}},
	} {
		got := seen(t, c.body)
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestParse_BaseAndEncoding(t *testing.T) {
	p, err := Parse([]byte("<meta charset=koi8-r><base href='//c.example/d/'><base href=/e/><img src='\xde?\xde'>"), "http://a.example/", "", "")
	if err != nil || len(p.Images) != 1 || p.Images[0].URL != "http://c.example/d/%D1%87?%DE" {
		t.Errorf("%+v, %v", p, err)
	}
	p, err = Parse([]byte("<img src=a.png><img src=http://a.example/b.png>"), "not an address", "", "")
	if err != nil || len(p.Images) != 2 || p.Images[0].Err == nil || p.Images[1].Err != nil {
		t.Errorf("%+v, %v", p, err)
	}
}
