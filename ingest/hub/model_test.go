package hub

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/shards"
)

// modelServer answers as a hub does for the model owner/finch: a list of files with sizes and
// hashes, and the files. Cut, if not nil, may change what a request gets.
func modelServer(t *testing.T, files map[string][]byte, cut func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	commit := strings.Repeat("c", 40)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/models/owner/finch/revision/") {
			var siblings []map[string]any
			for name, content := range files {
				blob := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
				one := map[string]any{"rfilename": name, "size": len(content), "blobId": hex.EncodeToString(blob[:])}
				if strings.HasSuffix(name, ".safetensors") {
					one["lfs"] = map[string]any{"sha256": shards.Hash(content), "size": len(content)}
				}
				siblings = append(siblings, one)
			}
			json.NewEncoder(w).Encode(map[string]any{"id": "owner/finch", "sha": commit, "siblings": siblings})
			return
		}
		if cut != nil && cut(w, r) {
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, "/owner/finch/resolve/"+commit+"/")
		content, there := files[name]
		if !ok || !there {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(server.Close)
	return server
}

// finch is a model with two files of weights, and with files that a download leaves out.
func finch() map[string][]byte {
	weights := bytes.Repeat([]byte("0123456789"), 50_000)
	return map[string][]byte{
		"config.json": []byte(`{"model_type": "finch"}`), "tokenizer.json": []byte("{}"), "README.md": []byte("# Finch"),
		"model.safetensors.index.json": []byte(`{}`), "model-00001-of-00002.safetensors": weights, "model-00002-of-00002.safetensors": weights[1:],
		"pytorch_model.bin": []byte("pickle"), "onnx/model.onnx": []byte("onnx"), "flax_model.msgpack": []byte("flax"),
	}
}

func TestDownloadModel_TakesWhatItNeeds(t *testing.T) {
	files := finch()
	server := modelServer(t, files, nil)
	o := ModelOptions{Repo: "owner/finch", Endpoint: server.URL, CacheDir: t.TempDir()}
	dir, err := DownloadModel(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			content, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(content, files[filepath.Base(path)]) {
				t.Errorf("%s differs: %v", path, err)
			}
			found = append(found, filepath.Base(path))
		}
		return err
	})
	want := "config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json tokenizer.json"
	if got := strings.Join(found, " "); got != want {
		t.Errorf("downloaded %s, want %s", got, want)
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "gone", http.StatusForbidden)
	})
	if _, err := DownloadModel(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no such model, or it is private or gated") {
		t.Errorf("a gated model: %v", err)
	}
}

func TestDownloadModel_ResumesAndVerifies(t *testing.T) {
	files := finch()
	cuts, ranges := 0, 0
	server := modelServer(t, files, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Range") != "" {
			ranges++
		}
		if !strings.HasSuffix(r.URL.Path, "model-00001-of-00002.safetensors") || cuts > 0 {
			return false
		}
		cuts++ // the connection ends after some bytes
		w.Header().Set("Content-Length", fmt.Sprint(len(files["model-00001-of-00002.safetensors"])))
		w.Write(files["model-00001-of-00002.safetensors"][:100_000])
		return true
	})
	if _, err := DownloadModel(t.Context(), ModelOptions{Repo: "owner/finch", Endpoint: server.URL, CacheDir: t.TempDir()}); err != nil || cuts != 1 || ranges != 1 {
		t.Errorf("after %d cuts and %d ranges: %v", cuts, ranges, err)
	}
	for _, name := range []string{"config.json", "model-00002-of-00002.safetensors"} {
		server := modelServer(t, files, func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, name) {
				return false
			}
			other := bytes.Clone(files[name])
			other[5] ^= 1
			w.Write(other)
			return true
		})
		c, err := openRepo("models", "", "owner/finch", "main", server.URL, "", t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		c.backoff = time.Millisecond
		if err := c.getModel(t.Context(), ModelOptions{}); err == nil || !strings.Contains(err.Error(), "but the hub lists") {
			t.Errorf("%s with another byte: %v", name, err)
		}
	}
}

func TestDownloadModel_RefusesWhatItCannotRead(t *testing.T) {
	only := func(names ...string) map[string][]byte {
		files := map[string][]byte{}
		for _, name := range names {
			files[name] = []byte(`{"model_type": "finch"}`)
		}
		return files
	}
	for _, c := range []struct {
		files map[string][]byte
		most  int64
		want  string
	}{
		{only("config.json", "pytorch_model.bin"), 0, "pickle"},
		{only("model.safetensors"), 0, "no config.json"},
		{only("config.json", "a.safetensors", "b.safetensors"), 0, "neither model.safetensors nor"},
		{finch(), 1000, "more than the limit of 1000"},
	} {
		server := modelServer(t, c.files, nil)
		_, err := DownloadModel(t.Context(), ModelOptions{Repo: "owner/finch", Endpoint: server.URL, CacheDir: t.TempDir(), MaxBytes: c.most})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "owner/finch") {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	endless := modelServer(t, finch(), func(w http.ResponseWriter, r *http.Request) bool {
		for strings.HasSuffix(r.URL.Path, "config.json") {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return true
			}
		}
		return false
	})
	if _, err := DownloadModel(t.Context(), ModelOptions{Repo: "owner/finch", Endpoint: endless.URL, CacheDir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a file without end: %v", err)
	}
}

func TestParseModel(t *testing.T) {
	for name, want := range map[string][2]string{
		"google/siglip-base-patch16-224": {"google/siglip-base-patch16-224", ""}, "a/b@v1.0": {"a/b", "v1.0"}, "a/b@refs/pr/1": {"a/b", "refs/pr/1"},
	} {
		repo, revision, err := ParseModel(name)
		if err != nil || repo != want[0] || revision != want[1] {
			t.Errorf("%s: %q, %q, %v", name, repo, revision, err)
		}
	}
	for _, name := range []string{"", "a", "a/b/c", "../b", "a/..", "a/b@", "https://x/y", "a/b?x", "a/ b"} {
		if _, _, err := ParseModel(name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}
