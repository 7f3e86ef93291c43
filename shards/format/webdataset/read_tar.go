package webdataset

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/pali3/pali3/internal/decompress"
	"github.com/pali3/pali3/internal/imagefile"
)

const (
	tarBlock  = 512
	maxRecent = 32 << 20 // of members kept for links, in bytes
)

// tarSource is the content of an archive, and how far it was read.
type tarSource struct {
	*bufio.Reader
	n        int64 // bytes read since the last archive began
	trailing bool  // there were bytes behind the end of the compressed data
	close    func()
}

// Read implements [io.Reader].
func (s *tarSource) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	s.n += int64(n)
	return n, err
}

// peek returns up to n bytes that come next.
func (s *tarSource) peek(n int) []byte {
	b, _ := s.Reader.Peek(n)
	return bytes.Clone(b)
}

var zeroBlock = make([]byte, tarBlock)

// atZeros reports whether a block of zeros follows a member that was read to its end, and passes
// over the padding before it. (The reader of Go's tar takes one such block alone for damage.)
func (s *tarSource) atZeros() bool {
	padding := int(-s.n & (tarBlock - 1))
	next, _ := s.Reader.Peek(padding + tarBlock)
	if len(next) < padding+tarBlock || next[padding] != 0 || !bytes.Equal(next[padding:], zeroBlock) {
		return false
	}
	s.Reader.Discard(padding)
	return true
}

// skipZeros passes over blocks of zeros; what follows is the beginning of an archive.
func (s *tarSource) skipZeros() {
	for s.n = 0; ; {
		next, err := s.Reader.Peek(tarBlock)
		if len(bytes.Trim(next, "\x00")) > 0 || len(next) == 0 || err != nil && !errors.Is(err, io.EOF) {
			return
		}
		s.Reader.Discard(len(next))
	}
}

// spent reports whether nothing follows.
func (s *tarSource) spent() bool {
	_, err := s.Reader.Peek(1)
	return errors.Is(err, io.EOF)
}

// unpacked tells by the first bytes how an archive is compressed.
func unpacked(r io.Reader) (*tarSource, error) {
	packed := bufio.NewReaderSize(r, 1<<20)
	s := &tarSource{Reader: packed, close: func() {}}
	magic, err := packed.Peek(tarBlock)
	if len(magic) == 0 && err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the archive is empty: 0 bytes")
		}
		return nil, err
	}
	format := decompress.Of(magic)
	switch {
	case format == decompress.Bzip2 && isTar(magic): // a member's name
	case format == decompress.Gzip, format == decompress.Zstd, format == decompress.Bzip2:
		content, free, err := decompress.New(packed, format)
		if err != nil {
			return nil, err
		}
		s.Reader, s.close = bufio.NewReaderSize(&untilTrailing{s, content}, 1<<20), free
	case !isTar(magic):
		if kind := imagefile.Kind(magic); hintFor(kind) != "" {
			return nil, fmt.Errorf("no tar archive: this is %s%s", kind, hintFor(kind))
		}
	}
	return s, nil
}

// untilTrailing ends at bytes that follow the compressed data, and tells of them.
type untilTrailing struct {
	told    *tarSource
	content io.Reader
}

// Read implements [io.Reader].
func (u *untilTrailing) Read(b []byte) (int, error) {
	n, err := u.content.Read(b)
	if errors.Is(err, decompress.ErrTrailing) {
		u.told.trailing, err = true, io.EOF
	}
	return n, err
}

// isTar reports whether a block may begin a tar archive: one with a magic, whatever its member's
// name, which may be BZh.txt.
func isTar(block []byte) bool {
	return len(block) >= 262 && string(block[257:262]) == "ustar" || len(block) > 0 && block[0] == 0
}

// hints say what to do with a file that is no tar archive, by what [imagefile.Kind] calls it.
var hints = map[string]string{
	"a zip archive":        "unpack it with unzip, and read it with pali3 ingest folder",
	"a 7z archive":         "unpack it with 7z x, and read it with pali3 ingest folder",
	"a RAR archive":        "unpack it with unrar x, and read it with pali3 ingest folder",
	"xz data":              "pass it through xz -dc, as in xz -dc FILE | pali3 ingest webdataset -",
	"LZ4 data":             "pass it through lz4 -dc, as in lz4 -dc FILE | pali3 ingest webdataset -",
	"a Parquet file":       "read it with pali3 ingest table",
	"an Arrow file":        "read it with pali3 ingest arrow",
	"a WARC archive":       "read it with pali3 ingest warc",
	"a PDF document":       "read it with pali3 ingest pdf",
	"an HTML page":         "perhaps what a server said instead of sending the archive",
	"an XML document":      "perhaps what a server said instead of sending the archive",
	"JSON or text like it": "tables of JSON lines are read with pali3 ingest table",
	"an HDF5 file":         "convert it to a tar archive or a Parquet file first",
	"a NumPy array":        "convert it to a tar archive or a Parquet file first",
	"an SQLite database":   "convert it to a tar archive or a Parquet file first",
	"a Git LFS pointer, not the file that it points to": "fetch the file with git lfs pull",
}

// hintFor returns what to do with a kind of file, to follow its name in a message.
func hintFor(kind string) string {
	if hint := hints[kind]; hint != "" {
		return "; " + hint
	}
	return ""
}

// recentMembers are contents of the members read last, for links to them.
type recentMembers struct {
	content map[string][]byte
	names   []string // the oldest first; one that came twice is here twice
	size    int
}

func (r *recentMembers) add(name string, content []byte) {
	if r.content == nil {
		r.content = map[string][]byte{}
	}
	r.size += len(content) - len(r.content[name])
	r.content[name] = content
	r.names = append(r.names, name)
	for (r.size > maxRecent || len(r.names) > maxMembers) && len(r.names) > 0 {
		r.size -= len(r.content[r.names[0]])
		delete(r.content, r.names[0])
		r.names = r.names[1:]
	}
}

// linked returns the content of the member that a link leads to.
func (r *recentMembers) linked(h *tar.Header) (content []byte, ok bool) {
	switch {
	case h.Typeflag == tar.TypeLink, h.Typeflag == tar.TypeSymlink && strings.HasPrefix(h.Linkname, "/"):
		content, ok = r.content[cleanMember(h.Linkname)]
	case h.Typeflag == tar.TypeSymlink:
		content, ok = r.content[cleanMember(path.Dir("/"+h.Name)+"/"+h.Linkname)]
	}
	return content, ok
}
