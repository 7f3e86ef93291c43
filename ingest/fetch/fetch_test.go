package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/hostile"
)

// loopback allows the addresses of test servers.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// quick returns options with which hostile servers do not delay a test.
func quick() Options {
	return Options{AllowNets: loopback, Timeout: 2 * time.Second, Backoff: time.Millisecond, MaxBytes: 1 << 20, PerHost: 64}
}

func serve(t testing.TB, s *hostile.Server) string {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

func reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return fmt.Sprint(err)
}

func TestGet_HostileServers(t *testing.T) {
	t.Parallel()
	address := serve(t, &hostile.Server{Robots: hostile.Forbidden})
	client := New(quick())
	defer client.Close()
	var all sync.WaitGroup
	for kind, want := range hostile.Kinds {
		all.Go(func() {
			response, err := client.Get(t.Context(), address+"/"+kind+"/7", 0)
			switch {
			case want == "image" && err != nil:
				t.Errorf("%s: %v: %v", kind, reason(err), err)
			case want == "" && (err != nil || !bytes.Equal(response.Body, hostile.Image("7"))):
				t.Errorf("%s: %v, %d bytes", kind, err, len(response.Body))
			case want != "" && want != "image" && (err == nil || reason(err) != want):
				t.Errorf("%s: reason %q, want %q: %v", kind, reason(err), want, err)
			}
		})
	}
	all.Wait()
}

func TestGet_BadURLs(t *testing.T) {
	client := New(quick())
	for _, address := range []string{"", "x", "ftp://example.org/a", "http://", "http://[::1", "http://a b/", "javascript:1", "http://h:99999/", "//h/a"} {
		if _, err := client.Get(t.Context(), address, 0); err == nil || reason(err) != BadURL {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// rawServer answers all requests and records their paths. The server of net/http refuses a bare
// "%".
func rawServer(t *testing.T, answer func(path string) string) (address string, asked func() []string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var mu sync.Mutex
	var lines []string
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(conn).ReadString('\n')
			path := strings.Fields(line)[1]
			mu.Lock()
			lines = append(lines, path)
			mu.Unlock()
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", answer(path))
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(lines)
	}
}

func TestGet_SendsAddressesAsBrowsersDo(t *testing.T) {
	address, asked := rawServer(t, func(path string) string {
		if strings.HasPrefix(path, "/moved/%41") {
			return "302 Found\r\nLocation:  50%25 of%\\a b.png?q=a b|%#x"
		}
		return "200 OK"
	})
	options := quick()
	options.IgnoreRobots, options.Retries = true, -1
	client := New(options)
	defer client.Close()
	for _, path := range []string{"/sale-50%.png", "/a b/é%zz.png?x=%", "\\c\n.png", "/moved/%41%?x", "//d//e.png", "/%2e%2e/f%2Fg.png", "/Möwe%C3%A9.png"} {
		if _, err := client.Get(t.Context(), " "+address+path+"#fragment", 0); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	want := []string{"/sale-50%.png", "/a%20b/%C3%A9%zz.png?x=%", "/c.png", "/moved/%41%?x", "/moved/50%25%20of%/a%20b.png?q=a%20b|%",
		"//d//e.png", "/f%2Fg.png", "/M%C3%B6we%C3%A9.png"}
	if got := asked(); !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

func TestGet_ErrorsAreReproducible(t *testing.T) {
	address := serve(t, &hostile.Server{})
	said := map[string]string{}
	for range 3 {
		client := New(quick())
		for _, kind := range []string{"reset", "cut", "garbage", "claims"} {
			_, err := client.Get(t.Context(), address+"/"+kind, 0)
			if before, there := said[kind]; there && before != err.Error() {
				t.Errorf("%s: %q, then %q", kind, before, err)
			}
			said[kind] = err.Error()
		}
		client.Close()
	}
}

func TestGet_LimitsRequestsPerHost(t *testing.T) {
	t.Parallel()
	server := &hostile.Server{}
	address := serve(t, server)
	o := quick()
	o.PerHost = 3
	client := New(o)
	defer client.Close()
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			if _, err := client.Get(t.Context(), fmt.Sprint(address, "/moved/", i), 0); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if server.Most() > 3 {
		t.Errorf("%d requests at once, want at most 3", server.Most())
	}
	if n := server.Requests.Load(); n != 121 {
		t.Errorf("%d requests, want 2 for each image and robots.txt once", n)
	}
}

func TestGet_HostDelay(t *testing.T) {
	t.Parallel()
	o := quick()
	o.HostDelay, o.IgnoreRobots = 20*time.Millisecond, true
	client, address := New(o), serve(t, &hostile.Server{})
	defer client.Close()
	began := time.Now()
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() { client.Get(t.Context(), fmt.Sprint(address, "/ok/", i), 0) })
	}
	all.Wait()
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("6 requests, 20 ms apart, took %s", took)
	}
}

func TestGet_WaitsAsLongAsServersAsk(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var times []time.Time
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if times = append(times, time.Now()); len(times) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	o := quick()
	o.IgnoreRobots = true
	client := New(o)
	defer client.Close()
	if _, err := client.Get(t.Context(), server.URL, 0); err != nil || len(times) != 2 || times[1].Sub(times[0]) < 950*time.Millisecond {
		t.Errorf("%v, %d requests at %v", err, len(times), times)
	}
	o.MaxWait = time.Millisecond
	times = nil
	if _, err := New(o).Get(t.Context(), server.URL, 0); reason(err) != "status_429" || len(times) != 1 {
		t.Errorf("a wait that is too long: %v, %d requests", err, len(times))
	}
}

func TestGet_HTTP2(t *testing.T) {
	t.Parallel()
	var protocol string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { protocol = r.Proto }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	client := New(quick())
	defer client.Close()
	if _, err := client.Get(t.Context(), server.URL, 0); reason(err) != Insecure {
		t.Errorf("an unknown certificate: %v", err)
	}
	client.transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	client.transport.TLSClientConfig.NextProtos = nil
	again := New(quick())
	again.transport.TLSClientConfig = client.transport.TLSClientConfig
	if _, err := again.Get(t.Context(), server.URL, 0); err != nil || protocol != "HTTP/2.0" {
		t.Errorf("%v by %s", err, protocol)
	}
}

func TestGet_Robots(t *testing.T) {
	for _, c := range []struct {
		status int
		text   string
		want   string
	}{
		{404, "", ""},
		{403, "", ""},
		{500, "", Robots},
		{200, "User-agent: *\nDisallow: /\n", Robots},
		{200, "User-agent: *\nDisallow: /\n\nUser-agent: pali3\nAllow: /\n", ""},
		{200, "User-agent: pali3\nDisallow: /a\n", Robots},
		{200, "User-agent: otherbot\nDisallow: /\n", ""},
		{200, "\x00\xff not a robots.txt <html>", ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.text)
			}
		}))
		client := New(quick())
		_, err := client.Get(t.Context(), server.URL+"/a/b.png", 0)
		if got := reason(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("%d %q: %v, want %q", c.status, c.text, err, c.want)
		}
		client.Close()
		server.Close()
	}
}

