package pickle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// plain converts decoded values to those that decoding JSON with json.Number returns.
func plain(v any) any {
	switch v := v.(type) {
	case *List:
		all := []any{}
		for _, item := range v.Items {
			all = append(all, plain(item))
		}
		return all
	case Dict:
		all := map[string]any{}
		for key, item := range v {
			all[fmt.Sprint(key)] = plain(item)
		}
		return all
	case int64, *big.Int:
		return json.Number(fmt.Sprint(v))
	case float64:
		b, _ := json.Marshal(v)
		return json.Number(b)
	}
	return v
}

func TestDecode_Python3(t *testing.T) {
	for _, name := range []string{"refs", "values"} {
		content, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		for protocol := range 6 {
			file := filepath.Join("testdata", fmt.Sprintf("%s.%d.p", name, protocol))
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(f, Limits{})
			f.Close()
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if !reflect.DeepEqual(sameNumbers(plain(got)), sameNumbers(want)) {
				t.Errorf("%s: %.300v\nwant %.300v", file, plain(got), want)
			}
		}
	}
}

// sameNumbers writes numbers in a normal form.
func sameNumbers(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = sameNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = sameNumbers(v[k])
		}
	case json.Number:
		if f, ok := new(big.Float).SetString(v.String()); ok {
			return f.Text('g', 60)
		}
	}
	return v
}

// TestDecode_Python2 reads pickles of Python 2, which has further instructions for texts and shares
// values by reference.
func TestDecode_Python2(t *testing.T) {
	for content, want := range map[string]string{
		"(lp0\n(dp1\nS'sent'\np2\nS'it\\'s \"red\"\\n\\xe9'\np3\nsS'n'\np4\nI7\nsag1\na.": strings.ReplaceAll(`[{"n":7,"sent":"it's \"red\"\n?"},{"n":7,"sent":"it's \"red\"\n?"}]`, "?", "\ufffd"),
		"\x80\x02]q\x00(U\x03redq\x01T\x02\x00\x00\x00\xc3\xa9h\x01e.":                    `["red","é","red"]`,
		"(I1\nL23L\nF1.5\nI01\nNt.":                        `[1,23,1.5,true,null]`,
		"V\\u00e9\\U0001f408\\ud83d\\udc08\\ud83dx\xe9\n.": `"é🐈🐈` + "\ufffd" + `xé"`,
		"(S'a'\nI1\nS'b'\n(I2\nI3\nld.":                    `{"a":1,"b":[2,3]}`,
		"N0(I1\nI2\n1I5\n2\x86.":                           `[5,5]`,
	} {
		v, err := Decode(strings.NewReader(content), Limits{})
		if tuple, ok := v.(Tuple); ok {
			v = &List{tuple}
		}
		got, _ := json.Marshal(plain(v))
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v; want %s", content, got, err, want)
		}
	}
}

// TestDecode_RefusesPrograms checks that reading stops at an instruction that would run something.
func TestDecode_RefusesPrograms(t *testing.T) {
	for _, content := range []string{
		"cos\nsystem\n(S'touch /tmp/owned'\ntR.",
		"(S'touch /tmp/owned'\nios\nsystem\n.",
		"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.",
		"(lp0\ncnumpy.core.multiarray\nscalar\n.", "}(S'a'\nI1\nub.", "Pabc\n.", "NQ.", "\x80\x02N)\x81.", "\x80\x02\x82\x01.", "(NNo.", "N)}\x92.", "\x97.",
	} {
		if v, err := Decode(strings.NewReader(content), Limits{}); !errors.Is(err, ErrProgram) {
			t.Errorf("%q: %v, %v", content, v, err)
		}
	}
}

func TestDecode_BadPickles(t *testing.T) {
	for content, want := range map[string]string{
		"": "cut short", "N": "cut short", ".": "too little on the stack", "(.": "too little on the stack", "a.": "too little on the stack",
		"I1\nI2\na.": "is no list", "e.": "no mark", "(NNNd.": "3 keys and values", "}]Ns.": "a key that is a *pickle.List", "g7\n.": "no value 7",
		"g-7\n.": "memo", "\x80\x09N.": "protocol 9", "Ix\n.": "no number", "S'a\n.": "quotes", "S'\\q'\n.": "escape", "\xff.": "not known",
		"X\xff\xff\xff\x7fabc": "in one piece", "X\x00\x00\x10\x00abc": "EOF", "\x8b\xff\xff\xff\x00": "number of", "Vabc": "EOF",
		"\x8d\xff\xff\xff\xff\xff\xff\xff\xff": "the number", "0.": "too little",
		"L" + strings.Repeat("9", 5000) + "\n.": "a line of over",
	} {
		if v, err := Decode(strings.NewReader(content), Limits{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v; want %s", content, v, err, want)
		}
	}
}

func TestDecode_Limits(t *testing.T) {
	long := "(" + strings.Repeat("I1\n", 1000) + "l."
	if _, err := Decode(strings.NewReader(long), Limits{Instructions: 500}); err == nil || !strings.Contains(err.Error(), "over 500 instructions") {
		t.Error(err)
	}
	if _, err := Decode(strings.NewReader("U\x05abcdeU\x05abcde."), Limits{Bytes: 8}); err == nil {
		t.Error("no error over the limit of bytes")
	}
	// nesting does not use the Go stack
	deep := strings.Repeat("(", 1<<20) + strings.Repeat("l", 1<<20) + "."
	if _, err := Decode(strings.NewReader(deep), Limits{}); err != nil {
		t.Error(err)
	}
	// a length allocates nothing before its bytes are read
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		Decode(strings.NewReader("B\x00\x00\xff\x00x"), Limits{})
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 20<<20 {
		t.Errorf("%d bytes for lengths that were only claimed", taken)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.p")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content[:min(len(content), 4096)])
	}
	f.Add([]byte("cos\nsystem\n(S'ls'\ntR."))
	f.Add([]byte("(lp0\n(dp1\nS'sent'\np2\nS'it\\'s'\np3\nsag1\na."))
	f.Fuzz(func(t *testing.T, content []byte) {
		Decode(bytes.NewReader(content), Limits{Instructions: 10_000, Bytes: 1 << 20, Text: 1 << 16})
	})
}
