package crawl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/address"
	"github.com/pali3/pali3/ingest/internal/datauri"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/warc"
	"github.com/pali3/pali3/shards"
)

// archived is an index of the images in web archives: it maps the hash of a URL to a file and an
// offset. Images that cannot be reopened by offset (in archives whose records share one gzip
// member) are copied to a temporary file.
type archived struct {
	places map[uint64]imageAt
	moved  map[uint64]uint64 // a URL's hash -> the hash of the URL that it redirects to or is a copy of
	digest map[uint64]uint64 // the hash of an image's digest -> the hash of its URL, for copies that name no URL
	files  []input.File
	spool  *os.File
	size   int64 // of the spool
}

// imageAt is the location of an image: an offset in a file or, if file is -1, an offset and length
// in the spool.
type imageAt struct {
	file           int32
	offset, length int64
}

func newArchived() *archived {
	return &archived{places: map[uint64]imageAt{}, moved: map[uint64]uint64{}, digest: map[uint64]uint64{}}
}

func (a *archived) close() {
	for _, f := range a.files {
		f.Close()
	}
	if a.spool != nil {
		a.spool.Close()
		os.Remove(a.spool.Name())
	}
}

// addFile adds the images of an archive to the index. It stops at an error.
func (a *archived) addFile(stores shards.Stores, name string, m *input.Meter) {
	file, err := input.Open(stores, name)
	if err != nil {
		return
	}
	a.files = append(a.files, file)
	at := int32(len(a.files) - 1)
	for record, err := range archiveRecords(stores, name, m) {
		if errors.Is(err, warc.ErrLost) {
			continue
		}
		if err != nil || a.add(at, record) != nil {
			return
		}
	}
}

// add indexes a record if it is an image or refers to one. The first capture of a URL counts.
func (a *archived) add(file int32, record *warc.Record) error {
	hash := urlHash(record.URI)
	switch record.Type {
	case "revisit":
		other, has := a.digest[xxhash.Sum64String(record.Header["warc-payload-digest"])]
		if uri := record.Header["warc-refers-to-target-uri"]; uri != "" {
			other, has = urlHash(uri), true
		}
		if has && other != hash {
			a.moved[hash] = other
		}
		return nil
	case "response", "resource":
	default:
		return nil
	}
	p, err := payloadOf(record)
	if err != nil {
		return nil // the second pass reports it
	}
	if p.status >= 300 && p.status < 400 {
		a.redirect(hash, record.URI, p.header["location"])
		return nil
	}
	if _, there := a.places[hash]; there || !p.isOK() || !strings.HasPrefix(p.kind, "image/") {
		return nil
	}
	if digest := record.Header["warc-payload-digest"]; digest != "" {
		if sum := xxhash.Sum64String(digest); a.digest[sum] == 0 {
			a.digest[sum] = hash
		}
	}
	if record.Alone {
		a.places[hash] = imageAt{file: file, offset: record.Offset}
		return nil
	}
	return a.copy(hash, p.body)
}

func (a *archived) redirect(hash uint64, from, to string) {
	base, err := address.Parse(from, nil)
	if err != nil || to == "" {
		return
	}
	if target, err := address.Parse(to, base); err == nil && urlHash(target.String()) != hash {
		a.moved[hash] = urlHash(target.String())
	}
}

// copy copies an image to the spool.
func (a *archived) copy(hash uint64, body io.Reader) (err error) {
	if a.spool == nil {
		if a.spool, err = os.CreateTemp("", "pali3-images-*"); err != nil {
			return err
		}
	}
	n, err := io.Copy(io.NewOffsetWriter(a.spool, a.size), io.LimitReader(body, input.MaxImageFile+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	a.places[hash] = imageAt{file: -1, offset: a.size, length: n}
	a.size += n
	return nil
}

// urlHash hashes a URL but ignores what does not distinguish images: the scheme, the fragment, and
// unnecessary percent-encoding.
func urlHash(text string) uint64 {
	parsed, err := address.Parse(text, nil)
	if err != nil {
		return xxhash.Sum64String(text)
	}
	host := parsed.Host
	if parsed.Port != "" && parsed.Port != "80" && parsed.Port != "443" {
		host += ":" + parsed.Port
	}
	return xxhash.Sum64String(host + plainly(parsed.Path) + "?" + plainly(parsed.Query))
}

// plainly percent-decodes a part of a URL, except for characters whose meaning would change.
func plainly(part string) string {
	if !strings.Contains(part, "%") {
		return part
	}
	kept := strings.NewReplacer("%2F", "%2F\x00", "%2f", "%2F\x00", "%3F", "%3F\x00", "%3f", "%3F\x00", "%26", "%26\x00", "%23", "%23\x00")
	return address.Unescape(kept.Replace(part))
}

// place returns the location of a URL's image, and the hash of the URL that it was captured at.
func (a *archived) place(link string) (at imageAt, hash uint64, there bool) {
	hash = urlHash(link)
	at, there = a.places[hash]
	for range 5 {
		if there {
			break
		}
		hash = a.moved[hash]
		at, there = a.places[hash]
	}
	return at, hash, there
}

// get returns the image of a URL.
func (a *archived) get(link string) (content []byte, reason string, err error) {
	place, _, there := a.place(link)
	if !there {
		return nil, ingest.NoImage, fmt.Errorf("the archives have no image for %.500s", link)
	}
	content, err = a.read(place)
	if err != nil {
		return nil, ingest.Unreadable, err
	}
	if len(content) > input.MaxImageFile {
		return nil, ingest.TooLarge, fmt.Errorf("over %d bytes", input.MaxImageFile)
	}
	return content, "", nil
}

// andUnshown yields the mentions, then an aside that counts the images that none of them shows.
func (a *archived) andUnshown(ctx context.Context, mentions iter.Seq[mention]) iter.Seq[mention] {
	return func(yield func(mention) bool) {
		shown := map[uint64]struct{}{}
		for m := range mentions {
			for _, link := range append([]string{m.image.URL}, m.image.Others...) {
				if link == "" || datauri.Is(link) {
					continue
				}
				if _, hash, there := a.place(link); there {
					shown[hash] = struct{}{}
				}
			}
			if !yield(m) {
				return
			}
		}
		if n := len(a.places) - len(shown); n > 0 && ctx.Err() == nil {
			yield(aside("", shards.LeftOut{Reason: shards.LeftRecord, Name: "images that no page shows", N: int64(n)}))
		}
	}
}

func (a *archived) read(place imageAt) ([]byte, error) {
	if place.file < 0 {
		content := make([]byte, place.length)
		_, err := a.spool.ReadAt(content, place.offset)
		return content, err
	}
	record, err := warc.OpenAt(a.files[place.file], place.offset)
	if err != nil {
		return nil, err
	}
	p, err := payloadOf(record)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(p.body, input.MaxImageFile+1))
}
