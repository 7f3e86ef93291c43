package bucket

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// s3Server is as much of S3 as a dataset needs, on loopback, and not reliable: it cuts some connections in
// the middle and refuses some requests.
type s3Server struct {
	mu                               sync.Mutex
	objects                          map[string][]byte
	parts                            map[string]map[int][]byte // of uploads under way
	gets                             int
	multiparts, ranged, cut, refused int
}

func (s *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, query := r.URL.Path, r.URL.Query()
	upload := query.Get("uploadId")
	switch {
	case r.Method == http.MethodPost && query.Has("uploads"):
		s.multiparts++
		id := fmt.Sprint("upload", s.multiparts)
		s.parts[id] = map[int][]byte{}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case r.Method == http.MethodPut && upload != "":
		number, _ := strconv.Atoi(query.Get("partNumber"))
		s.put(w, r, func(content []byte) { s.parts[upload][number] = content })
	case r.Method == http.MethodPost && upload != "":
		var whole []byte
		for _, n := range slices.Sorted(maps.Keys(s.parts[upload])) {
			whole = append(whole, s.parts[upload][n]...)
		}
		s.objects[key] = whole
		fmt.Fprintf(w, `<CompleteMultipartUploadResult><ETag>"%x"</ETag></CompleteMultipartUploadResult>`, md5.Sum(whole))
	case r.Method == http.MethodPut:
		s.put(w, r, func(content []byte) { s.objects[key] = content })
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		s.get(w, r, key)
	}
}

func (s *s3Server) put(w http.ResponseWriter, r *http.Request, keep func([]byte)) {
	content, err := body(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	keep(content)
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
}

// body reads a request's content, which may be in chunks of aws-chunked: a size in hex, a line end, the bytes, a line end.
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

func (s *s3Server) get(w http.ResponseWriter, r *http.Request, key string) {
	content, there := s.objects[key]
	if !there {
		w.WriteHeader(http.StatusNotFound)
		if r.Method == http.MethodGet {
			io.WriteString(w, "<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")
		}
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(content)))
	if r.Method == http.MethodGet {
		s.gets++
		if s.gets%7 == 3 {
			s.refused++
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, "<Error><Code>SlowDown</Code><Message>reduce your request rate</Message></Error>")
			return
		}
		if r.Header.Get("Range") != "" {
			s.ranged++
		}
		if s.gets%5 == 4 {
			s.cut++
			w = &cutting{ResponseWriter: w, left: 1000}
		}
	}
	http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(content))
}

// cutting breaks the connection after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(b []byte) (int, error) {
	if len(b) > c.left {
		c.ResponseWriter.Write(b[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}
