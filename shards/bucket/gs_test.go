package bucket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/shards"
)

// gsServer is as much of Google Cloud Storage as a dataset needs: its JSON interface, resumable
// uploads, ranged reads.
type gsServer struct {
	mu      sync.Mutex
	objects map[string]*gsObject // by bucket/name
	uploads map[string]*gsObject // under way
	pieces  int                  // of resumable uploads
	ranged  int
}

type gsObject struct {
	Bucket     string            `json:"bucket"`
	Name       string            `json:"name"`
	Size       string            `json:"size"`
	Etag       string            `json:"etag"`
	Updated    time.Time         `json:"updated"`
	Generation string            `json:"generation"`
	Metadata   map[string]string `json:"metadata"`
	content    []byte
}

func (s *gsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	if id := query.Get("upload_id"); id != "" {
		s.piece(w, r, s.uploads[id])
		return
	}
	if rest, is := strings.CutPrefix(r.URL.Path, "/upload/storage/v1/b/"); is {
		s.upload(w, r, strings.TrimSuffix(rest, "/o"))
		return
	}
	if rest, is := strings.CutPrefix(r.URL.Path, "/storage/v1/b/"); is {
		bucket, name, _ := strings.Cut(rest, "/o")
		if name = strings.TrimPrefix(name, "/"); name == "" {
			s.list(w, bucket, query.Get("prefix"))
			return
		}
		if o := s.objects[bucket+"/"+name]; o != nil && query.Get("alt") != "media" {
			json.NewEncoder(w).Encode(o)
			return
		}
		s.read(w, r, bucket+"/"+name)
		return
	}
	s.read(w, r, strings.TrimPrefix(r.URL.Path, "/"))
}

func (s *gsServer) read(w http.ResponseWriter, r *http.Request, name string) {
	o := s.objects[name]
	if o == nil {
		http.Error(w, `{"error": {"code": 404, "message": "none"}}`, http.StatusNotFound)
		return
	}
	if r.Header.Get("Range") != "" {
		s.ranged++
	}
	http.ServeContent(w, r, "", o.Updated, bytes.NewReader(o.content))
}

func (s *gsServer) upload(w http.ResponseWriter, r *http.Request, bucket string) {
	o := &gsObject{Bucket: bucket, Generation: "1", Updated: time.Unix(1, 0).UTC()}
	if r.URL.Query().Get("uploadType") == "resumable" {
		json.NewDecoder(r.Body).Decode(o)
		id := fmt.Sprint("upload", len(s.uploads))
		s.uploads[id] = o
		w.Header().Set("Location", "http://"+r.Host+r.URL.Path+"?upload_id="+id)
		return
	}
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	if part, err := parts.NextPart(); err == nil {
		json.NewDecoder(part).Decode(o)
	}
	if part, err := parts.NextPart(); err == nil {
		o.content, _ = io.ReadAll(part)
	}
	s.keep(w, o)
}

// piece takes a piece of a resumable upload; the last says how many bytes there are.
func (s *gsServer) piece(w http.ResponseWriter, r *http.Request, o *gsObject) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.pieces++
	o.content = append(o.content, content...)
	if strings.HasSuffix(r.Header.Get("Content-Range"), "/*") {
		w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", len(o.content)-1))
		w.WriteHeader(http.StatusPermanentRedirect) // the upload is not complete
		return
	}
	s.keep(w, o)
}

func (s *gsServer) keep(w http.ResponseWriter, o *gsObject) {
	o.Size, o.Etag = fmt.Sprint(len(o.content)), shards.Hash(o.content)
	s.objects[o.Bucket+"/"+o.Name] = o
	json.NewEncoder(w).Encode(o)
}

func (s *gsServer) list(w http.ResponseWriter, bucket, prefix string) {
	var all struct {
		Items []*gsObject `json:"items"`
	}
	for name, o := range s.objects {
		if strings.HasPrefix(name, bucket+"/"+prefix) {
			all.Items = append(all.Items, o)
		}
	}
	json.NewEncoder(w).Encode(all)
}

func TestGoogleCloudStorage(t *testing.T) {
	server := &gsServer{objects: map[string]*gsObject{}, uploads: map[string]*gsObject{}}
	endpoint := httptest.NewServer(server)
	defer endpoint.Close()
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(endpoint.URL, "http://"))
	thereAndBack(t, "gs://bucket/some/where?anonymous=true")
	if server.pieces == 0 || server.ranged == 0 {
		t.Errorf("%d pieces of uploads, %d ranged reads: each should be tried", server.pieces, server.ranged)
	}
}

// thereAndBack copies a dataset to a store, reads it there, copies it again, and copies it back.
func thereAndBack(t *testing.T, url string) {
	t.Helper()
	dir := dataset(t)
	if copied, err := Stores().Copy(t.Context(), dir, url, shards.CopyOptions{}); err != nil || copied.Files != 3 {
		t.Fatal(copied, err)
	}
	check(t, url, dir)
	if copied, err := Stores().Copy(t.Context(), dir, url, shards.CopyOptions{}); err != nil || copied.Files != 0 || copied.There != 3 {
		t.Error("copied again:", copied, err)
	}
	if problems, err := Stores().Verify(t.Context(), url, false); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	back := filepath.Join(t.TempDir(), "back")
	if copied, err := Stores().Copy(t.Context(), url, back, shards.CopyOptions{}); err != nil || copied.Files != 3 {
		t.Error("copied back:", copied, err)
	}
	check(t, back, dir)
}