func TestOptOut(t *testing.T) {
	for _, c := range []struct {
		name, value string
		out         bool
	}{
		{"X-Robots-Tag", "noai", true},
		{"X-Robots-Tag", "nofollow, NoImageAI", true},
		{"X-Robots-Tag", "otherbot: noindex", false},
		{"X-Robots-Tag", "otherbot: nofollow, pali3: noindex", true},
		{"X-Robots-Tag", "max-snippet: 3, noai", true},
		{"X-Robots-Tag", "nofollow", false},
		{"TDM-Reservation", "1", true},
		{"TDM-Reservation", "0", false},
		{"Content-Usage", "train-ai=n", true},
		{"Content-Usage", "train-ai=y, search=n", false},
		{"Content-Signal", "search=yes, ai-train=no", true},
	} {
		header := http.Header{}
		header.Set(c.name, c.value)
		if got := OptOut(header, "pali3") != ""; got != c.out {
			t.Errorf("%s: %s: opted out %v, want %v", c.name, c.value, got, c.out)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "99999999999": 1 << 30 * time.Second,
		"Wed, 01 May 2024 12:00:30 GMT": 30 * time.Second, "Wed, 01 May 2024 11:00:00 GMT": 0,
	} {
		if got := retryAfter(value, now); got != want && !strings.HasPrefix(value, "9999") {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestGet_EndsWithItsContext(t *testing.T) {
	client, address := New(Options{AllowNets: loopback}), serve(t, &hostile.Server{})
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Get(ctx, address+"/stall", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
