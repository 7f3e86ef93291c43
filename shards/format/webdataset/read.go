package webdataset

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// Read yields the records of a WebDataset archive in order. The archive is plain or compressed with
// gzip, zstd or bzip2, which Read recognises by its bytes. Name is the archive's name, for origins.
// A damaged archive ends with one bad record.
//
// Members are read as GNU tar extracts them: sparse and contiguous files are files, a link to one
// of the last members is that member, and concatenated archives are read to the end of the last.
// What belongs to no sample is counted in [shards.Record.LeftOut] by file extension; folders are
// not counted. Read holds one record in memory, and up to 32 MiB of earlier members for links.
func Read(r io.Reader, name string) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		for record := range readArchive(r, name, false) {
			if !yield(record) {
				return
			}
		}
	}
}

// ReadMembers yields records as [Read] does, each with the content of its members by file
// extension, for callers that map members to samples themselves. An image is a []byte, a text a
// string, a .json file what encoding/json decodes with UseNumber. The fields of the record's own
// .json are there too, by name. A record that is rejected for having neither image nor text has
// members.
func ReadMembers(r io.Reader, name string) iter.Seq2[shards.Record, map[string]any] {
	return readArchive(r, name, true)
}

func readArchive(r io.Reader, name string, members bool) iter.Seq2[shards.Record, map[string]any] {
	return func(yield func(shards.Record, map[string]any) bool) {
		source, err := unpacked(r)
		if err != nil {
			yield(shards.Bad(name, "", shards.BadArchive, err), nil)
			return
		}
		defer source.close()
		a := &archiveReader{source: source, name: name, wantsMembers: members}
		for {
			record, ok := a.next()
			if !ok || !yield(record, a.members) {
				return
			}
		}
	}
}

// archiveReader assembles records from members that follow one another.
type archiveReader struct {
	source *tarSource
	tar    *tar.Reader
	name   string
	header *tar.Header // the first member of the next record
	last   string      // name of the member before it
	unread bool        // its content was not read to the end
	first  []byte      // of the archive, for messages
	left   tally       // of what belongs to no record
	recent recentMembers

	wantsMembers bool
	members      map[string]any // of the last record, if wanted

	err   error // that ended the archive between two records
	ended bool
}

// next returns the next record; ok is false at the end.
func (a *archiveReader) next() (record shards.Record, ok bool) {
	if a.tar == nil {
		a.first = a.source.peek(tarBlock)
		a.restart()
		a.advance()
	}
	a.members = nil
	if a.header == nil {
		return a.end()
	}
	key, _ := splitMember(a.header.Name)
	m := &members{key: key, origin: a.name + "#" + key}
	for a.header != nil && m.key == key {
		if !a.member(m) {
			a.header, a.ended = nil, true // the record itself says so
			break
		}
		a.advance()
		if a.header != nil {
			key, _ = splitMember(a.header.Name)
		}
	}
	if a.wantsMembers {
		a.members = m.values()
	}
	record = m.record()
	record.LeftOut = append(record.LeftOut, a.left...)
	a.left = nil
	return record, true
}

// end returns what remains to be said behind the last record.
func (a *archiveReader) end() (record shards.Record, ok bool) {
	switch {
	case a.err != nil:
		record = shards.Bad(a.name, "", shards.BadArchive, a.err)
		record.LeftOut = a.left
	case len(a.left) > 0:
		record = shards.Aside(a.name, a.left...)
	default:
		return shards.Record{}, false
	}
	a.err, a.left = nil, nil
	return record, true
}

// member adds the member at hand to its record; it returns false if the archive is broken.
func (a *archiveReader) member(m *members) bool {
	name := cleanMember(a.header.Name)
	a.last = a.header.Name
	if isFile(a.header) {
		whole, ok := m.read(name, a.header.Size, a.tar, func(content []byte) { a.recent.add(name, content) })
		a.unread = !whole
		return ok
	}
	a.unread = true
	if content, ok := a.recent.linked(a.header); ok {
		m.read(name, int64(len(content)), bytes.NewReader(content), func([]byte) {})
		return true
	}
	_, extension := splitMember(name)
	reason := shards.LeftMember
	if imagefile.HasImageEnding("." + extension) {
		reason = shards.LeftImage
	}
	m.left.add(reason, fmt.Sprintf(".%s (%s)", lastEnding(extension), typeOf(a.header)))
	return true
}

