package ingest

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"time"

	"github.com/pali3/pali3/ingest/page"
	"github.com/pali3/pali3/shards"
)

// Document is the kind of a text that is a whole document, without a picture.
const Document = "document"

// BadPage is the reason of a page that cannot be read.
const BadPage = "page"

// mention is a picture in a page, or a record that is one already: a document, or a reject.
type mention struct {
	record *shards.Record // if not nil, what follows is empty

	key, origin string
	address     string // of the page
	title       string // of the page
	fetched     time.Time
	image       page.Image
}

// mentionsOf yields a page's pictures.
func mentionsOf(p *page.Page, origin, address string, fetched time.Time) []mention {
	all := make([]mention, 0, len(p.Images))
	for i, image := range p.Images {
		all = append(all, mention{
			key:    shards.Hash([]byte(address + "\x00" + image.URL + "\x00" + image.Alt))[:32],
			origin: fmt.Sprintf("%s img %d", origin, i+1), address: address, title: p.Title, fetched: fetched, image: image,
		})
	}
	return all
}

// sample makes the mention's sample, the picture apart.
func (m *mention) sample() shards.Sample {
	s := shards.Sample{Key: m.key, Provenance: shards.Provenance{PageURL: m.address, FetchedAt: m.fetched}}
	if !strings.HasPrefix(m.image.URL, "data:") {
		s.Provenance.URL = m.image.URL
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

// join makes the mentions' records, after the first n, by all processors; get gets a picture that is not a data URI.
func join(ctx context.Context, mentions iter.Seq[mention], n int64, get func(*mention) (content []byte, reason string, err error)) iter.Seq[shards.Record] {
	rest := func(yield func(mention) bool) {
		left := n
		for m := range mentions {
			if left--; left < 0 && !yield(m) {
				return
			}
		}
	}
	return inOrder(ctx, rest, 2*runtime.GOMAXPROCS(0), func(_ context.Context, m mention) shards.Record {
		if m.record != nil {
			return *m.record
		}
		var content []byte
		var reason string
		var err error
		if data, ok := strings.CutPrefix(m.image.URL, "data:"); ok {
			reason = BadDataURI
			content, err = decodeDataURI(data)
		} else {
			content, reason, err = get(&m)
		}
		if err != nil {
			return shards.Bad(m.origin, m.key, reason, err)
		}
		s := m.sample()
		s.Images = []shards.Image{{Bytes: content}}
		return shards.Record{Sample: s, Origin: m.origin}
	})
}

// flatten yields the elements of lists.
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

// rejected is the mention of a reject.
func rejected(origin, reason string, err error) []mention {
	record := shards.Bad(origin, "", reason, err)
	return []mention{{record: &record}}
}
