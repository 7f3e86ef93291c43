package crawl

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/shards"
)

// onePixel is a placeholder.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// seenIn reads a folder of pages and says which image, by its number, has which alternative text.
func seenIn(t *testing.T, files map[string]string) ([]string, ingest.Summary, map[string]string) {
	t.Helper()
	source, err := NewHTML(ingesttest.WriteFiles(t, t.TempDir(), files))
	samples, summary, reasons := ingesttest.Ingest(t, source, err)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(samples)) {
		s := samples[key]
		line := key
		for n := range 10 {
			if bytes.Equal(s.Images[0].Bytes, ingesttest.PNG(n)) {
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

func TestHTML_PrefersLazyImages(t *testing.T) {
	got, summary, reasons := seenIn(t, map[string]string{
		"page.html": `<html lang="en"><body><p><img class="lazyload" src="blank.gif" data-src="lighthouse.png" alt="a lighthouse at dusk"></p>
<p><img src="blank.gif" data-lazy-src="boat.png" alt="a sailing boat"></p><p><img src="plain.png" alt="a plain picture"></p>
<p><img src="small.png" data-src="https://cdn.example/large.png" alt="saved"></p><p><img src="wait.gif" data-src="gone.png" alt="gone"></p></body></html>`,
		"blank.gif": onePixel, "wait.gif": onePixel, "lighthouse.png": string(ingesttest.PNG(1)), "boat.png": string(ingesttest.PNG(2)), "plain.png": string(ingesttest.PNG(3)), "small.png": string(ingesttest.PNG(4)),
	})
	want := []string{"page.html#1 image 1 a lighthouse at dusk", "page.html#2 image 2 a sailing boat", "page.html#3 image 3 a plain picture", "page.html#4 image 4 saved"}
	if !slices.Equal(got, want) || summary.Rejected != 1 || reasons["page.html#5"] != ingest.NoImage {
		t.Errorf("%q, %v", got, reasons)
	}
	if summary.LeftOut[shards.LeftFile] != 1 || !slices.Equal(summary.LeftOutFirst[shards.LeftFile], []string{"blank.gif"}) {
		t.Errorf("left out %v %v", summary.LeftOut, summary.LeftOutFirst)
	}
}

func TestHTML_TakesLargestOfSrcset(t *testing.T) {
	got, summary, _ := seenIn(t, map[string]string{
		"page.html": "<p><img srcset=\"small.png 320w,\n     large.png 640w\" alt=\"a bridge\"></p><p><img srcset=\"small.png 1x,\tlarge.png 2x\" alt=\"a tower\"></p>" +
			`<picture><source type="image/avif" srcset="a.avif"><source type="image/webp" srcset="gone.webp, large.png 2x"><img src="small.png" alt="a pier"></picture>` +
			`<amp-img srcset="small.png 1x, large.png 3x" alt="a quay"></amp-img><picture><source srcset="gone.png 2x"><img src="small.png" alt="a mole"></picture>`,
		"small.png": string(ingesttest.PNG(1)), "large.png": string(ingesttest.PNG(2)), "a.avif": "\x00\x00\x00\x1cftypavif",
	})
	want := []string{"page.html#1 image 2 a bridge", "page.html#2 image 2 a tower", "page.html#3 image 2 a pier", "page.html#4 image 2 a quay", "page.html#5 image 1 a mole"}
	if !slices.Equal(got, want) || summary.Rejected != 0 {
		t.Errorf("%q, %+v", got, summary)
	}
}

func TestHTML_ResolvesAddressesLikeBrowsers(t *testing.T) {
	got, summary, reasons := seenIn(t, map[string]string{
		"a/page.html": "<p><img src=\"sale-50%.png\" alt=\"sale\"></p><p><img src=\"../plain.png\" alt=\"plain\"></p><p><img src=\"pictures/\nbroken.png\" alt=\"break\"></p>" +
			`<img src="pictures\broken.png" alt="backslash"><img src=" /plain%2Epng?v=1#x " alt="spaces"><img src="get.php?id=4" alt="query"><img src="http://[::1" alt="bad">` +
			`<img src="100%25.png" alt="encoded"><img src="name%20x.png" alt="as saved"><img alt="none"><template><img src=plain.png></template>`,
		"plain.png": string(ingesttest.PNG(1)), "a/sale-50%.png": string(ingesttest.PNG(2)), "a/pictures/broken.png": string(ingesttest.PNG(3)), "a/get.php?id=4": string(ingesttest.PNG(4)),
		"a/100%.png": string(ingesttest.PNG(5)), "a/name%20x.png": string(ingesttest.PNG(6)), "style.css": "", "unused.png": string(ingesttest.PNG(7)),
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

func TestHTML_NamesKindOfWrongFile(t *testing.T) {
	source, err := NewHTML(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.html": string(ingesttest.PNG(1)), "b.htm": "%PDF-1.4", "c.xht": "<img src=d.png>", "d.png": string(ingesttest.PNG(2))}))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
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
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"site/a.html": "<img src=a.png><img src=gone.png>", "site/a.png": string(ingesttest.PNG(1))})
	t.Chdir(dir)
	var before []string
	for _, name := range []string{"site", "./site", "site/../site/", filepath.Join(dir, "site")} {
		source, err := NewHTML(name)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			all = append(all, r.Origin+" "+r.Sample.Key)
		}
		if want := []string{"site/a.html img 1 a.html#1", "site/a.html img 2 a.html#2"}; !slices.Equal(all, want) || before != nil && !slices.Equal(all, before) {
			t.Errorf("%s: %q", name, all)
		}
		before = all
	}
}

func TestHTML_ReadsDataURIs(t *testing.T) {
	got, summary, _ := seenIn(t, map[string]string{"a.html": `<img src="data:image/png;base64,` + ingesttest.Base64Of(ingesttest.PNG(1)) + `" alt=a><img src="DATA:image/png;x=50%;base64,` + ingesttest.Base64Of(ingesttest.PNG(2)) + `" alt=b>`})
	if want := []string{"a.html#1 image 1 a", "a.html#2 image 2 b"}; !slices.Equal(got, want) {
		t.Errorf("%q, %+v", got, summary)
	}
}
