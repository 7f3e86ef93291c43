// Package hostile is a web server for tests. It misbehaves as servers of the open web do: it
// stalls, resets connections, lies about lengths, serves pages as images and redirects in circles.
//
// Each path always has the same response, except that "busy" fails twice before it answers.
package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the handler. The zero value is ready.
type Server struct {
	Requests atomic.Int64 // answered or not, including robots.txt
	Robots   string       // content of robots.txt; none if empty

	mu         sync.Mutex
	asked      map[string]int // by path
	here, most int            // simultaneous requests: now, and the maximum so far
}

// Kinds maps the first elements of the server's paths to the reasons that packages fetch and ingest
// report for them, "" for an image. The rest of a path is arbitrary, for example a number.
var Kinds = map[string]string{
	"ok":       "",
	"busy":     "",
	"moved":    "",
	"gzip":     "",
	"stall":    "timeout",
	"loris":    "timeout",
	"reset":    "connection",
	"cut":      "length",
	"short":    "image",
	"page.jpg": "image",
	"garbage":  "connection",
	"loop":     "redirects",
	"noai":     "opt_out",
	"gone":     "status_404",
	"down":     "status_500",
	"endless":  "too_large",
	"claims":   "too_large",
	"brotli":   "encoding",
	"inside":   "address",
	"file":     "url",
	"secret":   "robots",
}

// Forbidden is a robots.txt that forbids the paths of "secret".
const Forbidden = "User-agent: *\nDisallow: /secret\n"

// Image returns the PNG that the server serves for the rest of a path.
func Image(rest string) []byte {
	n, _ := strconv.Atoi(rest)
	img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		img.Set(i%8, i/8, color.NRGBA{uint8(n), uint8(n >> 8), uint8(4 * i), 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Requests.Add(1)
	s.enter(1)
	defer s.enter(-1)
	kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	encoded := Image(rest)
	switch kind {
	case "robots.txt":
		if s.Robots == "" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, s.Robots)
	case "ok", "secret":
		w.Write(encoded)
	case "busy":
		if s.times(r.URL.Path) < 3 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Write(encoded)
	case "moved":
		http.Redirect(w, r, "/ok/"+rest, http.StatusFound)
	case "gzip":
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped(encoded))
	case "stall":
		wait(r, time.Hour)
	case "loris":
		w.Header().Set("Content-Length", "100000")
		for range 100000 {
			w.Write([]byte{0})
			w.(http.Flusher).Flush()
			if !wait(r, 20*time.Millisecond) {
				return
			}
		}
	case "reset":
		raw(w, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) })
	case "cut":
		raw(w, func(c net.Conn) { fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n%s", encoded) })
	case "short":
		raw(w, func(c net.Conn) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(encoded)/2, encoded)
		})
	case "garbage":
		raw(w, func(c net.Conn) { fmt.Fprint(c, "\x00\x01\x02 nothing of HTTP\r\n\r\n") })
	case "page.jpg":
		w.Header().Set("Content-Type", "image/jpeg")
		fmt.Fprint(w, "<!DOCTYPE html><title>Not found</title>")
	case "loop":
		http.Redirect(w, r, "/loop/"+rest+"x", http.StatusMovedPermanently)
	case "noai":
		w.Header().Set("X-Robots-Tag", "noai, noimageai")
		w.Write(encoded)
	case "down":
		w.WriteHeader(http.StatusInternalServerError)
	case "endless":
		for zeros := make([]byte, 1<<16); ; {
			if _, err := w.Write(zeros); err != nil {
				return
			}
		}
	case "claims":
		raw(w, func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx") })
	case "brotli":
		w.Header().Set("Content-Encoding", "br")
		w.Write(encoded)
	case "inside":
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	case "file":
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

// enter counts the simultaneous requests.
func (s *Server) enter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here += n
	s.most = max(s.most, s.here)
}

// Most returns the maximum number of simultaneous requests so far.
func (s *Server) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// times counts the requests for a path.
func (s *Server) times(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[path]++
	return s.asked[path]
}

// zipped compresses with gzip.
func zipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

// wait waits for d. It returns false if the client disconnects before.
func wait(r *http.Request, d time.Duration) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-time.After(d):
		return true
	}
}

// raw lets do write to the connection and closes it.
func raw(w http.ResponseWriter, do func(net.Conn)) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	do(conn)
	conn.Close()
}
