package table

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// most is how much memory may be taken from one row to the next, garbage included, for a file of so
// many bytes.
func most(size int) uint64 { return pages.PerFile + 2*PerRow + 2*pages.Expansion*uint64(size) + 64<<20 }

// read reads at most limit rows, and fails if between two of them more memory is taken than is
// documented.
func read(t testing.TB, b []byte, limit int) (n int, err error) {
	t.Helper()
	var before, after runtime.MemStats
	within := func(doing string) {
		t.Helper()
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > most(len(b)) {
			t.Fatalf("%s of a file of %d bytes took %d bytes of memory", doing, len(b), taken)
		}
		before = after
	}
	runtime.ReadMemStats(&before)
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	within("opening")
	if err != nil {
		return 0, err
	}
	rows := f.Reader(0)
	for ; n < limit; n++ {
		if n%16 == 0 && n > 0 { // to ask takes time
			within("16 rows")
		}
		if _, err = rows.Next(); err != nil {
			break
		}
	}
	within("rows")
	if err == io.EOF {
		err = nil
	}
	return n, err
}

func squeezed(t *testing.T, n int) (zstded, gzipped []byte) {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, n)
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = w.Write(zeros)
	}
	if err != nil || w.Close() != nil {
		t.Fatal("gzip", err)
	}
	return encoder.EncodeAll(zeros, nil), b.Bytes()
}

