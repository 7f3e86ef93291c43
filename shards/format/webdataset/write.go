// Package webdataset writes samples as tar files that the Python library webdataset, img2dataset's
// readers and [Read] read: the members of a record follow one another and share
// their name up to the first dot.
//
// [Write] gives every field of a sample back; [WriteImg2dataset] writes the output layout of
// img2dataset.
package webdataset

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

// Options of the files that [Write] makes.
type Options struct {
	Rows        int    // an archive ends at this many records; default 10,000
	Bytes       int64  // or at this size of images; default 1 GiB
	Compression string // "", "gz" or "zst"
}

func (o Options) withDefaults() Options {
	if o.Rows <= 0 {
		o.Rows = 10_000
	}
	if o.Bytes <= 0 {
		o.Bytes = 1 << 30
	}
	return o
}

// Write writes samples as dir/00000.tar and so on, and returns the names of the archives. Each
// appears when it is whole. A sample's members are its json (the whole sample without image bytes),
// its images, its first text as txt, and metadata cls as cls.
func Write(dir string, samples iter.Seq2[shards.Sample, error], o Options) (names []string, err error) {
	o = o.withDefaults()
	var a *archiveWriter
	defer func() {
		if a != nil {
			a.file.Abort()
		}
	}()
	row := 0
	for s, err := range samples {
		if err == nil && a == nil {
			name := fmt.Sprintf("%05d.tar", len(names))
			if o.Compression != "" {
				name += "." + o.Compression
			}
			a, err = create(filepath.Join(dir, name), o.Compression)
			names = append(names, name)
		}
		if err == nil {
			err = a.add(&s, memberName(s.Key, row))
		}
		if err != nil {
			return nil, fmt.Errorf("writing sample %d (%q): %w", row, s.Key, err)
		}
		row++
		if a.rows >= o.Rows || a.bytes >= o.Bytes {
			if err := a.commit(); err != nil {
				return nil, err
			}
			a = nil
		}
	}
	if a != nil {
		err, a = a.commit(), nil
	}
	return names, err
}

// plainKey are keys that can stand as a member's name.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_+=@,-]{1,120}(/[A-Za-z0-9_+=@,-]{1,120}){0,8}$`)

// memberName returns the name of a sample's members. The json has the key; another name than the
// key says no more than which row it is.
func memberName(key string, row int) string {
	if plainKey.MatchString(key) && !strings.HasPrefix(key, "row-") {
		return key
	}
	return fmt.Sprintf("row-%09d", row)
}

// archiveWriter is a tar file being written.
type archiveWriter struct {
	file  *atomicfile.File
	zip   io.WriteCloser // nil if not compressed
	tar   *tar.Writer
	rows  int
	bytes int64
}

func create(path, compression string) (*archiveWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	a := &archiveWriter{file: file}
	switch compression {
	case "":
		a.tar = tar.NewWriter(file)
		return a, nil
	case "gz":
		a.zip = gzip.NewWriter(file)
	case "zst":
		a.zip, err = zstd.NewWriter(file)
	default:
		err = fmt.Errorf("compression %q: gz and zst are legal", compression)
	}
	if err != nil {
		file.Abort()
		return nil, err
	}
	a.tar = tar.NewWriter(a.zip)
	return a, nil
}

func (a *archiveWriter) add(s *shards.Sample, name string) error {
	metadata, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := a.member(name+".json", metadata); err != nil {
		return err
	}
	for i := range s.Images {
		extension := extensionOf(s.Images[i].Format)
		if len(s.Images) > 1 {
			extension = fmt.Sprintf("%d.%s", i, extension)
		}
		if err := a.member(name+"."+extension, s.Images[i].Bytes); err != nil {
			return err
		}
		a.bytes += int64(len(s.Images[i].Bytes))
	}
	if len(s.Texts) > 0 {
		if err := a.member(name+".txt", []byte(s.Texts[0].Value)); err != nil {
			return err
		}
	}
	if class := s.Metadata["cls"]; class != "" {
		if err := a.member(name+".cls", []byte(class)); err != nil {
			return err
		}
	}
	a.rows++
	return nil
}

func extensionOf(format string) string {
	switch format {
	case "jpeg":
		return "jpg"
	case "":
		return "bin"
	}
	return format
}

// member writes a member whose header depends on nothing but its name and size.
func (a *archiveWriter) member(name string, content []byte) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644, Format: tar.FormatUSTAR}
	if len(name) > 100 {
		header.Format = tar.FormatPAX
	}
	if err := a.tar.WriteHeader(header); err != nil {
		return err
	}
	_, err := a.tar.Write(content)
	return err
}

func (a *archiveWriter) commit() error {
	defer a.file.Abort()
	if err := a.tar.Close(); err != nil {
		return err
	}
	if a.zip != nil {
		if err := a.zip.Close(); err != nil {
			return err
		}
	}
	return a.file.Commit()
}
