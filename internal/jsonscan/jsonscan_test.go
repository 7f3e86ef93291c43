package jsonscan

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t testing.TB, content string) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// raws returns the records of a file as they are written.
func raws(t testing.TB, f *File) (all []string, err error) {
	err = f.Records(t.Context(), func(s *Scanner) error {
		raw, err := s.Raw()
		if err == nil {
			all = append(all, string(raw))
		}
		return err
	}, nil)
	return all, err
}

func TestRecords_ContinuesAfterBadLines(t *testing.T) {
	f := write(t, "{\"a\": 1}\n{\"a\": NaN}\n{\"a\": \"x\n{\"a\":\n{\"a\": 2}\n{\"a\": [3")
	good, bad := 0, []string{}
	err := f.Records(t.Context(), func(s *Scanner) error {
		err := s.Skip()
		if err == nil {
			good++
		}
		return err
	}, func(err error) error {
		_, at, _ := strings.Cut(err.Error(), "f.json ")
		bad = append(bad, at[:6])
		return nil
	})
	if err != nil || good != 2 || strings.Join(bad, ",") != "line 2,line 3,line 4,line 6" {
		t.Errorf("%d good, bad %q: %v", good, bad, err)
	}
}

func TestRecords_ListsAndLines(t *testing.T) {
	for _, content := range []string{
		` [ {"a": 1} , {"b": "x\"y"} ,[1.5e+3,-0, true,false,null]]` + "\n\n",
		"{\"a\": 1}\n{\"b\": \"x\\\"y\"}\n",
		"\xef\xbb\xbf[]",
	} {
		all, err := raws(t, write(t, content))
		if err != nil {
			t.Errorf("%q: %v", content, err)
		}
		for _, raw := range all {
			if !json.Valid([]byte(raw)) || raw != strings.TrimSpace(raw) {
				t.Errorf("%q: record %q", content, raw)
			}
		}
	}
}

