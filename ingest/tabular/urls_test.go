package tabular

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/fetch"
	"github.com/pali3/pali3/ingest/folder"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/internal/hostile"
	"github.com/pali3/pali3/shards"
)

// web is what tests ask of the network: a hostile server on loopback does not hold them up.
func web() *Web {
	return &Web{Fetch: fetch.Options{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, PerHost: 64,
		Timeout: 2 * time.Second, Backoff: time.Millisecond, MaxBytes: 1 << 20, Retries: 2}}
}

func serve(t testing.TB) (*hostile.Server, string) {
	s := &hostile.Server{Robots: hostile.Forbidden}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return s, server.URL
}

// hostileList is a table of n URLs of each kind of the hostile server but some, in a fixed order.
func hostileList(t testing.TB, address string, n int, without ...string) string {
	var b strings.Builder
	b.WriteString("url,text\n")
	for i := range n {
		for _, kind := range slices.Sorted(maps.Keys(hostile.Kinds)) {
			if !slices.Contains(without, kind) {
				fmt.Fprintf(&b, "%s/%s/%d,%s number %d\n", address, kind, i, kind, i)
			}
		}
	}
	return filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"list.csv": b.String()}), "list.csv")
}

func TestURLs_FetchesImages(t *testing.T) {
	t.Parallel()
	_, address := serve(t)
	source, err := NewURLs(Options{File: hostileList(t, address, 2), Columns: Columns{Image: "url", Text: "text"}, Language: "en", Web: web()})
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	good := 0
	for kind, want := range hostile.Kinds {
		for i := range 2 {
			key := fmt.Sprintf("%s/%s/%d", address, kind, i)
			if got := reasons[key]; got != want {
				t.Errorf("%s rejected for %q, want %q", key, got, want)
			}
			if want != "" {
				continue
			}
			good++
			s := samples[key]
			if len(s.Images) != 1 || !bytes.Equal(s.Images[0].Bytes, hostile.Image(fmt.Sprint(i))) || s.Provenance.URL != key ||
				time.Since(s.Provenance.FetchedAt) > time.Minute || s.Texts[0].Value != fmt.Sprintf("%s number %d", kind, i) {
				t.Errorf("%s: %+v", key, s)
			}
		}
	}
	if stat.Rows != int64(good) || stat.Rejected != int64(2*len(hostile.Kinds)-good) || stat.Reasons["timeout"] != 4 {
		t.Errorf("%+v", stat)
	}
}

func TestURLs_NeedsNoServerForDataURIs(t *testing.T) {
	t.Parallel()
	server, address := serve(t)
	list := filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"list.jsonl": `{"url":"data:image/png;base64,` + ingesttest.Base64Of(ingesttest.PNG(1)) + `","text":"inline"}
{"url":"` + address + `/ok/1","text":["one","two"],"id":12345678901234567890}
{"url":"` + address + `/ok/1","text":"again"}
{"url":["` + address + `/ok/2","` + address + `/ok/3"],"text":"two frames"}
{"url":"pictures/a.png","text":"a file"}
{"url":"data:,nothing","text":"no picture"}
{"text":"none"}
`}), "list.jsonl")
	source, err := NewURLs(Options{File: list, Columns: Columns{Image: "url", Text: "text"}, Web: web()})
	samples, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 4 || reasons["pictures/a.png"] != fetch.BadURL || reasons["list.jsonl:6"] != ingest.BadImage || reasons["list.jsonl:7"] != ingest.NoImage {
		t.Errorf("%+v %v", stat, reasons)
	}
	if s := samples[address+"/ok/1"]; len(s.Texts) != 2 || s.Texts[1].Value != "two" {
		t.Errorf("%+v", s)
	}
	if s := samples[address+"/ok/1#3"]; len(s.Texts) != 1 {
		t.Errorf("%+v", s)
	}
	if s := samples[address+"/ok/2"]; len(s.Images) != 2 || !bytes.Equal(s.Images[1].Bytes, hostile.Image("3")) {
		t.Errorf("%d images", len(s.Images))
	}
	if n := server.Requests.Load(); n != 5 {
		t.Errorf("%d requests, want 4 and robots.txt", n)
	}
}

func TestURLs_RefusesLoopbackUnlessAllowed(t *testing.T) {
	t.Parallel()
	server, address := serve(t)
	w := web()
	w.Fetch.AllowNets = nil
	source, err := NewURLs(Options{File: hostileList(t, address, 1), Columns: Columns{Image: "url"}, Web: w})
	_, stat, reasons := ingesttest.Ingest(t, source, err)
	if stat.Rows != 0 || reasons[address+"/ok/0"] != fetch.Refused || server.Requests.Load() != 0 {
		t.Errorf("%+v, %d requests", stat, server.Requests.Load())
	}
}

func TestURLs_StaysWithinMemory(t *testing.T) {
	t.Parallel()
	_, address := serve(t)
	var b strings.Builder
	b.WriteString("url\n")
	for i := range 200 {
		fmt.Fprintf(&b, "%s/ok/%d\n", address, i)
	}
	list := filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"list.csv": b.String()}), "list.csv")
	w := web()
	w.Memory = 1 // every row waits for those before it
	source, err := NewURLs(Options{File: list, Columns: Columns{Image: "url"}, Web: w})
	_, stat, _ := ingesttest.Ingest(t, source, err)
	if stat.Rows != 200 {
		t.Errorf("%+v", stat)
	}
}

