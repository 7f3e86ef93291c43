// Package mds reads datasets of MosaicML Streaming (MDS): an index.json and shards, plain or
// compressed.
//
// A shard is the number of samples n (uint32, little endian), n+1 offsets (uint32), the writer's
// configuration as JSON, and the samples. A sample is the sizes (uint32) of the columns that have
// no fixed size, then the columns' bytes.
package mds

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/mapping"
)

const (
	maxIndex   = 256 << 20
	maxSample  = 512 << 20
	maxSamples = 1 << 28 // of a shard
)

// IndexName is the file of a dataset that lists its shards.
const IndexName = "index.json"

// BadSample is the reason of a sample whose bytes are not as the index says.
const BadSample = "sample"

// index is index.json.
type index struct {
	Version int     `json:"version"`
	Shards  []shard `json:"shards"`
}

type shard struct {
	Format      string   `json:"format"`
	Names       []string `json:"column_names"`
	Encodings   []string `json:"column_encodings"`
	Sizes       []*int   `json:"column_sizes"` // null: varies
	Compression *string  `json:"compression"`
	Samples     int      `json:"samples"`
	Raw         file     `json:"raw_data"`
	Zip         *file    `json:"zip_data"`
}

type file struct {
	Basename string            `json:"basename"`
	Bytes    int64             `json:"bytes"`
	Hashes   map[string]string `json:"hashes"`
}

// Read yields the samples of the dataset in dir, in order. Columns are taken by their encodings and
// common names, see package mapping; a sample without a key has the dataset's folder and its
// number. A damaged shard is one bad record, and the next shard follows. Only files below dir are
// read, whatever the index says.
func Read(dir string) iter.Seq[shards.Record] {
	return ReadMapped(dir, filepath.Base(dir), mapping.Mapping{})
}

// ReadMapped is [Read] with a name of the dataset, for origins and keys, and with a mapping.
func ReadMapped(dir, name string, m mapping.Mapping) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			yield(shards.Bad(name, "", shards.BadArchive, err))
			return
		}
		defer root.Close()
		ReadFS(root.FS(), name, m)(yield)
	}
}

// ReadFS is [ReadMapped] of a dataset in a file system.
func ReadFS(fsys fs.FS, name string, m mapping.Mapping) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		ix, err := readIndex(fsys)
		if err != nil {
			yield(shards.Bad(path.Join(name, IndexName), "", shards.BadArchive, err))
			return
		}
		d := &dataset{fsys: fsys, name: name, mapping: m}
		for i := range ix.Shards {
			if !d.read(&ix.Shards[i], yield) {
				return
			}
		}
	}
}

// dataset is a dataset being read.
type dataset struct {
	fsys    fs.FS
	name    string
	mapping mapping.Mapping
	n       int // samples so far
	plan    *mapping.Plan
	planned *shard // the shard that the plan is for
}

// planFor plans which columns of a shard are taken.
func (d *dataset) planFor(s *shard) (err error) {
	if d.planned != nil && slices.Equal(d.planned.Names, s.Names) && slices.Equal(d.planned.Encodings, s.Encodings) {
		return nil
	}
	d.plan, err = d.mapping.For(s.columns())
	d.planned = s
	return err
}

// Columns returns the columns of a dataset, as its first shard has them.
func Columns(fsys fs.FS) ([]mapping.Column, error) {
	ix, err := readIndex(fsys)
	if err != nil || len(ix.Shards) == 0 {
		return nil, err
	}
	return ix.Shards[0].columns(), nil
}

func readIndex(fsys fs.FS) (*index, error) {
	f, err := fsys.Open(IndexName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ix := &index{}
	if err := json.NewDecoder(io.LimitReader(f, maxIndex)).Decode(ix); err != nil {
		return nil, err
	}
	if ix.Version != 2 {
		return nil, fmt.Errorf("version %d, this reads 2", ix.Version)
	}
	for i := range ix.Shards {
		if err := ix.Shards[i].check(); err != nil {
			return nil, fmt.Errorf("shards[%d]: %w", i, err)
		}
	}
	return ix, nil
}

func (s *shard) check() error {
	switch {
	case s.Format != "mds":
		return fmt.Errorf("format %q, this reads mds", s.Format)
	case len(s.Names) != len(s.Encodings) || len(s.Names) != len(s.Sizes) || len(s.Names) == 0:
		return fmt.Errorf("%d names, %d encodings and %d sizes of columns", len(s.Names), len(s.Encodings), len(s.Sizes))
	case s.Samples < 0 || s.Samples > maxSamples:
		return fmt.Errorf("%d samples", s.Samples)
	}
	for _, size := range s.Sizes {
		if size != nil && (*size < 0 || *size > maxSample) {
			return fmt.Errorf("a column of %d bytes", *size)
		}
	}
	return nil
}

// read yields a shard's samples; it returns false if no more are wanted.
func (d *dataset) read(s *shard, yield func(shards.Record) bool) bool {
	fsys := d.fsys
	stored := &s.Raw
	if s.Zip != nil && s.Zip.Basename != "" {
		stored = s.Zip
		if s.Raw.Basename != "" && exists(fsys, s.Raw.Basename) {
			stored = &s.Raw
		}
	}
	origin := path.Join(d.name, stored.Basename)
	f, err := openWithin(fsys, stored.Basename)
	if err == nil {
		if err = d.planFor(s); err != nil {
			f.Close()
		}
	}
	if err != nil {
		return yield(shards.Bad(origin, "", shards.BadArchive, err))
	}
	defer f.Close()
	hashes := stored.hashers()
	plain, err := s.decompressed(stored, io.TeeReader(f, hashes))
	if err != nil {
		return yield(shards.Bad(origin, "", shards.BadArchive, err))
	}
	defer plain.Close()
	buffered := bufio.NewReaderSize(plain, 1<<20)
	more, err := d.samples(s, buffered, origin, yield)
	if !more {
		return false
	}
	if err == nil {
		if _, err = io.Copy(io.Discard, io.LimitReader(buffered, 1)); err == nil {
			io.Copy(hashes, f)
			err = hashes.check(stored.Hashes)
		}
	}
	if err != nil {
		return yield(shards.Bad(origin, "", shards.BadArchive, err))
	}
	return true
}

// openWithin opens a file that the index names.
func openWithin(fsys fs.FS, name string) (fs.File, error) {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return nil, fmt.Errorf("the index names %q, which escapes from the dataset", name)
	}
	return fsys.Open(clean)
}

