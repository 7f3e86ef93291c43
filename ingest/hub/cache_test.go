package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/ingesttest"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/shards"
)

// trueHub answers as Hugging Face's does: it tells sizes and hashes, wants a token, redirects to
// another host for content.
type trueHub struct {
	files map[string][]byte
	token string
	sent  atomic.Int64                                  // bytes of content
	each  func(w http.ResponseWriter, name string) bool // answers in the hub's stead if it likes to
}

func (h *trueHub) serve(t *testing.T) string {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token was sent to another host")
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		if h.each == nil || !h.each(w, name) {
			http.ServeContent(counting{w, &h.sent}, r, "", time.Time{}, bytes.NewReader(h.files[name]))
		}
	}))
	t.Cleanup(storage.Close)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"Invalid username or password."}`)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/datasets/owner/birds/revision/") {
			var siblings []map[string]any
			for name, content := range h.files {
				siblings = append(siblings, map[string]any{"rfilename": name, "size": len(content), "blobId": strings.Repeat("b", 40),
					"lfs": map[string]any{"sha256": shards.Hash(content), "size": len(content), "pointerSize": 130}})
			}
			json.NewEncoder(w).Encode(map[string]any{"id": "owner/birds", "sha": commit, "siblings": siblings})
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, "/datasets/owner/birds/resolve/"+commit+"/")
		if _, there := h.files[name]; !ok || !there {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, storage.URL+"/"+name, http.StatusFound)
	}))
	t.Cleanup(hub.Close)
	return strings.Replace(hub.URL, "127.0.0.1", "localhost", 1)
}

type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.n.Add(int64(n))
	return n, err
}

func (h *trueHub) open(t *testing.T, o Options) (*Dataset, error) {
	t.Helper()
	o.Repo, o.Endpoint = "owner/birds", h.serve(t)
	if o.CacheDir == "" {
		o.CacheDir = t.TempDir()
	}
	hub, err := Open(t.Context(), o)
	if err == nil {
		hub.cache.backoff, hub.cache.stall = time.Millisecond, 5*time.Second
	}
	return hub, err
}

const configured = `---
license: cc0-1.0
configs:
- config_name: small
  data_files: "small/*.parquet"
- config_name: big
  default: true
  data_files:
  - split: fit
    path: ["data/train-*", "extra/**/*.parquet"]
  - split: check
    path: data/{val,test}-0000[0-1].parquet
- config_name: folder
  data_dir: data
