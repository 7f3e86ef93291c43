package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/safetensors"
)

// TestRead_EqualsNumpy compares every element type, byte order and order of axes with what numpy
// reads (parity/weight_files.py).
func TestRead_EqualsNumpy(t *testing.T) {
	want, err := safetensors.Open("testdata/deflated.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	for _, path := range []string{"testdata/deflated.npz", "testdata/stored.npz"} {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if len(f.Entries()) < 30 || len(f.Others()) > 0 {
			t.Errorf("%s: %d arrays, others %q", path, len(f.Entries()), f.Others())
		}
		for _, e := range f.Entries() {
			w, ok := want.Entry(e.Name)
			if !ok || !slices.Equal(e.Shape, w.Shape) {
				t.Errorf("%s: %s has shape %v, want %v", path, e.Name, e.Shape, w.Shape)
				continue
			}
			if !e.DType.Floating() {
				got, err := f.Bytes(e.Name)
				wanted, _ := want.Bytes(e.Name)
				if err != nil || e.DType != w.DType || !bytes.Equal(got, wanted) {
					t.Errorf("%s: %s: %s %x, want %s %x, %v", path, e.Name, e.DType, got, w.DType, wanted, err)
				}
				continue
			}
			got, err := f.Float32(e.Name)
			wanted, _ := want.Float32(e.Name)
			if err != nil || !slices.EqualFunc(got, wanted, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
				t.Errorf("%s: %s: %v, want %v, %v", path, e.Name, got, wanted, err)
			}
		}
	}
}

func TestOpen_ReadsAllVersions(t *testing.T) {
	f, err := Open("testdata/versions.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !slices.Equal(f.Others(), []string{"readme.txt"}) {
		t.Errorf("other members: %q", f.Others())
	}
	first, err := f.Float32("params/version1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"params/version2", "params/version3"} {
		if got, err := f.Float32(name); err != nil || !slices.Equal(got, first) {
			t.Errorf("%s: %v, want %v, %v", name, got, first, err)
		}
	}
	if got, err := f.Float32("params/python2"); err != nil || !slices.Equal(got, []float32{1, 2}) {
		t.Errorf("Python 2's: %v, %v", got, err)
	}
	if _, err := f.Float32("params"); err == nil {
		t.Error("a name that is not there was read")
	}
}

// npy returns a .npy file with the given header and content.
func npy(header string, content string) string {
	return magic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + content
}

const twoFloats = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"

// member is a file of a test's archive.
type member struct {
	name, content string
	method        uint16
}

