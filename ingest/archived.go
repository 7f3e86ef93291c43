package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/ingest/warc"
)

// archived knows where the pictures of web archives are: by the hash of a URL, the file and the place in it. Pictures
// that cannot be found again by a place (archives whose records share one gzip member) are copied to a temporary file.
type archived struct {
	places map[uint64]pictureAt
	moved  map[uint64]uint64 // a URL's hash -> that of the URL it redirects to, or was a copy of
	files  []input
	spool  *os.File
	size   int64 // of the spool

}

// pictureAt is where a picture is: at an offset of a file, or, for file -1, so many bytes at an offset of the spool.
type pictureAt struct {
	file           int32
	offset, length int64
}

func newArchived() *archived {
	return &archived{places: map[uint64]pictureAt{}, moved: map[uint64]uint64{}}
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

// addFile notes the pictures of an archive. At an error it stops.
func (a *archived) addFile(name string, m *meter) {
	file, err := openInput(name)
	if err != nil {
		return
	}
	a.files = append(a.files, file)
	at := int32(len(a.files) - 1)
	for record, err := range archiveRecords(name, m) {
		if err != nil || a.add(at, record) != nil {
			return
		}
	}
}

// add notes a record if it is a picture, or says that one is elsewhere. The first capture of a URL counts.
func (a *archived) add(file int32, record *warc.Record) error {
	hash := urlHash(record.URI)
	body, kind := io.Reader(record), record.Kind
	switch {
	case record.Type == "revisit":
		if other := record.Header["warc-refers-to-target-uri"]; other != "" && urlHash(other) != hash {
			a.moved[hash] = urlHash(other)
		}
		return nil
	case record.Type == "response" && strings.HasPrefix(record.Kind, "application/http"):
		response, err := warc.ParseResponse(record)
		if err != nil {
			return nil // the second reading says so
		}
		if response.Status >= 300 && response.Status < 400 {
			a.redirect(hash, record.URI, response.Header["location"])
			return nil
		}
		if response.Status != 200 {
			return nil
		}
		body, kind = response.Body, response.Header["content-type"]
	case record.Type != "resource":
		return nil
	}
	if _, there := a.places[hash]; there {
		return nil
	}
	head := make([]byte, 512)
	n, _ := io.ReadFull(body, head)
	if !strings.HasPrefix(strings.ToLower(kind), "image/") && !strings.HasPrefix(http.DetectContentType(head[:n]), "image/") {
		return nil
	}
	if record.Alone {
		a.places[hash] = pictureAt{file: file, offset: record.Offset}
		return nil
	}
	return a.copy(hash, io.MultiReader(bytes.NewReader(head[:n]), body))
}

func (a *archived) redirect(hash uint64, from, to string) {
	base, err := url.Parse(from)
	if err != nil || to == "" {
		return
	}
	if target, err := base.Parse(to); err == nil && urlHash(target.String()) != hash {
		a.moved[hash] = urlHash(target.String())
	}
}

// copy keeps a picture in the spool.
func (a *archived) copy(hash uint64, body io.Reader) (err error) {
	if a.spool == nil {
		if a.spool, err = os.CreateTemp("", "pali3-pictures-*"); err != nil {
			return err
		}
	}
	n, err := io.Copy(io.NewOffsetWriter(a.spool, a.size), io.LimitReader(body, maxImageFile+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	a.places[hash] = pictureAt{file: -1, offset: a.size, length: n}
	a.size += n
	return nil
}

// urlHash hashes a URL without what does not tell pictures apart: the scheme, letter case of the host, fragment.
func urlHash(address string) uint64 {
	parsed, err := url.Parse(address)
	if err != nil {
		return xxhash.Sum64String(address)
	}
	host := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(parsed.Host), ":80"), ":443")
	path := parsed.EscapedPath()
	if path == "" {
		path = "/"
	}
	return xxhash.Sum64String(host + path + "?" + parsed.RawQuery)
}

// get returns the picture of a mention.
func (a *archived) get(m *mention) (content []byte, reason string, err error) {
	hash := urlHash(m.image.URL)
	place, there := a.places[hash]
	for range 5 {
		if there {
			break
		}
		hash = a.moved[hash]
		place, there = a.places[hash]
	}
	if !there {
		return nil, NoImage, fmt.Errorf("the archives have no picture of %.500s", m.image.URL)
	}
	content, err = a.read(place)
	if err != nil {
		return nil, Unreadable, err
	}
	if len(content) > maxImageFile {
		return nil, TooLarge, fmt.Errorf("over %d bytes", maxImageFile)
	}
	return content, "", nil
}

func (a *archived) read(place pictureAt) ([]byte, error) {
	if place.file < 0 {
		content := make([]byte, place.length)
		_, err := a.spool.ReadAt(content, place.offset)
		return content, err
	}
	record, err := warc.OpenAt(a.files[place.file], place.offset)
	if err != nil {
		return nil, err
	}
	body := io.Reader(record)
	if record.Type == "response" {
		response, err := warc.ParseResponse(record)
		if err != nil {
			return nil, err
		}
		body = response.Body
	}
	return io.ReadAll(io.LimitReader(body, maxImageFile+1))
}
