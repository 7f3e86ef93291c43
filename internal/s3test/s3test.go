// Package s3test is as much of an S3 server as a dataset needs, on loopback, for tests: objects
// with metadata, multipart uploads, ranged reads, lists. It is not reliable where told so, and
// counts what it is asked.
package s3test

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is an S3 server with every bucket that is asked for.
type Server struct {
	Refuse int           // every Refuse-th request is refused with 503; 0 for none
	Cut    int           // the answer to every Cut-th GET is truncated; 0 for none
	Gone   int           // after Gone GETs every request is refused; 0 for never
	Delay  time.Duration // before each request that writes

	// Write is called before each request that writes, with the object as BUCKET/KEY, and may take
	// its time. With true the request is taken, else it is forbidden, which no client tries again.
	// May be nil. It is called by many goroutines at once.
	Write func(object string) bool

	mu       sync.Mutex
	url      string
	objects  map[string]object
	uploads  map[string]*upload
	requests int
	counts   Counts
}

// Counts are requests by kind.
type Counts struct {
	Puts, Multiparts, Gets, Ranged, Refused, Cut int
	Served                                       int64 // bytes of objects
}

type object struct {
	content []byte
	tag     string
	header  http.Header // of metadata
}

type upload struct {
	parts  map[int][]byte
	header http.Header
}

// New starts a server that ends with the test, and sets what its clients need in the environment.
func New(t testing.TB) *Server {
	s := &Server{objects: map[string]object{}, uploads: map[string]*upload{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	s.url = server.URL
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"} {
		if t, ok := t.(interface{ Setenv(key, value string) }); ok {
			t.Setenv(name, value)
		}
	}
	return s
}

// Set changes the server's settings while it may be asked.
func (s *Server) Set(change func(*Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// URL returns the URL of a prefix of a bucket, as BUCKET/PREFIX.
func (s *Server) URL(path string) string {
	return "s3://" + path + "?use_path_style=true&endpoint=" + s.url
}

// Endpoint returns the address of the server.
func (s *Server) Endpoint() string { return s.url }

// Counts returns what the server was asked since the last call.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	s.counts = Counts{}
	return counts
}

// Objects returns the names of all objects, as BUCKET/KEY, in order.
func (s *Server) Objects() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}

// Put places an object, as another tool would: without metadata.
func (s *Server) Put(name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = object{content, tag(content), nil}
}

// Get returns the content of an object.
func (s *Server) Get(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[name].content
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.refused() {
		refuse(w, r, http.StatusServiceUnavailable, "SlowDown")
		return
	}
	name, query := strings.TrimPrefix(r.URL.Path, "/"), r.URL.Query()
	switch r.Method {
	case http.MethodPost, http.MethodPut:
		s.mu.Lock()
		delay, write := s.Delay, s.Write
		s.mu.Unlock()
		time.Sleep(delay)
		if write != nil && !write(name) {
			refuse(w, r, http.StatusForbidden, "AccessDenied")
			return
		}
		s.write(w, r, name)
	case http.MethodDelete:
		s.mu.Lock()
		delete(s.objects, name)
		delete(s.uploads, query.Get("uploadId"))
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		if query.Has("list-type") {
			s.list(w, strings.TrimSuffix(name, "/"), query.Get("prefix"), query.Get("delimiter"))
			return
		}
		s.read(w, r, name)
	}
}

func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	io.Copy(io.Discard, r.Body)
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>this server refuses what it is told to refuse</Message></Error>", code)
}