func archive(t testing.TB, members ...member) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hostile.npz")
	if err := os.WriteFile(path, zipOf(t, members...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: m.method}
		out, err := w.CreateHeader(h)
		if err == nil {
			_, err = out.Write([]byte(m.content))
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpen_RejectsHostileArchives(t *testing.T) {
	whole := npy(twoFloats, "12345678")
	header := func(text string) []member { return []member{{name: "a.npy", content: npy(text, "12345678")}} }
	for name, c := range map[string]struct {
		members []member
		want    string
	}{
		"pickled objects":    {header("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}"), "pickled Python objects"},
		"strings":            {header("{'descr': '<U1', 'fortran_order': False, 'shape': (2,)}"), "strings"},
		"records":            {header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"), "records"},
		"complex numbers":    {header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"), "complex"},
		"raw bytes":          {header("{'descr': '|V4', 'fortran_order': False, 'shape': (2,)}"), "raw bytes"},
		"80-bit floats":      {header("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}"), `descr "<f16" is not supported`},
		"times":              {header("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}"), "times"},
		"a short shape":      {header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"), "the member has"},
		"a long shape":       {header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}"), "the member has"},
		"a huge shape":       {header("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}"), "more bytes than a file"},
		"a wrapped shape":    {header("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387906,)}"), "more bytes than a file"},
		"a number too large": {header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"), "not a dimension"},
		"a negative number":  {header("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}"), "not a dimension"},
		"a call":             {header("{'descr': '<f4', 'fortran_order': False, 'shape': exit()}"), "not understood"},
		"a sum":              {header("{'descr': '<f4', 'fortran_order': False, 'shape': (1+1,)}"), "not a dimension"},
		"no tuple":           {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}"), "not a tuple"},
		"many dimensions":    {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2" + strings.Repeat(", 1", 64) + ")}"), "more than 64"},
		"a key twice":        {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}"), "twice"},
		"an unknown key":     {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': True}"), `unknown key "x"`},
		"no shape":           {header("{'descr': '<f4', 'fortran_order': False}"), "must have"},
		"an escape":          {header(`{'descr': '\x3cf4', 'fortran_order': False, 'shape': (2,)}`), "plain string"},
		"text behind":        {header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} 7"), "follows the dictionary"},
		"an open dictionary": {header("{'descr': '<f4'"), "belongs"},
		"no magic":           {[]member{{name: "a.npy", content: "12345678"}}, "does not begin as"},
		"version 9":          {[]member{{name: "a.npy", content: magic + "\x09\x00"}}, "version 9.0"},
		"a cut header":       {[]member{{name: "a.npy", content: whole[:30]}}, "cut short"},
		"a huge header":      {[]member{{name: "a.npy", content: magic + "\x02\x00\xff\xff\xff\x7f"}}, "claims 2147483647 bytes"},
		"a name twice":       {[]member{{name: "a.npy", content: whole}, {name: "a.npy", content: whole}}, "two members"},
		"a long name":        {[]member{{name: strings.Repeat("a", 5000) + ".npy", content: whole}}, "a member's name has 5004 bytes"},
		"no arrays":          {[]member{{name: "a.txt", content: whole}}, "is an array"},
		"no members":         {nil, "is an array"},
	} {
		path := archive(t, c.members...)
		f, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want an error that names the file and has %q", name, err, c.want)
		}
		if f != nil {
			f.Close()
		}
	}
}

// directory returns where the central directory's entry number n begins.
func directory(content []byte, n int) int {
	at := 0
	for range n + 1 {
		at += bytes.Index(content[at:], []byte("PK\x01\x02")) + 4
	}
	return at - 4
}

// TestOpen_RejectsLyingDirectories changes the directory of a zip file.
func TestOpen_RejectsLyingDirectories(t *testing.T) {
	whole := npy(twoFloats, "12345678")
	le := binary.LittleEndian
	for name, c := range map[string]struct {
		method uint16
		change func([]byte) []byte
		want   string
	}{
		"cut short":         {zip.Store, func(b []byte) []byte { return b[:len(b)/2] }, "not a zip file"},
		"an unknown method": {zip.Store, func(b []byte) []byte { le.PutUint16(b[directory(b, 0)+10:], 12); return b }, "method 12"},
		"encrypted":         {zip.Store, func(b []byte) []byte { b[directory(b, 0)+8] |= 1; return b }, "encrypted"},
		"a bomb": {zip.Deflate, func(b []byte) []byte {
			le.PutUint32(b[directory(b, 0)+24:], 0xfffffff0)
			return b
		}, "more than deflate can"},
		"stored in less":  {zip.Store, func(b []byte) []byte { le.PutUint32(b[directory(b, 0)+24:], 500); return b }, "stored as it is"},
		"shared bytes":    {zip.Store, func(b []byte) []byte { copy(b[directory(b, 1)+42:], b[directory(b, 0)+42:][:4]); return b }, "share bytes"},
		"beyond the file": {zip.Store, func(b []byte) []byte { le.PutUint32(b[directory(b, 0)+42:], 0x7fffffff); return b }, ""},
		"a larger directory": {zip.Store, func(b []byte) []byte {
			le.PutUint16(b[len(b)-12:], 0xfffe)
			return b
		}, ""},
	} {
		content := c.change(zipOf(t, member{name: "a.npy", content: whole, method: c.method}, member{name: "b.npy", content: whole, method: c.method}))
		path := filepath.Join(t.TempDir(), "hostile.npz")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want an error that names the file and has %q", name, err, c.want)
		}
		if f != nil {
			f.Close()
		}
	}
}

func TestFloat32_FindsDamage(t *testing.T) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		content := zipOf(t, member{name: "a.npy", content: npy(twoFloats, "\x00\x01\x02\x03\x04\x05\x06\x07"), method: method})
		at := bytes.Index(content, []byte("\x00\x01\x02\x03\x04\x05\x06\x07"))
		if at < 0 {
			at = bytes.Index(content, []byte("PK\x07\x08")) - 4 // in what is compressed
		}
		content[at] ^= 0x10
		path := filepath.Join(t.TempDir(), "damaged.npz")
		os.WriteFile(path, content, 0o644)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Float32("a"); err == nil || !strings.Contains(err.Error(), `array "a"`) || !strings.Contains(err.Error(), path) {
			t.Errorf("method %d: %v", method, err)
		}
		f.Close()
	}
}

// TestFloat32_MemoryIsBoundedByTheFile reads an array whose member claims a thousand times its
// bytes and ends early.
func TestFloat32_MemoryIsBoundedByTheFile(t *testing.T) {
	const elements = 100 << 20 // 400 MiB
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }", elements)
	noise := make([]byte, 1<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	content := zipOf(t, member{name: "a.npy", content: npy(header, string(noise)), method: zip.Deflate})
	at := directory(content, 0)
	binary.LittleEndian.PutUint32(content[at+24:], uint32(len(npy(header, ""))+4*elements))
	path := filepath.Join(t.TempDir(), "claims.npz")
	os.WriteFile(path, content, 0o644)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = f.Float32("a")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err == nil || used > 16<<20 {
		t.Errorf("reading a file of %d bytes allocated %d, %v", len(content), used, err)
	}
}

func FuzzOpen(f *testing.F) {
	whole := npy(twoFloats, "12345678")
	f.Add(zipOf(f, member{name: "a.npy", content: whole, method: zip.Deflate}, member{name: "b/c.npy", content: whole}))
	f.Add(zipOf(f, member{name: "a.npy", content: npy("{'descr': '>f8', 'fortran_order': True, 'shape': (1,1), }", "12345678")}))
	f.Add([]byte("PK\x05\x06"))
	versions, err := os.ReadFile("testdata/versions.npz")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(versions)
	path := filepath.Join(f.TempDir(), "fuzzed.npz")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		for _, e := range file.Entries() {
			if e.Bytes() > int64(2*maxRatio*len(content)) {
				t.Errorf("%q claims %d bytes in a file of %d", e.Name, e.Bytes(), len(content))
			}
			if values, err := file.Float32(e.Name); err == nil && len(values) != e.Elements() {
				t.Errorf("%q has %d elements, %d read", e.Name, e.Elements(), len(values))
			}
			if content, err := file.Bytes(e.Name); err == nil && int64(len(content)) != e.Bytes() {
				t.Errorf("%q has %d bytes, %d read", e.Name, e.Bytes(), len(content))
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, text := range []string{twoFloats, "{'descr': \"|V2\", 'fortran_order': True, 'shape': (0, 3L)}", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "{}", "{'a': (1,,)}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHeader(text)
		if err != nil {
			return
		}
		if _, ok := byteCount(h.shape, h.width()); !ok || h.bytes < 0 || len(h.shape) > maxRank {
			t.Errorf("%q gave %+v", text, h)
		}
	})
}
