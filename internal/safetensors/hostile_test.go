package safetensors

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fileOf returns a file with the given header and that many bytes of data.
func fileOf(header string, data int) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), make([]byte, data)...)
}

func TestOpen_RejectsHostileHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		data   int
		want   string
	}{
		"overlapping tensors":   {`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`, 6, `tensor "b" begins at 2, the one before it ends at 4`},
		"a hole":                {`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, "begins at 1"},
		"the same bytes twice":  {`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, 4, "begins at 0"},
		"negative offsets":      {`{"a":{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}}`, 4, "bytes -4 to 0"},
		"reversed offsets":      {`{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}`, 4, "bytes 4 to 0"},
		"offsets beyond int64":  {`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,99999999999999999999]}}`, 4, `tensor "a"`},
		"one offset":            {`{"a":{"dtype":"U8","shape":[4],"data_offsets":[4]}}`, 4, "1 numbers, not 2"},
		"an overflowing shape":  {`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0, "does not take the 0 bytes"},
		"a wrapped shape":       {`{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}`, 8, "does not take the 8 bytes"},
		"a negative dimension":  {`{"a":{"dtype":"F32","shape":[-1,-4],"data_offsets":[0,16]}}`, 16, "shape [-1 -4]"},
		"nothing times minus 1": {`{"a":{"dtype":"F32","shape":[0,-1],"data_offsets":[0,0]}}`, 0, "shape [0 -1]"},
		"a fraction":            {`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 4, `tensor "a"`},
		"no shape":              {`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4, "no shape"},
		"a shape of null":       {`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4, "no shape"},
		"many dimensions":       {`{"a":{"dtype":"U8","shape":[1` + strings.Repeat(",1", 64) + `],"data_offsets":[0,1]}}`, 1, "65 dimensions"},
		"one name twice":        {`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, "duplicate"},
		"one field twice":       {`{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "duplicate"},
		"a long name":           {`{"` + strings.Repeat("a", 5000) + `":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "a tensor's name has 5000 bytes"},
		"an unknown field":      {`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}`, 1, `tensor "a"`},
		"another case":          {`{"a":{"DTYPE":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, `tensor "a"`},
		"metadata of numbers":   {`{"__metadata__":{"a":1}}`, 0, "__metadata__"},
		"a list":                {`[]`, 0, "does not begin with {"},
		"two objects":           {`{}{}`, 0, "2 bytes after"},
		"an open object":        {`{"a":`, 0, "not JSON"},
		"an empty header":       {``, 0, "not JSON"},
		"invalid UTF-8":         {"{\"\xff\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "not JSON"},
		"deep nesting":          {`{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, 0, "not JSON"},
		"a long entry":          {`{"a":{"dtype":"U8","shape":[1` + strings.Repeat(",1", 9000) + `],"data_offsets":[0,1]}}`, 1, "its entry takes"},
		"4-bit numbers":         {`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, 1, `dtype "F4" is not supported`},
	} {
		path := filepath.Join(t.TempDir(), "hostile.safetensors")
		if err := os.WriteFile(path, fileOf(c.header, c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %.300v; want an error that names the file and has %q", name, err, c.want)
		}
	}
}

// TestOpen_MemoryIsBoundedByTheHeader opens headers that are as dense as they can be.
func TestOpen_MemoryIsBoundedByTheHeader(t *testing.T) {
	var many strings.Builder
	many.WriteString("{")
	for i := range 20_000 {
		fmt.Fprintf(&many, `"%x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},`, i)
	}
	many.WriteString(`"z":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`)
	for name, file := range map[string][]byte{
		"many tensors": fileOf(many.String(), 0),
		"one shape":    fileOf(`{"a":{"dtype":"U8","shape":[`+strings.Repeat("1,", 500_000)+`1],"data_offsets":[0,1]}}`, 1),
		"a claim":      append(binary.LittleEndian.AppendUint64(nil, 99_000_000), make([]byte, 1000)...),
	} {
		path := filepath.Join(t.TempDir(), "hostile.safetensors")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Open(path)
		runtime.ReadMemStats(&after)
		if f != nil {
			f.Close()
		}
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(20*len(file)+1<<20); used > most {
			t.Errorf("%s: opening %d bytes allocated %d, more than %d (%v)", name, len(file), used, most, err)
		}
	}
}

// FuzzOpen reads every tensor of whatever opens.
func FuzzOpen(f *testing.F) {
	seed := filepath.Join(f.TempDir(), "seed")
	if err := Write(seed, sample(), nil); err != nil {
		f.Fatal(err)
	}
	whole, _ := os.ReadFile(seed)
	f.Add(whole)
	f.Add(whole[:40])
	f.Add(fileOf(`{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"__metadata__":{"xxh64 a":"0"}}`, 8))
	f.Add(fileOf(`{"a":{"dtype":"F8_E4M3","shape":[],"data_offsets":[0,1]},"b":{"dtype":"BF16","shape":[0,9],"data_offsets":[1,1]}}  `, 1))
	f.Add(fileOf(`{"a":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}}`, 8))
	path := filepath.Join(f.TempDir(), "fuzzed.safetensors")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		total := int64(0)
		for _, e := range file.Entries() {
			total += e.Bytes()
			if values, err := file.Float32(e.Name); err == nil && len(values) != e.Elements() {
				t.Errorf("%s %v has %d elements, %d read", e.Name, e.Shape, e.Elements(), len(values))
			}
			file.Int32(e.Name)
			if content, err := file.Bytes(e.Name); err == nil && int64(len(content)) != e.Bytes() {
				t.Errorf("%s has %d bytes, %d read", e.Name, e.Bytes(), len(content))
			}
		}
		if total > int64(len(content)) {
			t.Errorf("tensors of %d bytes in a file of %d", total, len(content))
		}
	})
}
