package shards

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// Bounds of a member of a WebDataset archive, in bytes.
const (
	maxImageMember = 256 << 20
	maxTextMember  = 16 << 20
	maxMembers     = 4096      // of one record
	maxWindow      = 128 << 20 // of zstd
)

// Record is what a source yields: a sample, or the reason why there is none.
type Record struct {
	Sample Sample
	Origin string // file and row, or member, it came from
	Reason string // of a reject: a short name, for counting; empty for a sample
	Err    error  // of a reject

	LeftOut []LeftOut // what the source left out of the record, or right before it
	aside   bool      // the record is nothing but that
}

// Bad returns the record of a reject.
func Bad(origin, key, reason string, err error) Record {
	return Record{Sample: Sample{Key: key}, Origin: origin, Reason: reason, Err: err}
}

// Reasons why a member or an archive gives no sample.
const (
	BadArchive  = "archive"   // the archive is damaged from here on
	TooLarge    = "too_large" // a member is over the limit
	BadMetadata = "metadata"  // the json member is not understood
	BadText     = "text"      // a text is not UTF-8
	NoContent   = "empty"     // neither image nor text
)

// imageExtensions are the members taken as images.
var imageExtensions = map[string]bool{"png": true, "jpg": true, "jpeg": true, "gif": true, "webp": true, "bmp": true}

// ReadWebDataset yields the records of a WebDataset archive, plain, gzipped or zstd, in order. It holds one
// record in memory. Name is the archive's, for origins. A damaged archive ends in one bad record.
func ReadWebDataset(r io.Reader, name string) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		buffered := bufio.NewReaderSize(r, 1<<20)
		var source io.Reader = buffered
		if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
			unzipped, err := gzip.NewReader(buffered)
			if err != nil {
				yield(Bad(name, "", BadArchive, err))
				return
			}
			source = unzipped
		} else if magic, _ := buffered.Peek(4); bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			unzipped, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
			if err != nil {
				yield(Bad(name, "", BadArchive, err))
				return
			}
			defer unzipped.Close()
			source = unzipped
		}
		a := &archive{tar: tar.NewReader(source), name: name}
		for {
			record, ok := a.next()
			if !ok || !yield(record) {
				return
			}
		}
	}
}

// archive assembles records from members that follow one another.
type archive struct {
	tar     *tar.Reader
	name    string
	header  *tar.Header // the first member of the next record
	err     error       // that ended the archive between two records
	broken  bool        // the archive ended within a record
	started bool
}

// next returns the next record; ok is false at the end.
func (a *archive) next() (record Record, ok bool) {
	if !a.started {
		a.started = true
		a.advance()
	}
	if a.header == nil {
		if a.err == nil {
			return Record{}, false
		}
		record = Bad(a.name, "", BadArchive, a.err)
		a.err = nil
		return record, true
	}
	key, _ := splitMember(a.header.Name)
	m := &members{key: key, origin: a.name + "#" + key}
	for a.header != nil && m.key == key {
		if _, extension := splitMember(a.header.Name); !m.add(extension, a.header.Size, a.tar) {
			a.header, a.broken = nil, true // the record itself says so
			break
		}
		a.advance()
		if a.header != nil {
			key, _ = splitMember(a.header.Name)
		}
	}
	return m.record(), true
}

// advance moves to the next regular member.
func (a *archive) advance() {
	for a.header = nil; a.err == nil && !a.broken; {
		header, err := a.tar.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			a.err = err
			return
		}
		if header.Typeflag == tar.TypeReg && !strings.HasPrefix(path.Base(header.Name), "._") {
			a.header = header
			return
		}
	}
}

// splitMember splits a member's name at the first dot of its last element.
func splitMember(name string) (key, extension string) {
	dir, base := path.Split(path.Clean("/" + name))
	stem, extension, _ := strings.Cut(base, ".")
	return strings.TrimPrefix(dir+stem, "/"), strings.ToLower(extension)
}

// members are those of one record.
type members struct {
	key, origin string
	n           int
	images      []Image
	metadata    []byte
	text        []byte
	class       []byte
	reason      string
	err         error
}

