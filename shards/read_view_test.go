package shards

import (
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go/format"
)

// reading counts the bytes that are read, by several goroutines.
type reading struct {
	io.ReaderAt
	bytes atomic.Int64
}

func (r *reading) ReadAt(b []byte, at int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(b, at)
	r.bytes.Add(int64(n))
	return n, err
}

func big(i int) Sample {
	s := sample(i)
	s.Images = []Image{{Bytes: make([]byte, 50_000+i), Format: "png", Width: int32(i)}}
	s.Images[0].Bytes[i] = byte(i)
	return s
}

func writeBig(t *testing.T, rows int) *Dataset { return writeGroups(t, rows, 1<<20) }

func writeGroups(t *testing.T, rows int, groupBytes int64) *Dataset {
	t.Helper()
	dir := t.TempDir()
	w, err := Create(dir, Limits{GroupBytes: groupBytes})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Append(big(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestReadingCaptionsTouchesNoImage(t *testing.T) {
	d := writeBig(t, 100)
	p, err := openedPartOf(d)
	if err != nil {
		t.Fatal(err)
	}
	counted := &reading{ReaderAt: p.r}
	p.r = counted
	texts, err := d.Select("key", "texts")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for s, err := range texts.Scan() {
		if err != nil {
			t.Fatal(err)
		}
		want := Sample{Key: big(rows).Key, Texts: big(rows).Texts}
		if diff := cmp.Diff(want, *s, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", rows, diff)
		}
		rows++
	}
	if rows != 100 || counted.bytes.Load() > 30_000 {
		t.Errorf("%d rows by reading %d bytes", rows, counted.bytes.Load())
	}
	counted.bytes.Store(0)
	if s, err := d.Row(57); err != nil || len(s.Images[0].Bytes) != 50_057 || s.Images[0].Bytes[57] != 57 {
		t.Errorf("row 57: %v", err)
	}
	if counted.bytes.Load() > 70_000 {
		t.Errorf("one row of 50 kB took %d bytes", counted.bytes.Load())
	}
}

func TestWhere(t *testing.T) {
	d := writeBig(t, 100)
	p, err := openedPartOf(d)
	if err != nil {
		t.Fatal(err)
	}
	counted := &reading{ReaderAt: p.r}
	p.r = counted
	for _, c := range []struct {
		filters []Filter
		want    int
		most    int64 // bytes read; 0 for any
	}{
		{[]Filter{Equal("split", "train")}, 50, 0},
		{[]Filter{Equal("split", "none")}, 0, 0},
		{[]Filter{{"key", "k0010", "k0019"}}, 10, 2 << 20},
		{[]Filter{{"key", "k0010", nil}, {"key", nil, "k0014"}, Equal("split", "held_out")}, 2, 2 << 20},
		{[]Filter{{"images.width", 95, nil}}, 5, 2 << 20},
		{[]Filter{{"images.width", nil, 4.5}}, 5, 2 << 20},
		{[]Filter{Equal("texts.language", "fr")}, 66, 0},
		{[]Filter{{"texts.score", 45, nil}}, 6, 0},
	} {
		counted.bytes.Store(0)
		v, err := d.Where(c.filters...)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, err := range v.Samples() {
			if err != nil {
				t.Fatal(err)
			}
			got++
		}
		if got != c.want || c.most > 0 && counted.bytes.Load() > c.most {
			t.Errorf("%v: %d rows by reading %d bytes, want %d", c.filters, got, counted.bytes.Load(), c.want)
		}
	}
	for _, f := range []Filter{{"nothing", 1, 2}, {"key", 1, 2}, {"images.bytes", "a", "b"}, {"images.width", "a", nil}} {
		if _, err := d.Where(f); err == nil {
			t.Errorf("%v was taken", f)
		}
	}
}

// TestBothReadersAgree compares the reader of columns with the Parquet library's own.
func TestBothReadersAgree(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 400, Limits{GroupBytes: 30_000})
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	i := 0
	for want, err := range readTable[Sample](filepath.Join(dir, partName(0))) {
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Row(i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("row %d (-library +columns):\n%s", i, diff)
		}
		i++
	}
	if i != 400 {
		t.Errorf("%d rows", i)
	}
}

// TestDamagedPagesAreErrors flips every eleventh byte of a small part, one at a time: reading it
// may succeed or fail, and must not panic.
func TestDamagedPagesAreErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, 0, 6, Limits{})
	path := filepath.Join(dir, partName(0))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for at := 0; at < len(whole); at += 11 {
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= 0x55
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range d.Samples() {
			if err != nil {
				failed++
			}
		}
		d.Row(3)
		d.Close()
	}
	if failed < len(whole)/22 {
		t.Errorf("of %d flipped bytes %d were found", len(whole)/11, failed)
	}
}

func FuzzPage(f *testing.F) {
	dir := f.TempDir()
	w, err := Create(dir, Limits{})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 8 {
		if err := w.Append(sample(i)); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, partName(0)))
	if err != nil {
		f.Fatal(err)
	}
	d, err := Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	p, err := openedPartOf(d)
	if err != nil {
		f.Fatal(err)
	}
	for i := range columns {
		if c := &p.groups[0].chunks[i]; c.size > 0 {
			f.Add(content[c.at:c.at+c.size], i, byte(c.codec))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, column int, codec byte) {
		if column < 0 || column >= len(columns) {
			return
		}
		part := &part{name: "fuzzed", levels: p.levels, groups: []partGroup{{rows: 8, chunks: make([]chunk, len(columns))}}}
		c := &part.groups[0].chunks[column]
		c.codec, c.size = format.CompressionCodec(codec), int64(len(b))
		if p.groups[0].chunks[column].dictionary > 0 {
			c.dictionary, c.at = 1, 1
		}
		pages, err := part.readChunk(0, column, b)
		if err != nil {
			return
		}
		f := filler{b: &batch{samples: make([]Sample, 8)}}
		for _, page := range pages {
			func() {
				var err error
				defer recovered(&err, "filling") // a map's values without its keys
				f.fill(column, f.begin(column), &p.levels[column], page, 0, page.Rows, page.First)
			}()
		}
	})
}