// advance moves to the next member that belongs to a sample.
func (a *archiveReader) advance() {
	for a.header = nil; a.err == nil && !a.ended; {
		header, err := a.nextHeader()
		if errors.Is(err, io.EOF) {
			a.ended = true
			return
		}
		if err != nil {
			a.err = err
			return
		}
		a.unread = true
		switch key, extension := splitMember(header.Name); {
		case header.Typeflag == tar.TypeDir, header.Typeflag == tar.TypeXGlobalHeader:
		case key == "" || extension == "" || strings.HasSuffix(key, "/") || strings.HasPrefix("/"+key, "/__MACOSX/"):
			a.left.add(shards.LeftMember, header.Name) // no name of a sample: .DS_Store, ._0001.jpg, README
		default:
			a.header = header
			return
		}
		a.last = header.Name
	}
}

// nextHeader returns the next member's header, io.EOF behind the last archive.
func (a *archiveReader) nextHeader() (*tar.Header, error) {
	behind := !a.unread && a.source.atZeros() // the end of an archive
	if behind {
		a.restart()
	}
	header, err := a.tar.Next()
	for errors.Is(err, io.EOF) && !a.source.spent() {
		behind = true
		a.restart()
		header, err = a.tar.Next()
	}
	if a.source.trailing {
		a.source.trailing = false
		a.left.add(shards.LeftMember, "bytes behind the end of the compressed data")
	}
	switch {
	case errors.Is(err, tar.ErrInsecurePath): // names are cleaned, and nothing is extracted
		return header, nil
	case behind && (errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF)):
		a.left.add(shards.LeftMember, "bytes behind the end of the archive")
		return nil, io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return nil, a.damage(err)
	}
	return header, err
}

// restart begins with the archive that follows, behind blocks of zeros.
func (a *archiveReader) restart() {
	a.source.skipZeros()
	a.tar = tar.NewReader(a.source)
}

// damage says in words what is wrong at a header.
func (a *archiveReader) damage(err error) error {
	if a.last == "" {
		if len(a.first) == 0 {
			return fmt.Errorf("unpacking the archive: %w", err)
		}
		if kind := imagefile.Kind(a.first); kind != "a tar archive" {
			return fmt.Errorf("no tar archive: this is %s%s", kind, hintFor(kind))
		}
		return fmt.Errorf("the archive's first header is damaged: %w", err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the archive is cut short behind member %q: fetch it again (%w)", a.last, err)
	}
	if errors.Is(err, tar.ErrHeader) {
		return fmt.Errorf("the archive is damaged behind member %q: what follows is no tar header (%w)", a.last, err)
	}
	return fmt.Errorf("the archive is damaged behind member %q: %w", a.last, err)
}

// isFile reports whether a member is a regular file, as GNU tar and Python's tarfile take it.
func isFile(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeCont || h.Typeflag == tar.TypeGNUSparse
}

// typeOf names the type of a member that is no file.
func typeOf(h *tar.Header) string {
	switch h.Typeflag {
	case tar.TypeLink:
		return "hard link"
	case tar.TypeSymlink:
		return "symbolic link"
	case tar.TypeChar, tar.TypeBlock:
		return "device"
	case tar.TypeFifo:
		return "named pipe"
	}
	return fmt.Sprintf("member of type %q", h.Typeflag)
}

// cleanMember returns a member's name below the archive's root, whatever it says.
func cleanMember(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// splitMember splits a member's name at the first dot of its last element.
func splitMember(name string) (key, extension string) {
	dir, base := path.Split(path.Clean("/" + name))
	stem, extension, _ := strings.Cut(base, ".")
	return strings.TrimPrefix(dir+stem, "/"), strings.ToLower(extension)
}

// lastEnding is what follows the last dot of an extension.
func lastEnding(extension string) string { return extension[strings.LastIndexByte(extension, '.')+1:] }
