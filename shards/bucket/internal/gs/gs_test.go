package gs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// server is the part of Google Cloud Storage's JSON interface that the driver uses.
type server struct {
	mu      sync.Mutex
	objects map[string]*object
	uploads map[string]*object
	whole   bool                                              // ignores ranges
	page    int                                               // objects a page of a listing
	breaks  []func(*object, []byte, http.ResponseWriter) bool // asked first, one a piece
}

type object struct {
	resource
	content []byte
}

func newServer(t *testing.T) (*server, *blob.Bucket) {
	t.Helper()
	s := &server{objects: map[string]*object{}, uploads: map[string]*object{}, page: 1000}
	endpoint := httptest.NewServer(s)
	t.Cleanup(endpoint.Close)
	t.Setenv(emulatorHost, strings.TrimPrefix(endpoint.URL, "http://"))
	b, err := OpenURL(t.Context(), &url.URL{Scheme: Scheme, Host: "holiday"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return s, b
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	switch path := r.URL.EscapedPath(); {
	case query.Get("session") != "":
		s.piece(w, r, query.Get("session"))
	case path == "/upload/storage/v1/b/holiday/o":
		s.upload(w, r)
	case path == "/storage/v1/b/holiday/o":
		s.list(w, query)
	case strings.HasPrefix(path, "/storage/v1/b/holiday/o/"):
		name, _ := url.PathUnescape(strings.TrimPrefix(path, "/storage/v1/b/holiday/o/"))
		s.object(w, r, name)
	default:
		http.Error(w, "no such path "+path, http.StatusTeapot)
	}
}

func (s *server) object(w http.ResponseWriter, r *http.Request, name string) {
	o := s.objects[name]
	switch {
	case o == nil:
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error": {"code": 404, "message": "No such object: holiday/`+name+`"}}`)
	case r.Method == http.MethodDelete:
		delete(s.objects, name)
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Query().Get("alt") == "media":
		if s.whole {
			r.Header.Del("Range")
		}
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && o.Encoding != "" {
			w.Header().Set("Content-Encoding", o.Encoding) // the stored bytes; otherwise Google decompresses
		}
		w.Header().Set("Content-Type", o.ContentType)
		http.ServeContent(w, r, "", o.Updated, bytes.NewReader(o.content))
	default:
		json.NewEncoder(w).Encode(o.resource)
	}
}

func (s *server) list(w http.ResponseWriter, query url.Values) {
	var names []string
	prefixes := map[string]bool{}
	for name := range s.objects {
		rest, under := strings.CutPrefix(name, query.Get("prefix"))
		if first, _, deeper := strings.Cut(rest, "/"); under && deeper && query.Get("delimiter") == "/" {
			prefixes[query.Get("prefix")+first+"/"] = true
		} else if under {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	from, _ := slices.BinarySearch(names, query.Get("pageToken"))
	page := map[string]any{}
	if end := from + s.page; end < len(names) {
		page["nextPageToken"] = names[end]
		names = names[:end]
	} else {
		var folders []string
		for prefix := range prefixes {
			folders = append(folders, prefix)
		}
		page["prefixes"] = folders
	}
	var items []resource
	for _, name := range names[from:] {
		items = append(items, s.objects[name].resource)
	}
	page["items"] = items
	json.NewEncoder(w).Encode(page)
}

func (s *server) upload(w http.ResponseWriter, r *http.Request) {
	o := &object{}
	if r.URL.Query().Get("uploadType") == "resumable" {
		json.NewDecoder(r.Body).Decode(&o.resource)
		id := fmt.Sprint("upload", len(s.uploads))
		s.uploads[id] = o
		w.Header().Set("Location", "http://"+r.Host+r.URL.Path+"?session="+id)
		return
	}
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	about, err := parts.NextPart()
	if err == nil {
		err = json.NewDecoder(about).Decode(&o.resource)
	}
	if err == nil {
		var content io.Reader
		if content, err = parts.NextPart(); err == nil {
			o.content, err = io.ReadAll(content)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.keep(w, r, o)
}

func (s *server) piece(w http.ResponseWriter, r *http.Request, id string) {
	o := s.uploads[id]
	if r.Method == http.MethodDelete {
		delete(s.uploads, id)
		w.WriteHeader(499)
		return
	}
	content, _ := io.ReadAll(r.Body)
	if len(content) > 0 && len(s.breaks) > 0 {
		breaks := s.breaks[0]
		s.breaks = s.breaks[1:]
		if breaks(o, content, w) {
			return
		}
	}
	span, total, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Content-Range"), "bytes "), "/")
	var from int
	if span != "*" {
		fmt.Sscanf(span, "%d-", &from)
		if from != len(o.content) || total == "*" && len(content)%pieceUnit != 0 {
			http.Error(w, "a piece of a wrong place or size", http.StatusBadRequest)
			return
		}
		o.content = append(o.content, content...)
	}
	if total == fmt.Sprint(len(o.content)) {
		s.keep(w, r, o)
		return
	}
	if len(o.content) > 0 {
		w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", len(o.content)-1))
	}
	w.WriteHeader(http.StatusPermanentRedirect)
}

func (s *server) keep(w http.ResponseWriter, r *http.Request, o *object) {
	if r.URL.Query().Get("ifGenerationMatch") == "0" && s.objects[o.Name] != nil {
		http.Error(w, "it is there", http.StatusPreconditionFailed)
		return
	}
	o.Size, o.ETag, o.Updated = int64(len(o.content)), "tag", time.Unix(1, 0).UTC()
	s.objects[o.Name] = o
	json.NewEncoder(w).Encode(o.resource)
}

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * i >> 3)
	}
	return b
}

func TestWriter_UploadsEverySize(t *testing.T) {
	s, b := newServer(t)
	for _, size := range []int{0, 1, pieceUnit - 1, pieceUnit, pieceUnit + 1, 3 * pieceUnit, 3*pieceUnit + 5} {
		key := fmt.Sprintf("a/part %d?#ü.parquet", size)
		want := content(size)
		err := b.WriteAll(t.Context(), key, want, &blob.WriterOptions{BufferSize: pieceUnit, ContentType: "application/x-part", Metadata: map[string]string{"sha256": "abc"}})
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := b.ReadAll(t.Context(), key)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: read back %d: %v", size, len(got), err)
		}
		a, err := b.Attributes(t.Context(), key)
		if err != nil || a.Size != int64(size) || a.Metadata["sha256"] != "abc" || a.ContentType != "application/x-part" || a.ETag == "" || a.ModTime.IsZero() {
			t.Errorf("%d bytes: attributes %+v: %v", size, a, err)
		}
	}
	if len(s.uploads) == 0 {
		t.Error("no upload was resumable")
	}
}

func TestWriter_ResumesBrokenPieces(t *testing.T) {
	half := func(o *object, piece []byte, w http.ResponseWriter) bool { // took a part, then broke
		o.content = append(o.content, piece[:len(piece)/2/pieceUnit*pieceUnit]...) // as Google does: whole units
		http.Error(w, "try later", http.StatusServiceUnavailable)
		return true
	}
	lost := func(o *object, piece []byte, w http.ResponseWriter) bool { // took it; the answer is lost
		o.content = append(o.content, piece...)
		panic(http.ErrAbortHandler)
	}
	none := func(_ *object, _ []byte, w http.ResponseWriter) bool {
		http.Error(w, "slow down", http.StatusTooManyRequests)
		return true
	}
	pass := func(*object, []byte, http.ResponseWriter) bool { return false }
	for name, breaks := range map[string][]func(*object, []byte, http.ResponseWriter) bool{
		"first piece": {half}, "lost answer": {lost}, "twice": {none, half}, "last piece": {pass, pass, half}, "lost end": {pass, pass, lost},
	} {
		s, b := newServer(t)
		s.breaks = breaks
		want := content(4*pieceUnit + 7)
		err := b.WriteAll(t.Context(), "part", want, &blob.WriterOptions{BufferSize: 2 * pieceUnit, ContentType: "application/x-part"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := s.objects["part"]; got == nil || !bytes.Equal(got.content, want) {
			t.Errorf("%s: other content arrived", name)
		}
	}
}

func TestWriter_LeavesNothingWhereItFails(t *testing.T) {
	s, b := newServer(t)
	refused := func(_ *object, _ []byte, w http.ResponseWriter) bool {
		http.Error(w, "not you", http.StatusForbidden)
		return true
	}
	s.breaks = []func(*object, []byte, http.ResponseWriter) bool{refused}
	err := b.WriteAll(t.Context(), "part", content(2*pieceUnit), &blob.WriterOptions{BufferSize: pieceUnit, ContentType: "x/y"})
	if gcerrors.Code(err) != gcerrors.PermissionDenied {
		t.Errorf("refused: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w, err := b.NewWriter(ctx, "part", &blob.WriterOptions{BufferSize: pieceUnit, ContentType: "x/y"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content(2*pieceUnit + 1)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Close(); !errors.Is(err, context.Canceled) && gcerrors.Code(err) != gcerrors.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	if len(s.objects) > 0 || len(s.uploads) > 0 {
		t.Errorf("%d objects and %d uploads are left", len(s.objects), len(s.uploads))
	}
}

func TestRangeReader(t *testing.T) {
	s, b := newServer(t)
	s.objects["part"] = &object{resource{Name: "part", Size: 100, ContentType: "x/y"}, content(100)}
	for _, c := range []struct{ offset, length, want int64 }{{0, -1, 100}, {0, 10, 10}, {90, 20, 10}, {99, -1, 1}, {40, 0, 0}} {
		r, err := b.NewRangeReader(t.Context(), "part", c.offset, c.length, nil)
		if err != nil {
			t.Fatal(c, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content(100)[c.offset:c.offset+c.want]) || r.Size() != 100 {
			t.Errorf("%+v: %d bytes of %d: %v", c, len(got), r.Size(), err)
		}
		r.Close()
	}
	if _, err := b.NewRangeReader(t.Context(), "part", 100, 1, nil); gcerrors.Code(err) != gcerrors.InvalidArgument {
		t.Errorf("beyond the end: %v", err)
	}
	if _, err := b.NewReader(t.Context(), "other", nil); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("what is not there: %v", err)
	}
}

func TestRangeReader_TakesStoredBytesAndNoMore(t *testing.T) {
	s, b := newServer(t)
	s.objects["part"] = &object{resource{Name: "part", Size: 100, ContentType: "x/y", Encoding: "gzip"}, content(100)}
	s.whole = true
	r, err := b.NewRangeReader(t.Context(), "part", 0, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content(10)) {
		t.Errorf("%d bytes: %v", len(got), err)
	}
	if _, err := b.NewRangeReader(t.Context(), "part", 5, 10, nil); err == nil {
		t.Error("a server that ignores ranges gave bytes from 5 on")
	}
}

func TestList_GoesThroughPages(t *testing.T) {
	s, b := newServer(t)
	s.page = 2
	for _, name := range []string{"a/1", "a/2", "a/3", "a/b/4", "a/c/5", "d"} {
		s.objects[name] = &object{resource{Name: name, Size: 3}, []byte("abc")}
	}
	var got []string
	all := b.List(&blob.ListOptions{Prefix: "a/", Delimiter: "/"})
	for {
		o, err := all.Next(t.Context())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	if want := []string{"a/1", "a/2", "a/3", "a/b/", "a/c/"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	if err := b.Delete(t.Context(), "d"); err != nil || s.objects["d"] != nil {
		t.Errorf("removed: %v", err)
	}
	if err := b.Delete(t.Context(), "d"); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("removed again: %v", err)
	}
}

func TestOpenURL_Parameters(t *testing.T) {
	t.Setenv(emulatorHost, "")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/at/all.json")
	for address, want := range map[string]string{
		"gs://b?anonymous=true": "", "gs://b?anonymous=perhaps": "not true or false", "gs://b?colour=red": "unknown parameter", "gs:///x": "names no bucket",
		"gs://b": "no credentials",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		b, err := OpenURL(t.Context(), u)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		if err == nil {
			b.Close()
		}
	}
}