// add reads a member; it returns false if the stream is broken.
func (m *members) add(extension string, size int64, r io.Reader) bool {
	m.n++
	kind := extension[strings.LastIndexByte(extension, '.')+1:]
	limit := int64(maxTextMember)
	if imageExtensions[kind] {
		limit = maxImageMember
	} else if kind != "json" && kind != "txt" && kind != "caption" && kind != "cls" {
		return true // a member of a kind that samples do not have
	}
	if m.n > maxMembers || size > limit {
		m.reject(TooLarge, fmt.Errorf("member .%s of %d bytes, number %d of its record: the limits are %d and %d", extension, size, m.n, limit, maxMembers))
		return true
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		m.reject(BadArchive, fmt.Errorf("member .%s: %w", extension, err))
		return false
	}
	switch {
	case imageExtensions[kind]:
		m.images = append(m.images, Image{Bytes: content})
	case kind == "json":
		m.metadata = content
	case kind == "cls":
		m.class = content
	default:
		m.text = content
	}
	return true
}

func (m *members) reject(reason string, err error) {
	if m.err == nil {
		m.reason, m.err = reason, err
	}
}

// record assembles the sample.
func (m *members) record() Record {
	if m.err != nil {
		return Bad(m.origin, m.key, m.reason, m.err)
	}
	s := Sample{}
	if m.metadata != nil {
		if err := DecodeMetadata(m.metadata, &s); err != nil {
			return Bad(m.origin, m.key, BadMetadata, err)
		}
	}
	if s.Key == "" {
		s.Key = m.key
	}
	described := s.Images
	s.Images = m.images
	for i := range min(len(described), len(s.Images)) {
		s.Images[i].SHA256 = described[i].SHA256
	}
	if len(m.text) > 0 {
		if !utf8.Valid(m.text) {
			return Bad(m.origin, m.key, BadText, errors.New("the .txt member is not UTF-8"))
		}
		s.AddText(strings.TrimSpace(string(m.text)))
	}
	if class := strings.TrimSpace(string(m.class)); class != "" && s.Metadata["cls"] == "" {
		if !utf8.Valid(m.class) {
			return Bad(m.origin, m.key, BadText, errors.New("the .cls member is not UTF-8"))
		}
		if s.Metadata == nil {
			s.Metadata = map[string]string{}
		}
		s.Metadata["cls"] = class
	}
	if len(s.Images) == 0 && len(s.Texts) == 0 {
		return Bad(m.origin, m.key, NoContent, errors.New("neither image nor text"))
	}
	return Record{Sample: s, Origin: m.origin}
}

// AddText adds an alternative text of unknown language, unless the sample has a text of that value.
func (s *Sample) AddText(value string) {
	for i := range s.Texts {
		if s.Texts[i].Value == value {
			return
		}
	}
	if value != "" {
		s.Texts = append(s.Texts, Text{Kind: Alt, Value: value})
	}
}

// sampleFields are the json names of a [Sample].
var sampleFields = map[string]bool{"key": true, "split": true, "images": true, "texts": true, "questions": true,
	"boxes": true, "provenance": true, "scores": true, "metadata": true}

// DecodeMetadata reads a record's json: the names of [Sample]; img2dataset's caption and url; other
// fields become metadata.
func DecodeMetadata(content []byte, s *Sample) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(content, &fields); err != nil {
		return fmt.Errorf("reading the .json member: %w", err)
	}
	own := map[string]json.RawMessage{}
	other := map[string]string{}
	var caption, url string
	for name, raw := range fields {
		switch {
		case sampleFields[name] && !(name == "key" && raw[0] != '"'):
			own[name] = raw
		case name == "caption" || name == "url":
			var value *string
			if err := json.Unmarshal(raw, &value); err != nil {
				return fmt.Errorf("field %s of the .json member: %w", name, err)
			}
			if value != nil && name == "caption" {
				caption = *value
			} else if value != nil {
				url = *value
			}
		default:
			other[name] = plain(raw)
		}
	}
	joined, err := json.Marshal(own)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(joined, s); err != nil {
		return fmt.Errorf("reading the .json member: %w", err)
	}
	s.AddText(caption)
	if s.Provenance.URL == "" {
		s.Provenance.URL = url
	}
	for name, value := range other {
		if _, taken := s.Metadata[name]; !taken && value != "" {
			if s.Metadata == nil {
				s.Metadata = map[string]string{}
			}
			s.Metadata[name] = value
		}
	}
	return nil
}

// plain shows a json value as text: strings without quotes, null as nothing.
func plain(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