---
# Birds
`

func TestOpen_ReadsConfigs(t *testing.T) {
	h := &trueHub{files: map[string][]byte{
		"README.md": []byte(configured), "small/a.parquet": hubTable(t, 0, 1), "data/train-00000.parquet": hubTable(t, 1, 3),
		"data/val-00000.parquet": hubTable(t, 3, 6), "data/val-00002.parquet": hubTable(t, 6, 10), "extra/deep/er/b.parquet": hubTable(t, 10, 15),
		"data/notes.csv": []byte("a,b\n"),
	}}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "map[check:3 fit:7]"},
		{Options{Split: "check"}, "map[check:3]"},
		{Options{Config: "small"}, "map[:1]"},
		{Options{Config: "folder"}, "map[train:2 val:7]"},
		{Options{Config: "folder", Split: "validation"}, "map[val:7]"},
		{Options{Config: "extra"}, "map[:5]"}, // a folder, as the branches refs/convert/parquet have them
		{Options{Files: "data"}, "map[train:2 val:7]"},
		{Options{Files: "**/*-00002.parquet"}, "map[val:4]"},
		{Options{Files: "data", Config: "big"}, "map[check:3 fit:2]"},
		{Options{Config: "none"}, `no config none; there are ["small" "big" "folder"]`},
		{Options{Split: "none"}, "no Parquet files of split none"},
		{Options{Files: "data/*.csv"}, `no Parquet files that match data/*.csv and no WebDataset archives, but files of the kinds [".csv"]`},
		{Options{Files: "["}, "unclosed bracket"},
	} {
		source, err := h.open(t, c.o)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: %v", c.o, err)
			}
			continue
		}
		splits := map[string]int{}
		for r := range source.Records(t.Context(), ingest.Cursor{}) {
			splits[r.Sample.Split]++
		}
		if fmt.Sprint(splits) != c.want {
			t.Errorf("%+v: %v, want %s", c.o, splits, c.want)
		}
	}
}

func TestParseConfigs(t *testing.T) {
	for readme, want := range map[string]string{
		"# no head": "[]", "---\nlicense: mit\n---\n": "[]", "---\n---\n": "[]", "--- \n": "[]", "": "[]",
		"\xef\xbb\xbf---\r\nconfigs:\r\n- config_name: a\r\n  data_files: x.parquet\r\n---\r\n": "[{a false  [{ [x.parquet]}]}]",
		"---\nconfigs:\n- config_name: a\n  data_files: {train: [x, y], test: z}\n---":          "[{a false  [{test [z]} {train [x y]}]}]",
		"---\nconfigs:\n- config_name: a\n  data_files: {split: s, path: z}\n---":               "[{a false  [{s [z]}]}]",
		"---\nconfigs:\n- config_name: a\n  data_files: 7\n---":                                 "[]: README.md: config a: data_files",
		"---\nconfigs: [\n---":   "[]: the front matter of README.md",
		"---\nconfigs: yes\n---": "[]: the front matter of README.md",
	} {
		configs, err := parseConfigs([]byte(readme))
		got := fmt.Sprint(configs)
		if err != nil {
			got = "[]: " + err.Error()
		}
		if got != want && !(err != nil && strings.HasPrefix(got, want)) {
			t.Errorf("%q: %s, want %s", readme, got, want)
		}
	}
}

func FuzzParseConfigs(f *testing.F) {
	f.Add([]byte(configured), "data/train-*.parquet")
	f.Fuzz(func(t *testing.T, readme []byte, pattern string) {
		configs, err := parseConfigs(readme)
		if err == nil {
			for _, c := range configs {
				c.files([]string{"data/train-0.parquet", pattern})
			}
		}
		if matches, err := globbing(pattern); err == nil {
			matches("data/train-00000.parquet")
		}
	})
}

// A broken download resumes where it stopped, and the result is checked.
func TestDataset_ResumesDownloads(t *testing.T) {
	content := hubTable(t, 0, 400)
	h := &trueHub{files: map[string][]byte{"train.parquet": content}}
	cuts := 3
	h.each = func(w http.ResponseWriter, name string) bool {
		if cuts--; cuts != 2 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:len(content)/2])
		h.sent.Add(int64(len(content) / 2))
		return true // and not what was promised
	}
	cache := t.TempDir()
	incomplete := filepath.Join(cache, "datasets--owner--birds", "blobs", shards.Hash(content)+".incomplete")
	source, err := h.open(t, Options{CacheDir: cache, Columns: tabular.Columns{Image: "image", Text: "caption"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, stat, _ := ingesttest.Ingest(t, source, nil); stat.Rows != 400 {
		t.Errorf("%+v", stat)
	}
	if sent := h.sent.Load(); sent != int64(len(content)) {
		t.Errorf("%d bytes were sent, want %d", sent, len(content))
	}
	if _, err := os.Stat(incomplete); err == nil {
		t.Error("the incomplete file is still there")
	}
	// What another process left, or what a lying hub sent, is removed; the next attempt starts
	// over.
	os.RemoveAll(cache)
	if err := os.MkdirAll(filepath.Dir(incomplete), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(incomplete, make([]byte, len(content)/3), 0o644); err != nil {
		t.Fatal(err)
	}
	local, err := source.cache.get(t.Context(), "train.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(local); !bytes.Equal(got, content) {
		t.Error("the file is another")
	}
}

// A hub that is down causes no rejects: the run stops, and the next run resumes.
func TestDataset_StopsWhenHubIsDown(t *testing.T) {
	h := &trueHub{files: map[string][]byte{"train-0.parquet": hubTable(t, 0, 5), "train-1.parquet": hubTable(t, 5, 9)}}
	down := true
	h.each = func(w http.ResponseWriter, name string) bool {
		if down && name == "train-1.parquet" {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	source, err := h.open(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "d")
	if _, err := ingest.Run(t.Context(), source, dir, ingest.Options{}); !errors.Is(err, ingest.ErrUnavailable) || !strings.Contains(err.Error(), "after 5 records") ||
		!strings.Contains(err.Error(), "status 502") {
		t.Error(err)
	}
	down = false
	if stat, err := ingest.Run(t.Context(), source, dir, ingest.Options{}); err != nil || stat.Rows != 9 || stat.Rejected != 0 {
		t.Errorf("%+v, %v", stat, err)
	}
}

func TestToken(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HF_HOME", home)
	t.Setenv("HF_TOKEN", "")
	h := &trueHub{files: map[string][]byte{"train.parquet": hubTable(t, 0, 2)}, token: "secret"}
	if _, err := h.open(t, Options{}); err == nil || !strings.Contains(err.Error(), "status 401") || !strings.Contains(err.Error(), "gated") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(home, "token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := h.open(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, stat, _ := ingesttest.Ingest(t, source, nil); stat.Rows != 2 {
		t.Errorf("%+v", stat)
	}
}

// What a resumed run has is neither read again nor counted again, and the rest is found by its
// place in the file.
func TestDataset_ResumesInsideFile(t *testing.T) {
	h := &trueHub{files: map[string][]byte{"train.parquet": hubTable(t, 0, 300)}}
	source, err := h.open(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(source.Records(t.Context(), ingest.Cursor{}))
	for _, n := range []int{1, 150, 299, 300} {
		rest := slices.Collect(source.Records(t.Context(), ingest.After(int64(n))))
		if len(rest) != 300-n || n < 300 && (rest[0].Sample.Key != all[n].Sample.Key || !bytes.Equal(rest[0].Sample.Images[0].Bytes, all[n].Sample.Images[0].Bytes)) {
			t.Errorf("after %d: %d records", n, len(rest))
		}
	}
}
