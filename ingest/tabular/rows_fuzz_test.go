package tabular

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/textlines"
)

// countRows reads a table to its end, and counts rows and bad ones.
func countRows(t *testing.T, rows rowReader) (good, bad int) {
	t.Helper()
	for range 1 << 20 {
		_, err := rows.next()
		switch {
		case errors.Is(err, errEnd):
			return good, bad
		case errors.Is(err, errBroken):
			return good, bad + 1
		case err != nil:
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without words")
			}
			bad++
		default:
			good++
		}
	}
	t.Fatal("the table does not end")
	return good, bad
}

// FuzzJSONRows: no JSON crashes its reader, and objects are what the standard library says they
// are.
func FuzzJSONRows(f *testing.F) {
	for _, seed := range []string{`{"a":1}` + "\n" + `{"b":[NaN,"x\u00e9\ud83d\ude00\n"]}`, `[{"a":1},{"a":"x"}]`, "[\n{\"a\":\"1},\n{\"a\":2}\n]", `{"a":["x","y"],"b":["z",null]}`, "{\n\"a\": 1\n}\n{\"a\":-0.5e+3}", `{"a":{"0":1}}`, "{'a': None}", "[[[[", `[["a",1],["b"]]`, "[\"a\"]\n[\"b\"]"} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, content []byte, whole bool) {
		ending := ".jsonl"
		if whole {
			ending = ".json"
		}
		if rows, err := newJSON(io.NopCloser(nil), bytes.NewReader(content), textlines.Encoding{}, ending, []string{"a"}); err == nil {
			countRows(t, rows)
		}
		var want map[string]any
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber()
		p := &jsonParser{text: content}
		got, err := p.object()
		switch failed := decoder.Decode(&want); {
		case failed == nil && want == nil, !utf8.Valid(content): // null; what the standard library replaces
		case failed != nil && err == nil && !bytes.Contains(content, []byte("N")) && !bytes.Contains(content, []byte("Infinity")):
			t.Errorf("%q is read as %v, encoding/json says %v", content, got, failed)
		case failed == nil && err != nil && !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "nested"):
			t.Errorf("%q is not read: %v", content, err)
		case failed == nil && err == nil && !reflect.DeepEqual(map[string]any(got), want):
			t.Errorf("%q is read as %v, not %v", content, got, want)
		}
	})
}