func exists(fsys fs.FS, name string) bool {
	f, err := openWithin(fsys, name)
	if err == nil {
		f.Close()
	}
	return err == nil
}

// decompressed returns the shard's plain bytes, no more than the index says there are.
func (s *shard) decompressed(stored *file, r io.Reader) (io.ReadCloser, error) {
	if stored == &s.Raw {
		return io.NopCloser(r), nil
	}
	name := ""
	if s.Compression != nil {
		name, _, _ = strings.Cut(*s.Compression, ":")
	}
	switch name {
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(512<<20))
		if err != nil {
			return nil, err
		}
		return limited{io.LimitReader(d, s.Raw.Bytes), d.Close}, nil
	case "gz":
		d, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		return limited{io.LimitReader(d, s.Raw.Bytes), func() { d.Close() }}, nil
	}
	return nil, fmt.Errorf("compression %q is not read", name)
}

type limited struct {
	io.Reader
	close func()
}

func (l limited) Close() error { l.close(); return nil }

// samples yields the samples of a shard's plain bytes.
func (d *dataset) samples(s *shard, r io.Reader, origin string, yield func(shards.Record) bool) (more bool, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return true, err
	}
	if count := binary.LittleEndian.Uint32(head[:]); int64(count) != int64(s.Samples) {
		return true, fmt.Errorf("%d samples, the index says %d", count, s.Samples)
	}
	offsets, err := readOffsets(r, s.Samples+1)
	if err != nil {
		return true, fmt.Errorf("offsets: %w", err)
	}
	skip := int64(offsets[0]) - 4 - 4*int64(len(offsets)) // the configuration
	if skip < 0 {
		return true, fmt.Errorf("the first sample is at %d", offsets[0])
	}
	if _, err := io.CopyN(io.Discard, r, skip); err != nil {
		return true, err
	}
	for i := range s.Samples {
		if offsets[i+1] < offsets[i] || offsets[i+1]-offsets[i] > maxSample {
			return true, fmt.Errorf("sample %d is from %d to %d", i, offsets[i], offsets[i+1])
		}
		content, err := io.ReadAll(io.LimitReader(r, int64(offsets[i+1]-offsets[i])))
		if err == nil && len(content) < int(offsets[i+1]-offsets[i]) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return true, fmt.Errorf("sample %d: %w", i, err)
		}
		record := s.record(content, fmt.Sprintf("%s-%d", d.name, d.n), d.plan)
		record.Origin = fmt.Sprintf("%s#%d", origin, i)
		d.n++
		if !yield(record) {
			return false, nil
		}
	}
	return true, nil
}

// readOffsets reads n offsets, and takes memory only as they come.
func readOffsets(r io.Reader, n int) ([]uint32, error) {
	var offsets []uint32
	block := make([]byte, 4*min(n, 1<<16))
	for len(offsets) < n {
		b := block[:4*min(n-len(offsets), 1<<16)]
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		for i := 0; i < len(b); i += 4 {
			offsets = append(offsets, binary.LittleEndian.Uint32(b[i:]))
		}
	}
	return offsets, nil
}

// split cuts a sample into its columns.
func (s *shard) split(b []byte) ([][]byte, error) {
	columns := make([][]byte, len(s.Names))
	sizes := make([]uint32, len(s.Names))
	for i, size := range s.Sizes {
		if size != nil {
			sizes[i] = uint32(*size)
			continue
		}
		if len(b) < 4 {
			return nil, errors.New("the sizes are cut short")
		}
		sizes[i], b = binary.LittleEndian.Uint32(b), b[4:]
	}
	for i, size := range sizes {
		if uint64(size) > uint64(len(b)) {
			return nil, fmt.Errorf("column %s of %d bytes with %d left", s.Names[i], size, len(b))
		}
		columns[i], b = b[:size:size], b[size:]
	}
	if len(b) > 0 {
		return nil, fmt.Errorf("%d bytes behind the last column", len(b))
	}
	return columns, nil
}

// hashers are the hashes of a file that this package knows.
type hashers map[string]hash.Hash

func (h hashers) Write(b []byte) (int, error) {
	for _, one := range h {
		one.Write(b)
	}
	return len(b), nil
}

func (h hashers) check(want map[string]string) error {
	for name, one := range h {
		if got := fmt.Sprintf("%x", one.Sum(nil)); !strings.EqualFold(got, want[name]) {
			return fmt.Errorf("%s is %s, the index says %s", name, got, want[name])
		}
	}
	return nil
}