// TestHostileFiles reads files that claim more than they are.
func TestHostileFiles(t *testing.T) {
	const billions = 2_000_000_000
	number := format.Int32
	bomb, gzipped := squeezed(t, 140<<20)
	small, _ := squeezed(t, 60<<20)
	var many []forged
	for i := range 40 {
		many = append(many, forged{name: fmt.Sprint(i), kind: format.ByteArray, codec: format.Zstd,
			pages: pageV1(1, format.Plain, format.RLE, 60<<20, small)})
	}
	one := behind([]byte("x"))
	for name, c := range map[string]struct {
		file []byte
		rows int    // that can be read, of the first thousand
		want string // in the error, if there is one
	}{
		"levels in a run of billions": {forge(billions, forged{name: "a", kind: number, repetition: 1,
			pages: pageV2(billions, billions, format.Plain, nil, run(billions, 0), nil)}), 0, "a page of 2000000000 values"},
		"levels in a run of a billion": {forge(1<<30, forged{name: "a", kind: number, repetition: 1,
			pages: pageV2(1<<30, 1<<30, format.Plain, nil, run(billions, 0), nil)}), 0, "more than is granted"},
		"a run longer than its page": {forge(3, forged{name: "a", kind: number, repetition: 1,
			pages: pageV2(3, 3, format.Plain, nil, run(billions, 0), nil)}), 3, ""},
		"places in a dictionary in a run of billions": {forge(1<<30, forged{name: "a", kind: format.ByteArray,
			pages: append(dictionaryPage(1, 5, one), pageV2(1<<30, 1<<30, format.RLEDictionary, nil, nil, append([]byte{1}, run(billions, 0)...))...)}), 0, "more than is granted"},
		"packed places of no bits": {forge(16<<20, forged{name: "a", kind: format.ByteArray,
			pages: append(dictionaryPage(1, 5, one), pageV2(16<<20, 16<<20, format.RLEDictionary, nil, nil, append([]byte{0}, bytes.Repeat([]byte{3}, 2<<20)...))...)}), 1000, ""},
		"booleans in a run of billions": {forge(1<<30, forged{name: "a", kind: format.Boolean,
			pages: pageV2(1<<30, 1<<30, format.RLE, nil, nil, behind(run(billions, 1)))}), 0, "more than is granted"},
		"a billion deltas": {forge(1<<30, forged{name: "a", kind: format.Int64,
			pages: pageV2(1<<30, 1<<30, format.DeltaBinaryPacked, nil, nil, append(uvarints(4096, 1, 1<<30, 0), make([]byte, 1<<19)...))}), 0, "more than is granted"},
		"deltas that are not there": {forge(1<<30, forged{name: "a", kind: format.Int64,
			pages: pageV2(1<<30, 1<<30, format.DeltaBinaryPacked, nil, nil, uvarints(128, 4, 1<<30, 0))}), 0, "cut short"},
		"a billion lengths": {forge(1<<30, forged{name: "a", kind: format.ByteArray,
			pages: pageV2(1<<30, 1<<30, format.DeltaLengthByteArray, nil, nil, append(uvarints(4096, 1, 1<<30, 0), make([]byte, 1<<19)...))}), 0, "more than is granted"},
		"values of no length": {forge(1<<30, forged{name: "a", kind: format.FixedLenByteArray,
			pages: pageV2(1<<30, 1<<30, format.Plain, nil, nil, nil)}), 0, "more than is granted"},
		"a prefix again and again":    {forge(1<<14, prefixes(1<<14, 1<<15)), 0, "more than is granted"},
		"a page that zstd blows up":   {forge(1, forged{name: "a", kind: format.ByteArray, codec: format.Zstd, pages: pageV1(1, format.Plain, format.RLE, 140<<20, bomb)}), 0, "more than is granted"},
		"a page that gzip blows up":   {forge(1, forged{name: "a", kind: format.ByteArray, codec: format.Gzip, pages: pageV1(1, format.Plain, format.RLE, 140<<20, gzipped)}), 0, "more than is granted"},
		"a page too large for gzip":   {forge(1, forged{name: "a", kind: format.ByteArray, codec: format.Gzip, pages: pageV1(1, format.Plain, format.RLE, 1<<20, gzipped[:99])}), 0, "a page of 1048576 bytes in 99"},
		"a page too large for snappy": {forge(1, forged{name: "a", kind: format.ByteArray, codec: format.Snappy, pages: pageV1(1, format.Plain, format.RLE, 1<<20, []byte("x"))}), 0, "a page of 1048576 bytes in 1"},
		"many large pages":            {forge(1, many...), 0, "more than is granted"},
		"one row of millions": {forge(1, forged{name: "a", kind: number, repetition: 2, values: 15_000_000,
			pages: append(dictionaryPage(1, 4, make([]byte, 4)), pageV2(15_000_000, 1, format.RLEDictionary, append(run(1, 0), run(billions, 1)...), run(billions, 1), append([]byte{1}, run(billions, 0)...))...)}), 0, "the row takes too much memory"},
		"a long text in millions of places": {forge(1, forged{name: "a", kind: format.ByteArray, repetition: 2, values: 100_000,
			pages: append(dictionaryPage(1, 1<<20+4, behind(make([]byte, 1<<20))), pageV2(100_000, 1, format.RLEDictionary, append(run(1, 0), run(billions, 1)...), run(billions, 1), append([]byte{1}, run(billions, 0)...))...)}), 0, "the row takes too much memory"},
		"billions of nulls": {forge(1<<26, forged{name: "a", kind: number, repetition: 1,
			pages: pageV2(1<<26, 1<<26, format.Plain, nil, run(1<<26, 0), nil)}), 1000, ""},
		"fewer values than rows": {forge(9, forged{name: "a", kind: number, values: 1, pages: pageV2(1, 1, format.Plain, nil, nil, make([]byte, 4))}), 1, "column a has no more values"},
		"no columns":             {forge(1 << 30), 0, "no columns"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			n, err := read(t, c.file, 1000)
			if n != c.rows || c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%d rows, %v; want %d, %q", n, err, c.rows, c.want)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// prefixes forges a column whose first value has size bytes, and every other all of these and no
// more.
func prefixes(n, size int) forged {
	common := append(uvarints(128, 1, uint64(n), 0), deltas(n, size)...)
	rest := append(uvarints(128, 1, uint64(n), uint64(size)*2), deltas(n, -size)...)
	body := append(append(common, rest...), make([]byte, size)...)
	return forged{name: "a", kind: format.ByteArray, pages: pageV2(int64(n), int64(n), format.DeltaByteArray, nil, nil, body)}
}

// deltas writes the blocks of n numbers, in miniblocks of 128: the second is step from the first,
// and all after it are the second.
func deltas(n, step int) (b []byte) {
	zig := func(v int) uint64 { return uint64(v<<1 ^ v>>63) }
	for i := 1; i < n; i += 128 {
		if i > 1 {
			b = append(b, 0, 0) // least difference, width
			continue
		}
		// in the first block one difference is not zero: of a packed width of 32 bits, above the
		// least
		b = append(b, uvarints(zig(min(step, 0)))...)
		b = append(b, 32)
		packed := make([]byte, 128*4)
		for k := range 128 {
			above := -min(step, 0)
			if k == 0 {
				above += step
			}
			packed[4*k], packed[4*k+1], packed[4*k+2] = byte(above), byte(above>>8), byte(above>>16)
		}
		b = append(b, packed...)
	}
	return b
}

// TestHostileFilesThatLie reads those of testdata/hostile, which say in a few bytes that there are
// two billion values.
func TestHostileFilesThatLie(t *testing.T) {
	paths, err := filepath.Glob("testdata/hostile/*.parquet")
	if err != nil || len(paths) != 3 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := read(t, content, 10); n != 0 || err == nil {
			t.Errorf("%s: %d rows, %v", path, n, err)
		}
	}
}

// TestHostileFooters opens footers that claim more than they have.
func TestHostileFooters(t *testing.T) {
	long := strings.Repeat("long", 1<<16)
	nested := (&thrift{}).open().int(1, 2).list(2, 1<<16+3, aStruct)
	nested.open().text(4, "s").int(5, 1).close()
	nested.open().text(4, long).int(5, 1<<16).close()
	for range 1<<16 + 1 {
		nested.open().int(1, 1).text(4, "x").close()
	}
	deep := (&thrift{}).open().int(1, 2).list(2, 1000, aStruct)
	for range 1000 {
		deep.open().text(4, "x").int(5, 1).close()
	}
	groups := (&thrift{}).open().int(1, 2).list(2, 2, aStruct)
	groups.open().text(4, "s").int(5, 1).close()
	groups.open().int(1, 1).text(4, "x").close()
	groups.list(4, 1<<30, aStruct).open().list(1, 1<<30, aStruct)
	for name, c := range map[string]struct{ footer, want string }{
		"a schema of billions": {string((&thrift{}).open().int(1, 2).list(2, 1<<40, aStruct).b), "a schema of 1099511627776 elements"},
		"long names again":     {string(nested.close().b), "repeats long names"},
		"nested deeply":        {string(deep.close().b), "nested too deeply"},
		"a billion chunks":     {string(groups.close().close().b), "1073741824 column chunks of 1 columns"},
		"lists in lists":       {"\x15\x02" + strings.Repeat("\x59\xf9\xff\xff\xff\xff\x0f", 1000), "cut short"},
	} {
		file := append([]byte("PAR1"), c.footer...)
		file = append(file, byte(len(c.footer)), byte(len(c.footer)>>8), byte(len(c.footer)>>16), 0)
		if _, err := read(t, append(file, "PAR1"...), 10); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestFootersTakeLittleMemory opens footers of as many columns and row groups as their bytes can
// say.
func TestFootersTakeLittleMemory(t *testing.T) {
	for _, c := range []struct{ columns, groups int }{{20_000, 20}, {200_000, 0}} {
		w := (&thrift{}).open().int(1, 2).list(2, 1+c.columns, aStruct)
		w.open().text(4, "").int(5, int64(c.columns)).close()
		for range c.columns {
			w.open().int(1, 1).text(4, "").close()
		}
		w.list(4, c.groups, aStruct)
		for range c.groups {
			w.open().list(1, c.columns, aStruct)
			for range c.columns {
				w.open().long(2, 0).field(3, aStruct)
				w.open().int(1, 1).int(4, 0).long(5, 0).long(6, 0).long(7, 0).long(9, 0).close().close()
			}
			w.close()
		}
		w.close()
		file := append([]byte("PAR1"), w.b...)
		file = append(binary.LittleEndian.AppendUint32(file, uint32(len(w.b))), "PAR1"...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Open(bytes.NewReader(file), int64(len(file)))
		runtime.ReadMemStats(&after)
		if err != nil || f.Len() != 0 {
			t.Fatal(err)
		}
		taken := after.TotalAlloc - before.TotalAlloc
		if taken > 20*uint64(len(file))+1024*uint64(c.columns) {
			t.Errorf("%d columns: %d bytes for a footer of %d", c.columns, taken, len(file))
		}
		t.Logf("%d columns: %d bytes for a footer of %d", c.columns, taken, len(file))
	}
}