// An ended context must not make rejects of rows that are on their way.
func TestURLs_InterruptedRejectsNothing(t *testing.T) {
	t.Parallel()
	_, address := serve(t)
	dir := filepath.Join(t.TempDir(), "d")
	list := hostileList(t, address, 3, "stall", "loris")
	open := func() *Table {
		source, err := NewURLs(Options{File: list, Columns: Columns{Image: "url", Text: "text"}, Web: web()})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		ingest.Run(ctx, open(), dir, ingest.Options{Progress: func(n, _ int64) {
			if n%7 == 0 {
				cancel()
			}
		}})
		cancel()
	}
	resumed, err := ingest.Run(t.Context(), open(), dir, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	straight := filepath.Join(t.TempDir(), "straight")
	whole, err := ingest.Run(t.Context(), open(), straight, ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(resumed.Reasons, whole.Reasons) || resumed.Rows != whole.Rows {
		t.Errorf("resumed %+v, straight %+v", resumed, whole)
	}
	a, _ := os.ReadFile(filepath.Join(dir, shards.RejectsName))
	b, _ := os.ReadFile(filepath.Join(straight, shards.RejectsName))
	if !bytes.Equal(a, b) {
		t.Error("the rejects differ")
	}
}

// What is in the dataset is not fetched again, what was rejected is not kept twice, and new rows
// are added.
func TestURLs_RepeatedURL(t *testing.T) {
	t.Parallel()
	server, address := serve(t)
	dir, list := filepath.Join(t.TempDir(), "d"), hostileList(t, address, 2, "stall", "loris")
	again := func() ingest.Summary {
		source, err := NewURLs(Options{File: list, Columns: Columns{Image: "url", Text: "text"}, Web: web()})
		if err != nil {
			t.Fatal(err)
		}
		s, err := ingest.Run(t.Context(), source, dir, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := again()
	before := server.Requests.Load()
	if second := again(); second.Rows != 0 || second.Rejected != 0 || len(second.Reasons) > 0 || second.Duplicates != first.Rows+first.Rejected {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if asked := server.Requests.Load() - before; asked >= before-first.Rows {
		t.Errorf("%d requests, then %d: rows were fetched again", before, asked)
	}
	other, address := serve(t)
	content, _ := os.ReadFile(list)
	if err := os.WriteFile(list, regexp.MustCompile(`http://[^/]*/(gone|down)`).ReplaceAll(content, []byte(address+"/ok")), 0o644); err != nil {
		t.Fatal(err)
	}
	if third := again(); third.Rows != 4 || third.Rejected != 0 || third.Duplicates != first.Rows+first.Rejected-4 || other.Requests.Load() == 0 {
		t.Errorf("first %+v, third %+v", first, third)
	}
	if problems, err := shards.Verify(dir, true); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// An interrupted run fetches again no more than what was under way.
func TestURLs_ResumedFetchesOnce(t *testing.T) {
	t.Parallel()
	server, address := serve(t)
	const n, window = 300, 8
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s/ok/%d\n", address, i)
	}
	list := filepath.Join(ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"list.txt": b.String()}), "list.txt")
	dir := filepath.Join(t.TempDir(), "d")
	runs := int64(0)
	for done := false; !done; runs++ {
		w := web()
		w.Window = window
		source, err := NewURLs(Options{File: list, Web: w})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err = ingest.Run(ctx, source, dir, ingest.Options{Progress: func(seen, _ int64) {
			if seen == 50*(runs+1) {
				cancel()
			}
		}})
		cancel()
		done = err == nil
	}
	// beside the window, the completion of records holds some
	if asked, most := server.Requests.Load(), n+runs*(1+window+2*int64(runtime.GOMAXPROCS(0))+2); asked > most || runs < 5 {
		t.Errorf("%d requests in %d runs, want %d at most", asked, runs, most)
	}
}

func TestRun_Dedup(t *testing.T) {
	dir := ingesttest.WriteFiles(t, t.TempDir(), map[string]string{"a.png": string(ingesttest.PNG(1)), "b.png": string(ingesttest.PNG(1)), "c.png": string(ingesttest.PNG(2))})
	to := filepath.Join(t.TempDir(), "d")
	for run, want := range []ingest.Summary{
		{Stat: shards.Stat{Rows: 2, Rejected: 1}, Reasons: map[string]int64{ingest.SameImage: 1}},
		{Stat: shards.Stat{Duplicates: 3}},
	} {
		source, err := folder.New(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := ingest.Run(t.Context(), source, to, ingest.Options{Dedup: true})
		if err != nil || got.Rows != want.Rows || got.Rejected != want.Rejected || got.Duplicates != want.Duplicates || !maps.Equal(got.Reasons, want.Reasons) {
			t.Errorf("run %d: %+v, %v", run, got, err)
		}
	}
}