func TestRecords_LongerThanTheWindow(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	const n = 5
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"id": %d, "text": %q}`, i, strings.Repeat("ä", window/3+i))
	}
	b.WriteString("]")
	f := write(t, b.String())
	all, err := raws(t, f)
	if err != nil || len(all) != n {
		t.Fatalf("%d records: %v", len(all), err)
	}
	if f.Line() != n {
		t.Errorf("line %d, want %d", f.Line(), n)
	}
}

func TestRecords_ErrorsNameTheLine(t *testing.T) {
	for content, want := range map[string]string{
		"":                            "the file is empty",
		"3":                           "expected a list of records",
		"{\"a\": 1}\n{\"a\": 2,}\n":   "line 2: found",
		"{\"a\": 1}\n{\"a\"\n{}":      "line 2: found",
		"[{\"a\": 1},\n{\"a\": NaN}]": "line 2: found \"NaN\"",
		"[{\"a\": 01}]":               "expected a number",
		"[{\"a\": 1}":                 "the file ends in the middle of a record",
		"[{\"a\": \"x":                "the file ends in the middle of a record",
		"[{\"a\": \"x\ny\"}]":         "control character 0x0a",
		"[{\"a\": \"\\x\"}]":          "escape that is not JSON",
		"[\n\"\xff\"]":                "not UTF-8 at line 2, byte 3 (0xff)",
		"[]\n[]":                      "more data follow the list, which ends at byte 2",
		strings.Repeat("[", 2000):     "nested more than",
		"[\"" + strings.Repeat("y", 3*window) + "\"]": "a record is longer than",
	} {
		_, err := raws(t, write(t, content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", content, err, want)
		}
	}
}

// TestRecords_TruncatedGzip cuts a compressed file at every byte. No cut may pass for a whole file.
func TestRecords_TruncatedGzip(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte("{\"a\": 1}\n{\"a\": 2}\n"))
	w.Close()
	path := filepath.Join(t.TempDir(), "f.json.gz")
	for cut := range packed.Len() + 1 {
		if err := os.WriteFile(path, packed.Bytes()[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil {
			_, err = raws(t, f)
			f.Close()
		}
		if whole := cut == packed.Len(); whole != (err == nil) {
			t.Errorf("%d of %d bytes: %v", cut, packed.Len(), err)
		}
		if cut > packed.Len()-8 && cut < packed.Len() && !strings.Contains(err.Error(), "the compressed data end too early") {
			t.Errorf("without the end of the checksum: %v", err)
		}
	}
}

// TestPlainEnd_AllBytes has each byte at each place of words of eight bytes, also beside bytes that
// borrow from it.
func TestPlainEnd_AllBytes(t *testing.T) {
	for _, fill := range []byte{'a', 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xff} {
		for length := range 20 {
			for at := range length {
				for c := range 256 {
					data := bytes.Repeat([]byte{fill}, length)
					data[at] = byte(c)
					want := length
					if c < 0x20 || c == '"' || c == '\\' {
						want = at
					}
					if got := plainEnd(data, 0); got != want {
						t.Fatalf("%q: %d, want %d", data, got, want)
					}
				}
			}
		}
	}
}

func TestLists(t *testing.T) {
	for content, want := range map[string]string{
		`{"info": {"list": [1]}, "list": [1, 2], "end": {}}`: "",
		`{"list": [1, 2]} {}`:                                "more data follow the object",
		`{"list": [1, 2], "list": []}`:                       `a second list "list"`,
		`{"list": null}`:                                     `"list" is not a list`,
		`{}`:                                                 `the object has no list "list"`,
		`[]`:                                                 `expected an object with the list "list"`,
		"\x1f\x8b\x08\x00":                                   "unpacking",
	} {
		path := filepath.Join(t.TempDir(), "f.json")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		n := 0
		f, err := Open(path)
		if err == nil {
			defer f.Close()
			err = f.Lists(t.Context(), "list", func(s *Scanner) error { n++; return s.Skip() }, nil)
		}
		switch {
		case want == "" && (err != nil || n != 2):
			t.Errorf("%s: %d records, %v", content, n, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want %q", content, err, want)
		}
	}
}

func TestEach(t *testing.T) {
	long := strings.Repeat(`"y", `, window/2) + `"z"`
	for content, want := range map[string]string{
		`{"info": {"a": [1]}, "a": [1, 2], "long": [` + long + `], "b": [3]}`: "",
		`{"b": [1, 2, 3]}`:                "",
		`{"a": [1, 2]} {}`:                "more data follow the object",
		`{"a": [1, 2], "b": [], "a": []}`: `a second list "a"`,
		`{"a": {}}`:                       `"a" is not a list`,
		`[]`:                              "expected an object with lists",
		"{\"a\": [1,\n2,\nx]}":            "line 3: found",
		`{"x": "` + strings.Repeat("y", 3*window) + `"}`: "a record is longer than",
	} {
		n := 0
		count := func(s *Scanner) error { _, err := s.Number(); n++; return err }
		f := write(t, content)
		err := f.Each(t.Context(), map[string]func(*Scanner) error{"a": count, "b": count})
		switch {
		case want == "" && (err != nil || n != 3):
			t.Errorf("%.40s: %d records, %v", content, n, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.40s: error %v, want %q", content, err, want)
		}
	}
}

// FuzzScanner compares what is read with encoding/json.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{`[{"a": "b\u00e4", "c": [1, -2.5e7, true, null]}]`, "{}\n{}", `["\ud800"]`, `[1e]`, "[\"\t\"]", `{"a":{"a":[]}}`, "[1,]"} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "f.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := Open(path)
		if err != nil {
			return
		}
		defer file.Close()
		all, err := raws(t, file)
		for _, raw := range all {
			if !json.Valid([]byte(raw)) {
				t.Errorf("%q is not JSON", raw)
			}
		}
		var list []json.RawMessage
		if json.Unmarshal(data, &list) == nil && list != nil && err != nil && !strings.Contains(err.Error(), "not UTF-8") {
			t.Errorf("encoding/json reads %q: %v", data, err)
		}
	})
}
