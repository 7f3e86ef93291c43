package crawl

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/ingest/internal/datauri"
	"github.com/pali3/pali3/ingest/internal/ordered"
	"github.com/pali3/pali3/ingest/internal/page"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// Document is the kind of a text that is a whole document without an image.
const Document = "document"

// BadPage is the reason for rejecting a page that cannot be read.
const BadPage = "page"

// mention is an image on a page, or a finished record: a document, a reject, or an aside.
type mention struct {
	record *shards.Record // if not nil, the other fields are empty

	key, origin string
	address     string // of the page
	title       string // of the page
	fetched     time.Time
	image       page.Image
}

// mentionsOf returns a page's images, and finally what was left out of the page. Key returns an
// image's key.
func mentionsOf(p *page.Page, origin, address string, fetched time.Time, key func(page.Image) string) []mention {
	all := make([]mention, 0, len(p.Images)+1)
	for _, image := range p.Images {
		m := mention{key: key(image), origin: fmt.Sprintf("%s img %d", origin, image.Number), address: address, title: p.Title, fetched: fetched, image: image}
		if image.Err != nil {
			all = append(all, m.reject(fetch.BadURL, fmt.Errorf("the address of the image, %.500q, cannot be read: %w", image.URL, image.Err)))
			continue
		}
		all = append(all, m)
	}
	return append(all, leftOutOf(p, origin, address)...)
}

// hashKey returns the function that makes the keys of a web page's images.
func hashKey(address string) func(page.Image) string {
	return func(image page.Image) string {
		return shards.Hash([]byte(address + "\x00" + image.URL + "\x00" + image.Alt))[:32]
	}
}

// leftOutOf returns an aside that counts a page's img elements that are not separate images.
func leftOutOf(p *page.Page, origin, address string) []mention {
	var left []shards.LeftOut
	for _, l := range []struct {
		n    int
		what string
	}{{p.NoAddress, "img without an address"}, {p.Copies, "img of noscript, copy of the one beside it"}, {p.Hidden, "img in a template or placeholder"}} {
		if l.n > 0 {
			left = append(left, shards.LeftOut{Reason: shards.LeftImage, Name: l.what + " in " + address, N: int64(l.n)})
		}
	}
	if left == nil {
		return nil
	}
	return []mention{aside(origin, left...)}
}

// sample makes the mention's sample without its image.
func (m *mention) sample(address string) shards.Sample {
	s := shards.Sample{Key: m.key, Provenance: shards.Provenance{PageURL: m.address, FetchedAt: m.fetched}}
	if !datauri.Is(address) {
		s.Provenance.URL = address
	}
	for _, text := range []struct{ kind, value string }{
		{shards.Alt, m.image.Alt}, {shards.Title, m.image.Title}, {shards.Caption, m.image.Caption},
	} {
		if text.value != "" {
			s.Texts = append(s.Texts, shards.Text{Kind: text.kind, Language: m.image.Language, Value: text.value})
		}
	}
	for name, value := range map[string]string{"page_title": m.title, "text_before": m.image.Before, "text_after": m.image.After} {
		if value == "" {
			continue
		}
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		s.Metadata[name] = value
	}
	return s
}

// getter returns the image at an address other than a data URI.
type getter func(address string) (content []byte, reason string, err error)

// join makes the records of the mentions after the first n, on all processors.
func join(ctx context.Context, mentions iter.Seq[mention], n int64, get getter) iter.Seq[shards.Record] {
	rest := func(yield func(mention) bool) {
		left := n
		for m := range mentions {
			if left--; left < 0 && !yield(m) {
				return
			}
		}
	}
	return ordered.Map(ctx, rest, 2*runtime.GOMAXPROCS(0), func(_ context.Context, m mention) shards.Record {
		if m.record != nil {
			return *m.record
		}
		address, content, reason, err := m.take(get)
		if err != nil {
			return shards.Bad(m.origin, m.key, reason, err)
		}
		s := m.sample(address)
		s.Images = []shards.Image{{Bytes: content}}
		return shards.Record{Sample: s, Origin: m.origin}
	})
}

// take gets the mention's image from its first address. If that has no image in a supported format,
// it takes the first other address that has one that is not a one-pixel placeholder.
func (m *mention) take(get getter) (address string, content []byte, reason string, err error) {
	address = m.image.URL
	content, reason, err = get.any(address)
	if err != nil && reason != ingest.NoImage || err == nil && imagefile.Reads(content) {
		return address, content, reason, err
	}
	for _, other := range m.image.Others {
		second, _, failure := get.any(other)
		if failure != nil || !imagefile.Reads(second) {
			continue
		}
		if info, failure := imagefile.Inspect(second); failure == nil && info.Width*info.Height > 1 {
			return other, second, "", nil
		}
	}
	if err != nil && len(m.image.Others) > 0 {
		err = fmt.Errorf("%w; its %d other addresses on the page have none either", err, len(m.image.Others))
	}
	return address, content, reason, err
}

// any returns the image at an address or in a data URI.
func (get getter) any(address string) (content []byte, reason string, err error) {
	if !datauri.Is(address) {
		return get(address)
	}
	content, err = datauri.Decode(encodeBarePercent(address[len("data:"):]))
	return content, ingest.BadDataURI, err
}

// encodeBarePercent encodes each "%" that does not begin an escape; browsers keep such a "%".
func encodeBarePercent(text string) string {
	if _, err := url.PathUnescape(text); err == nil {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(text[i])
		if text[i] == '%' && (i+2 >= len(text) || !isHexDigit(text[i+1]) || !isHexDigit(text[i+2])) {
			b.WriteString("25")
		}
	}
	return b.String()
}

func isHexDigit(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// flatten yields the elements of all lists.
func flatten[T any](lists iter.Seq[[]T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for list := range lists {
			for _, item := range list {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// reject returns the mention as a reject.
func (m *mention) reject(reason string, err error) mention {
	record := shards.Bad(m.origin, m.key, reason, err)
	return mention{record: &record}
}

// rejected returns a list with one reject.
func rejected(origin, reason string, err error) []mention {
	m := mention{origin: origin}
	return []mention{m.reject(reason, err)}
}

// aside returns a mention that only reports left-out items.
func aside(origin string, left ...shards.LeftOut) mention {
	record := shards.Aside(origin, left...)
	return mention{record: &record}
}