func (s *Server) refused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if gone := s.Gone > 0 && s.counts.Gets >= s.Gone; !gone && (s.Refuse == 0 || s.requests%s.Refuse != 0) {
		return false
	}
	s.counts.Refused++
	return true
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, name string) {
	content, err := body(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	id := query.Get("uploadId")
	under := s.uploads[id]
	switch {
	case query.Has("uploads"):
		s.counts.Multiparts++
		id = fmt.Sprint("upload", s.requests)
		s.uploads[id] = &upload{map[int][]byte{}, metadata(r.Header)}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case id != "" && under == nil:
		http.Error(w, "<Error><Code>NoSuchUpload</Code></Error>", http.StatusNotFound)
	case id != "" && r.Method == http.MethodPut:
		number, _ := strconv.Atoi(query.Get("partNumber"))
		under.parts[number] = content
		w.Header().Set("ETag", tag(content))
	case id != "":
		var whole []byte
		for _, n := range slices.Sorted(maps.Keys(under.parts)) {
			whole = append(whole, under.parts[n]...)
		}
		s.objects[name] = object{whole, tag(whole), under.header}
		s.counts.Puts++
		delete(s.uploads, id)
		fmt.Fprintf(w, `<CompleteMultipartUploadResult><ETag>%s</ETag></CompleteMultipartUploadResult>`, tag(whole))
	default:
		s.objects[name] = object{content, tag(content), metadata(r.Header)}
		s.counts.Puts++
		w.Header().Set("ETag", tag(content))
	}
}

func tag(content []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(content)) }

func metadata(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			kept[name] = values
		}
	}
	return kept
}

// body reads a request's content, which may be in chunks of aws-chunked: a size in hex, a line end,
// the bytes, a line end.
func body(r *http.Request) ([]byte, error) {
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") && !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING") {
		return io.ReadAll(r.Body)
	}
	var content bytes.Buffer
	for in := bufio.NewReader(r.Body); ; {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		size, err := strconv.ParseInt(digits, 16, 64)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			io.Copy(io.Discard, in)
			return content.Bytes(), nil
		}
		if _, err := io.CopyN(&content, in, size); err != nil {
			return nil, err
		}
		in.Discard(2)
	}
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	o, there := s.objects[name]
	cut := false
	if r.Method == http.MethodGet {
		s.counts.Gets++
		if r.Header.Get("Range") != "" {
			s.counts.Ranged++
		}
		if cut = there && s.Cut > 0 && s.counts.Gets%s.Cut == 0; cut {
			s.counts.Cut++
		}
	}
	s.mu.Unlock()
	if !there {
		w.WriteHeader(http.StatusNotFound)
		if r.Method == http.MethodGet {
			io.WriteString(w, "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")
		}
		return
	}
	maps.Copy(w.Header(), o.header)
	w.Header().Set("ETag", o.tag)
	counting := &counting{ResponseWriter: w, server: s, left: -1}
	if cut {
		counting.left = 1000
	}
	http.ServeContent(counting, r, "", time.Unix(1, 0), bytes.NewReader(o.content))
}

// counting counts what is served, and breaks the connection when nothing is left; below zero it
// does not.
type counting struct {
	http.ResponseWriter
	server *Server
	left   int
}

func (c *counting) Write(b []byte) (int, error) {
	cut := c.left >= 0 && len(b) > c.left
	if cut {
		b = b[:c.left]
	}
	n, err := c.ResponseWriter.Write(b)
	c.server.mu.Lock()
	c.server.counts.Served += int64(n)
	c.server.mu.Unlock()
	if cut {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	if c.left >= 0 {
		c.left -= n
	}
	return n, err
}

// list answers ListObjectsV2, all of it at once.
func (s *Server) list(w http.ResponseWriter, bucket, prefix, delimiter string) {
	type contents struct {
		Key, ETag    string
		Size         int
		LastModified time.Time
	}
	type prefixes struct{ Prefix string }
	var result struct {
		XMLName        xml.Name `xml:"ListBucketResult"`
		IsTruncated    bool
		Contents       []contents
		CommonPrefixes []prefixes
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	folders := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		key, inBucket := strings.CutPrefix(name, bucket+"/")
		if !inBucket || !strings.HasPrefix(key, prefix) {
			continue
		}
		if at := strings.Index(key[len(prefix):], delimiter); delimiter != "" && at >= 0 {
			folder := key[:len(prefix)+at+len(delimiter)]
			if !folders[folder] {
				folders[folder] = true
				result.CommonPrefixes = append(result.CommonPrefixes, prefixes{folder})
			}
			continue
		}
		result.Contents = append(result.Contents, contents{key, s.objects[name].tag, len(s.objects[name].content), time.Unix(1, 0).UTC()})
	}
	xml.NewEncoder(w).Encode(result)
}
