package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// jsonRows reads rows of a file of JSON lines.
func jsonRows(t testing.TB, path string) (rows []map[string]any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row map[string]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// asJSON makes a row comparable with its JSON, bytes in hex.
func asJSON(t testing.TB, r Row) (row map[string]any) {
	t.Helper()
	for name, value := range r {
		if b, isBytes := value.([]byte); isBytes {
			r[name] = hex.EncodeToString(b)
		}
	}
	encoded, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(encoded, &row)
	}
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func openFile(t testing.TB, content []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// compareRows compares the rows of a file with those that it should have.
func compareRows(t *testing.T, path string, f *File, want []map[string]any, as func(testing.TB, Row) map[string]any) {
	t.Helper()
	n := 0
	for r, err := range f.Rows() {
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if diff := cmp.Diff(want[n], as(t, r)); diff != "" {
			t.Errorf("%s: row %d (-want +got):\n%s", path, n, diff)
			return
		}
		n++
	}
	if n != len(want) || f.Len() != int64(n) {
		t.Errorf("%s: %d rows of %d, want %d", path, n, f.Len(), len(want))
	}
}

// TestEveryEncoding reads every physical type in every encoding that it has, from both page
// versions.
func TestEveryEncoding(t *testing.T) {
	paths, err := filepath.Glob("testdata/types/*.parquet")
	if err != nil || len(paths) < 11 {
		t.Fatalf("%d files: %v", len(paths), err)
	}
	want := jsonRows(t, "testdata/types/rows.jsonl")
	seen := map[string]bool{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		compareRows(t, path, openFile(t, content), want, asJSON)
		file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Metadata().RowGroups[0].Columns {
			for _, e := range c.MetaData.Encoding {
				seen[fmt.Sprint(e, " ", c.MetaData.Type)] = true
			}
		}
	}
	for encoding, types := range map[format.Encoding][]format.Type{
		format.Plain:                {format.Boolean, format.Int32, format.Int64, format.Float, format.Double, format.ByteArray, format.FixedLenByteArray},
		format.RLEDictionary:        {format.Int32, format.Int64, format.Float, format.Double, format.ByteArray, format.FixedLenByteArray},
		format.RLE:                  {format.Boolean},
		format.DeltaBinaryPacked:    {format.Int32, format.Int64},
		format.DeltaLengthByteArray: {format.ByteArray},
		format.DeltaByteArray:       {format.ByteArray, format.FixedLenByteArray},
		format.ByteStreamSplit:      {format.Int32, format.Int64, format.Float, format.Double, format.FixedLenByteArray},
	} {
		for _, kind := range types {
			if !seen[fmt.Sprint(encoding, " ", kind)] {
				t.Errorf("no file has %s of %s", encoding, kind)
			}
		}
	}
}

func TestInt96(t *testing.T) {
	content, err := os.ReadFile("testdata/int96/times.parquet")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r, err := range openFile(t, content).Rows() {
		want := any(nil)
		if n%3 != 2 {
			want = fmt.Sprintf("%04d-%02d-03T04:05:06", 1969+n, 1+n%12)
			if n > 0 {
				want = fmt.Sprintf("%s.%03d", want, n)
				for text := want.(string); text[len(text)-1] == '0'; text = want.(string) {
					want = text[:len(text)-1]
				}
			}
			want = want.(string) + "Z"
		}
		if err != nil || r["time"] != want {
			t.Fatalf("row %d: %v, want %v; %v", n, r["time"], want, err)
		}
		n++
	}
	if n != 40 {
		t.Errorf("%d rows", n)
	}
}

// TestReadsTheLibrarys reads what the Parquet library for Go writes, in every compression and both
// page versions.
func TestReadsTheLibrarys(t *testing.T) {
	type inner struct {
		Name string   `parquet:"name,dict"`
		IDs  []uint32 `parquet:"ids,list"`
	}
	type row struct {
		ID       int64            `parquet:"id,delta"`
		Small    *int32           `parquet:"small,optional"`
		Name     string           `parquet:"name,delta"`
		Kind     string           `parquet:"kind,dict"`
		Plain    []byte           `parquet:"plain"`
		Prefixed []byte           `parquet:"prefixed,delta"`
		Wide     [16]byte         `parquet:"wide"`
		Split    float64          `parquet:"split,split"`
		Flag     bool             `parquet:"flag"`
		Flags    []bool           `parquet:"flags"`
		Inner    []inner          `parquet:"inner,list"`
		Map      map[string]int64 `parquet:"map"`
	}
	made := func(i int) (r row, want Row) {
		text, wide := fmt.Sprintf("name %05d", i), [16]byte{byte(i), 1, 2}
		r = row{ID: int64(i) * 1e9, Name: text, Kind: text[:5+i%3], Plain: []byte(text), Prefixed: []byte(text), Wide: wide, Split: float64(i) / 3,
			Flag: i%2 == 0, Map: map[string]int64{"i": int64(i)}}
		want = Row{"id": r.ID, "small": nil, "name": text, "kind": r.Kind, "plain": []byte(text), "prefixed": []byte(text), "wide": wide[:], "split": r.Split,
			"flag": r.Flag, "flags": []any{}, "inner": []any{}, "map": map[string]any{"i": int64(i)}}
		if i%3 > 0 {
			small := int32(-i)
			r.Small, want["small"] = &small, small
		}
		for j := range i % 4 {
			r.Flags, want["flags"] = append(r.Flags, j == 1), append(want["flags"].([]any), j == 1)
			r.Inner = append(r.Inner, inner{text[:j], []uint32{uint32(j), 7}})
			want["inner"] = append(want["inner"].([]any), map[string]any{"name": text[:j], "ids": []any{int32(j), int32(7)}})
		}
		return r, want
	}
	const rows = 500
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw} {
		for version := 1; version <= 2; version++ {
			var b bytes.Buffer
			w := parquet.NewGenericWriter[row](&b, parquet.Compression(codec), parquet.DataPageVersion(version), parquet.PageBufferSize(700), parquet.MaxRowsPerRowGroup(300))
			for i := range rows {
				r, _ := made(i)
				if _, err := w.Write([]row{r}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			n := 0
			for got, err := range openFile(t, b.Bytes()).Rows() {
				if err != nil {
					t.Fatalf("%v, version %d: row %d: %v", codec, version, n, err)
				}
				if _, want := made(n); !cmp.Equal(want, got) {
					t.Fatalf("%v, version %d: row %d (-want +got):\n%s", codec, version, n, cmp.Diff(want, got))
				}
				n++
			}
			if n != rows {
				t.Errorf("%v, version %d: %d rows", codec, version, n)
			}
		}
	}
}

// TestOldLevels reads levels in the encoding BIT_PACKED, which no writer of today has.
func TestOldLevels(t *testing.T) {
	values := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 7), 8)
	body := append([]byte{0b0100_1000}, values...) // five slots, the second and the last of which have a value
	f := openFile(t, forge(5, forged{name: "a", kind: format.Int32, repetition: 1, pages: pageV1(5, format.Plain, format.BitPacked, len(body), body)}))
	var got []any
	for r, err := range f.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r["a"])
	}
	if diff := cmp.Diff([]any{nil, int32(7), nil, nil, int32(8)}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOldLZ4 reads the codec LZ4 in its three shapes: a frame of Hadoop's with one block or
// several, and a block alone.
func TestOldLZ4(t *testing.T) {
	const old format.CompressionCodec = 5
	text := bytes.Repeat([]byte("a text of many words, "), 100)
	plain := behind(text)
	block := func(b []byte) []byte {
		out := make([]byte, lz4.CompressBlockBound(len(b)))
		n, err := lz4.CompressBlock(b, out, nil)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		return out[:n]
	}
	sized := func(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	length := binary.BigEndian.AppendUint32(nil, uint32(len(plain)))
	half := len(plain) / 2
	for name, body := range map[string][]byte{
		"block":  block(plain),
		"frame":  append(bytes.Clone(length), sized(block(plain))...),
		"blocks": append(append(bytes.Clone(length), sized(block(plain[:half]))...), sized(block(plain[half:]))...),
	} {
		f := openFile(t, forge(1, forged{name: "a", kind: format.ByteArray, codec: old, pages: pageV1(1, format.Plain, format.RLE, len(plain), body)}))
		for r, err := range f.Rows() {
			if err != nil || !bytes.Equal(r["a"].([]byte), text) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestRowsAcrossPages reads a list that begins in one page of version 1 and ends in the next, as
// old writers have it.
func TestRowsAcrossPages(t *testing.T) {
	number := func(all ...uint32) (b []byte) {
		for _, v := range all {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	level := func(levels ...byte) []byte { return behind(append([]byte{3}, pack(levels)...)) } // one group of packed bits
	first := append(append(level(0, 1, 1), level(1, 1, 1)...), number(1, 2, 3)...)
	second := append(append(level(1, 0, 0), level(1, 0, 1)...), number(4, 5)...)
	f := openFile(t, forge(3, forged{name: "a", kind: format.Int32, repetition: 2, values: 6,
		pages: append(pageV1(3, format.Plain, format.RLE, len(first), first), pageV1(3, format.Plain, format.RLE, len(second), second)...)}))
	want := []any{[]any{int32(1), int32(2), int32(3), int32(4)}, []any{}, []any{int32(5)}}
	for skip := range 4 {
		got := []any{}
		for rows := f.Reader(int64(skip)); ; {
			r, err := rows.Next()
			if err != nil {
				break
			}
			got = append(got, r["a"])
		}
		if diff := cmp.Diff(want[skip:], got); diff != "" {
			t.Errorf("after %d rows (-want +got):\n%s", skip, diff)
		}
	}
}

// pack packs up to eight levels of one bit.
func pack(levels []byte) []byte {
	var b byte
	for i, l := range levels {
		b |= l << i
	}
	return []byte{b}
}

// TestSelectAndSkip reads some columns, from every row on.
func TestSelectAndSkip(t *testing.T) {
	want := jsonRows(t, "testdata/types/rows.jsonl")
	content, err := os.ReadFile("testdata/types/dictionary-v2.parquet")
	if err != nil {
		t.Fatal(err)
	}
	f, err := openFile(t, content).Select("flags", "text")
	if err != nil {
		t.Fatal(err)
	}
	for first := range want {
		r, err := f.Reader(int64(first)).Next()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]any{"flags": want[first]["flags"], "text": want[first]["text"]}, asJSON(t, r)); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", first, diff)
		}
	}
	if _, err := f.Select("flag"); err == nil {
		t.Error("a column was selected that is not there")
	}
}
