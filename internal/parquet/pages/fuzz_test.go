package pages

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go/format"
)

// chunkPages calls do with every page of a file.
func chunkPages(t testing.TB, content []byte, do func(h *Header, body []byte, codec format.CompressionCodec, l *Levels)) {
	t.Helper()
	footer, err := ReadFooter(readerAt(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for g := range footer.Groups {
		for i := range footer.Groups[g].Chunks {
			m := &footer.Groups[g].Chunks[i]
			at, end, err := m.Range(int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			for b := content[at:end]; len(b) > 0; {
				var h Header
				var body []byte
				if h, body, b, err = Split(b); err != nil {
					t.Fatal(err)
				}
				do(&h, body, m.Codec, &footer.Leaves[i].Levels)
			}
		}
	}
}

type readerAt []byte

func (r readerAt) ReadAt(b []byte, at int64) (int, error) { return copy(b, r[at:]), nil }

// FuzzDecode looks for pages that crash a decoder, that give other values than they say, or that
// take more memory than is granted.
func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"../table/testdata/types/*.parquet", "../table/testdata/*.parquet", "../table/testdata/int96/*.parquet"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatal(paths, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			seen := map[[4]int]int{} // a page of each kind is enough
			chunkPages(f, content, func(h *Header, body []byte, codec format.CompressionCodec, l *Levels) {
				kind := [4]int{int(h.Kind), int(h.Encoding), int(l.Kind), l.MaxRep<<4 | l.MaxDef}
				if seen[kind]++; seen[kind] < 3 {
					f.Add(body, byte(h.Kind), byte(h.Encoding), byte(codec), byte(l.Kind), byte(l.MaxRep<<4|l.MaxDef), l.Size, h.Values, h.Uncompressed, h.Rep, h.Def, h.Plain)
				}
			})
		}
	}
	dictionaries := map[format.Type]*Page{}
	for _, kind := range []format.Type{format.Boolean, format.Int32, format.Int64, format.Int96, format.Float, format.Double, format.FixedLenByteArray, format.ByteArray} {
		h := Header{Kind: format.DictionaryPage, Described: true, Values: 3}
		page, err := DecodeDictionary(&h, make([]byte, 36), format.Uncompressed, &Levels{Kind: kind, Size: 4}, MaxPage)
		if err != nil {
			f.Fatal(err)
		}
		dictionaries[kind] = page
	}
	f.Fuzz(func(t *testing.T, body []byte, page, encoding, codec, kind, levels byte, size, values, uncompressed, rep, def int, plain bool) {
		if kind > byte(format.FixedLenByteArray) || size < 0 || size > MaxPage || uncompressed > MaxPage {
			return // a footer or header that says so is not read
		}
		const grant = 32 << 20
		l := &Levels{Kind: format.Type(kind), Size: size, MaxRep: int(levels >> 4), MaxDef: int(levels & 15)}
		h := &Header{Kind: format.PageType(page), Described: true, Encoding: format.Encoding(encoding), Values: values, Uncompressed: uncompressed, Rep: rep, Def: def, Plain: plain,
			repEncoding: format.RLE, defEncoding: format.RLE}
		if size%7 == 3 {
			h.repEncoding, h.defEncoding = format.BitPacked, format.BitPacked
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		dictionary, _ := DecodeDictionary(h, body, format.CompressionCodec(codec), l, grant)
		if dictionary == nil {
			dictionary = dictionaries[l.Kind]
		}
		all := []func() (*Page, error){
			func() (*Page, error) {
				return DecodeRows(h, body, format.CompressionCodec(codec), l, dictionary, grant)
			},
			func() (*Page, error) {
				return DecodeSlots(h, body, format.CompressionCodec(codec), l, dictionary, grant)
			},
		}
		for _, decode := range all {
			p, err := decode()
			if err != nil {
				continue
			}
			bytes := 0
			for i := range p.Len() - p.Nulls {
				bytes += len(p.Value(i).Text)
			}
			if p.Len() != values || p.Rep != nil && len(p.Rep) != values || p.Def != nil && len(p.Def) != values {
				t.Errorf("%d slots, want %d", p.Len(), values)
			}
			p.Slots(0, max(p.Rows, 0))
		}
		runtime.ReadMemStats(&after)
		const working = 48 << 20 // windows of decompressors, three times
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 3*grant+working {
			t.Errorf("%d bytes were taken, %d granted", taken, grant)
		}
	})
}
