package benchmarks

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/pickle"
)

func saved(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestElements(t *testing.T) {
	type thing struct {
		N int `json:"n"`
	}
	for _, c := range []struct{ content, member, want string }{
		{`[{"n":1},{"n":2}]`, "", "1 2"},
		{"\xef\xbb\xbf [ ]\n", "", ""},
		{`{"a":{"things":[1]},"x":[[{"y":"}"}]],"things":[{"n":1},{"N":2,"more":[{}]}],"z":0}`, "things", "1 2"},
		{`[{"n":1},{"n":"two"},{"n":3},7]`, "", "1 ! 3 !"}, // of another type, and the next follows
		{`[{"n":1},{"n":2`, "", "1 !!"},
		{`[{"n":1},}]`, "", "1 !!"},
		{`{"n":1}`, "", "!!"},
		{`{"things":7}`, "things", "!!"},
		{`{"other":[1]}`, "things", "!!"},
		{`{"other":[1`, "things", "!!"},
		{"[{\"n\":1,\"s\":\"\xff\\ud800\"}]", "", "1"}, // invalid UTF-8 and a lone surrogate
		{`[{"n":1,"n":2}]`, "", "2"},
		{strings.Repeat("[", 1<<20), "", "!!"},
		{"", "", "!!"},
	} {
		var got []string
		for v, err := range elements[thing](context.Background(), saved(t, "a.json", c.content), c.member) {
			switch {
			case errors.Is(err, errBroken):
				got = append(got, "!!")
			case err != nil:
				got = append(got, "!")
			default:
				got = append(got, fmt.Sprint(v.N))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%.60q: %q, want %q", c.content, got, c.want)
		}
	}
}

func TestElements_StopWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	for _, err := range elements[int](ctx, saved(t, "a.json", "[1,2,3,4]"), "") {
		if n++; n == 2 {
			cancel()
		}
		if n == 3 && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if n != 3 {
		t.Errorf("%d elements", n)
	}
}

// TestElements_RefusesLongElements reads and skips an element with a text of 200 MB, which must not
// take more memory than the limit.
func TestElements_RefusesLongElements(t *testing.T) {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	fmt.Fprint(w, `{"skipped":["`)
	for range 200 {
		w.Write(bytes.Repeat([]byte("x"), 1<<20))
	}
	fmt.Fprint(w, `"],"things":[1]}`)
	w.Close()
	file := saved(t, "bomb.json.gz", b.String())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, err := range elements[int](context.Background(), file, "things") {
		if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "an element of over") {
			t.Error(err)
		}
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 5*maxElement {
		t.Errorf("%d MiB", taken>>20)
	}
}

func TestGathering(t *testing.T) {
	g, err := newGathering()
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	for n, name := range []string{"a", "b", "a", "c", "b", "a"} {
		i := about(name, name+".png")
		i.sample.Questions = append(i.sample.Questions, question(fmt.Sprint(n), "", ""))
		if err := g.add(name, &i); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for i, err := range g.items() {
		if err != nil {
			t.Fatal(err)
		}
		line := i.sample.Key + ":" + i.images[0][0]
		for _, q := range i.sample.Questions {
			line += " " + q.ID
		}
		got = append(got, line)
	}
	if want := []string{"a:a.png 0 2 5", "b:b.png 1 4", "c:c.png 3"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, ok, err := g.get("nobody"); ok || err != nil {
		t.Error(ok, err)
	}
}

func TestReadRefCOCO_EveryProtocol(t *testing.T) {
	var l fixture
	for _, l = range published {
		if l.name == "refcoco" {
			break
		}
	}
	for protocol := range 6 {
		l.annotations = refs(protocol)
		source, err := New(publish(t, l))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			if r.Err != nil {
				t.Errorf("protocol %d: %v", protocol, r.Err)
			}
			got = append(got, tell(r.Sample))
		}
		if slices.Sort(got); !slices.Equal(got, l.want) {
			t.Errorf("protocol %d: %q", protocol, got)
		}
	}
	l.annotations = "(lp0\ncposix\nsystem\n(S'touch owned'\ntRa."
	source, err := New(publish(t, l))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r := range source.Records(t.Context(), ingest.Cursor{}) {
		if n++; !errors.Is(r.Err, pickle.ErrProgram) {
			t.Error(r.Err)
		}
	}
	if n != 1 {
		t.Errorf("%d records", n)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"a":[1],"things":[{"n":1},{"n":"x"}]}`))
	f.Add([]byte("\xef\xbb\xbf[[[{\"a\":\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := saved(t, "a.json", string(content))
		for range elements[map[string]any](t.Context(), file, "things") {
		}
		for range members[[]int](t.Context(), file) {
		}
	})
}
