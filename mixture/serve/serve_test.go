package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture"
)

// start serves a stream and returns the server's address. At the end of the test it checks that no
// goroutine of the server is left.
func start(t testing.TB, s *Server, address string) string {
	t.Helper()
	before := runtime.NumGoroutine()
	l, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buffer := make([]byte, 1<<16)
		t.Errorf("%d goroutines after serving, %d before\n%s", runtime.NumGoroutine(), before, buffer[:runtime.Stack(buffer, true)])
	})
	return Address(l)
}

func dial(t testing.TB, address string) *Client {
	t.Helper()
	c, err := Dial(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// digests reads the batches of a request.
func digests(t testing.TB, c *Client, r Request) (all []string) {
	t.Helper()
	for b, err := range c.Batches(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Step != r.Step+len(all) {
			t.Fatalf("batch number %d is of step %d", len(all), b.Step)
		}
		all = append(all, b.Digest())
	}
	return all
}

func TestServer_SendsTheBatchesOfAnyStepAndHost(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{Workers: 2})
	for _, address := range []string{"0", "unix:" + filepath.Join(t.TempDir(), "batches")} {
		at := start(t, &Server{Stream: stream}, address)
		c := dial(t, at)
		for _, step := range []int{0, 3, 1_000_000, 1} { // one connection, any order
			for i, got := range digests(t, c, Request{Step: step, Count: 2}) {
				if want := batchtest.Batch(t, stream, step+i).Digest(); got != want {
					t.Errorf("step %d: digest %s, want %s", step+i, got, want)
				}
			}
		}
		for host := range 3 {
			want, err := stream.HostBatch(t.Context(), 7, host, 3)
			if err != nil {
				t.Fatal(err)
			}
			if got := digests(t, c, Request{Step: 7, Count: 1, Host: host, Hosts: 3}); len(got) != 1 || got[0] != want.Digest() {
				t.Errorf("host %d: digests %v, want %s", host, got, want.Digest())
			}
		}
	}
}

func TestServer_EndsWithAStreamThatEnds(t *testing.T) {
	s := batchtest.Stream(t, mixture.Options{}, append(batchtest.Text, "tasks.0.epochs=1")...)
	steps, ends := s.Steps()
	if !ends || steps < 1 {
		t.Fatalf("%d steps, ends: %v", steps, ends)
	}
	c := dial(t, start(t, &Server{Stream: s}, "127.0.0.1:0"))
	if got := len(digests(t, c, Request{Step: steps - 1})); got != 1 {
		t.Errorf("%d batches after the one before the last", got)
	}
	if got := len(digests(t, c, Request{Step: steps})); got != 0 {
		t.Errorf("%d batches behind the end", got)
	}
}

func TestServer_SendsSequencesOfVaryingLength(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{}, batchtest.Sequences)
	c := dial(t, start(t, &Server{Stream: stream}, "0"))
	lengths := map[int]bool{}
	for b, err := range c.Batches(t.Context(), Request{Count: 12}) {
		if err != nil {
			t.Fatal(err)
		}
		lengths[b.Shape.Sequence.Length] = true
		if want := batchtest.Batch(t, stream, b.Step).Digest(); b.Digest() != want {
			t.Errorf("step %d differs", b.Step)
		}
	}
	if len(lengths) < 2 {
		t.Errorf("sequence lengths %v, want several", lengths)
	}
}

func TestServer_FeedsManyClientsAtOnce(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{Workers: 2})
	server := &Server{Stream: stream}
	at := start(t, server, "0")
	want := make([]string, 20)
	for step := range want {
		want[step] = batchtest.Batch(t, stream, step).Digest()
	}
	var clients sync.WaitGroup
	for n := range 12 {
		c := dial(t, at)
		clients.Go(func() {
			for b, err := range c.Batches(t.Context(), Request{Step: n, Count: 8}) {
				if err != nil || b.Digest() != want[b.Step] {
					t.Errorf("client %d: %v", n, err)
					return
				}
			}
		})
	}
	clients.Wait()
	if batches, bytes := server.Sent(); batches != 12*8 || bytes < 12*8*1000 {
		t.Errorf("sent %d batches of %d bytes", batches, bytes)
	}
}

func TestServer_DescribesItsStream(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{})
	c := dial(t, start(t, &Server{Stream: stream}, "0"))
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fingerprint, err := stream.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if info.Recipe != fingerprint || info.Batch != 12 || info.Seed != 3 || info.Tasks[0] != "caption" || info.Shape.Height != 4 {
		t.Errorf("described as %+v", info)
	}
	if got := digests(t, c, Request{Step: 2, Count: 1, Recipe: info.Recipe}); len(got) != 1 {
		t.Errorf("%d batches with the recipe's own fingerprint", len(got))
	}
}

// exchange sends text and returns what the server answers before it closes the connection.
func exchange(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

func TestServer_ExplainsWhatIsWrongWithARequest(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{})
	at := start(t, &Server{Stream: stream, Token: "secret"}, "0")
	for _, c := range []struct{ request, want string }{
		{"{}", "token: missing or wrong"},
		{`{"token": "wrong"}`, "token: missing or wrong"},
		{`{"info": true}`, "token: missing or wrong"},
		{`{"setp": 1}`, `unknown key \"setp\"; the nearest legal key is \"step\"`},
		{`{"step": -1}`, "step: -1, legal is 0 to"},
		{`{"step": 1e30}`, "request: "},
		{`{"step": "1"}`, "request: "},
		{`{"step": 99999999999999999}`, "step: 99999999999999999, legal is 0"},
		{`{"count": -1}`, "count: -1"},
		{`{"host": 2, "hosts": 2}`, "host: 2 of 2 hosts, legal is 0 to 1"},
		{`{"host": -1, "hosts": 2}`, "host: -1 of 2 hosts"},
		{`{"hosts": 13, "token": "secret"}`, "hosts: 13, but the batch has 12 rows"},
		{`{"recipe": "abc", "token": "secret"}`, "recipe: abc, but this server serves"},
		{"GET / HTTP/1.1\r\n", "want one line of JSON such as"},
		{"{} {}", "more than one JSON object"},
		{"", ""},
		{strings.Repeat("x", 5000), "a line of over 4096 bytes"},
	} {
		answer := exchange(t, at, c.request+"\n")
		if c.request == "" {
			c.want = "request: "
		}
		if !strings.HasPrefix(answer, `{"error":"`) || !strings.Contains(answer, c.want) {
			t.Errorf("%.60s: answer %q, want %q", c.request, answer, c.want)
		}
	}
}

func TestServer_RefusesClientsBeyondItsLimit(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{})
	at := start(t, &Server{Stream: stream, MaxClients: 1}, "0")
	first := dial(t, at)
	digests(t, first, Request{Count: 1})
	if answer := exchange(t, at, ""); !strings.Contains(answer, "the server has 1 clients already") {
		t.Errorf("answer %q", answer)
	}
	first.Close()
	for range 100 { // until the server has noticed
		second := dial(t, at)
		if _, err := second.Info(t.Context()); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no client gets in after the first has left")
}

func TestServer_ClosesConnectionsThatAskNothing(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{})
	at := start(t, &Server{Stream: stream, FirstRequest: 20 * time.Millisecond}, "0")
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if answer, err := io.ReadAll(conn); err != nil || !strings.Contains(string(answer), "reading a request") {
		t.Errorf("answer %q: %v", answer, err)
	}
}

// TestServer_WaitsForSlowClients counts the images that are decoded for a client that does not
// read: the batches ahead and what the sockets hold.
func TestServer_WaitsForSlowClients(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{}, "images.ops=decode|resize(256)|value_range(-1,1)")
	server := &Server{Stream: stream}
	at := start(t, server, "0")
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "{}\n")
	last, same := int64(-1), 0
	for same < 10 {
		time.Sleep(20 * time.Millisecond)
		if _, bytes := server.Sent(); bytes == last {
			same++
		} else {
			last, same = bytes, 0
		}
	}
	if batches, bytes := server.Sent(); bytes > 64<<20 { // of 9 MB each
		t.Errorf("%d batches of %d bytes were sent to a client that does not read", batches, bytes)
	}
}

func TestClient_StopsWhenTheContextEnds(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{})
	at := start(t, &Server{Stream: stream}, "0")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read := 0
	for _, err := range dial(t, at).Batches(ctx, Request{}) {
		if errors.Is(err, context.Canceled) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if read++; read == 3 {
			cancel()
		}
	}
	t.Error("the batches ended without the context's error")
}

func TestClient_ReportsAServerThatEnds(t *testing.T) {
	stream := batchtest.Stream(t, mixture.Options{})
	l, err := Listen("0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- (&Server{Stream: stream}).Serve(ctx, l) }()
	var last error
	read := 0
	for _, err := range dial(t, Address(l)).Batches(t.Context(), Request{}) {
		if read++; read == 2 {
			cancel()
		}
		last = err
	}
	if last == nil {
		t.Error("no error after the server ended")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestListen(t *testing.T) {
	for address, want := range map[string]string{"0": "127.0.0.1:", ":0": "127.0.0.1:", "localhost:0": "127.0.0.1:", "0.0.0.0:0": "0.0.0.0:"} {
		l, err := Listen(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := Address(l); !strings.HasPrefix(got, want) && !strings.HasPrefix(got, "[::") {
			t.Errorf("%s listens at %s", address, got)
		}
		if Local(l) != (address != "0.0.0.0:0") {
			t.Errorf("%s: local %v", address, Local(l))
		}
		l.Close()
	}
	if _, err := Listen("unix:"); err == nil || !strings.Contains(err.Error(), "the path of the socket is missing") {
		t.Errorf("error %v", err)
	}
	if _, err := Listen("256.0.0.1:http"); err == nil || !strings.Contains(err.Error(), "listening at 256.0.0.1:http") {
		t.Errorf("error %v", err)
	}
}

func TestListen_ReplacesTheSocketOfAServerThatWasKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "batches")
	first, err := Listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen("unix:" + path); err == nil || !strings.Contains(err.Error(), "another server listens there") {
		t.Errorf("a second server: %v", err)
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as if killed
	first.Close()
	second, err := Listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

// TestClient_ReportsDamagedReplies plays a server that sends nonsense.
func TestClient_ReportsDamagedReplies(t *testing.T) {
	for _, c := range []struct{ sent, want string }{
		{"nonsense\n", "a line that is not JSON"},
		{"", "unexpected EOF"},
		{`{"step":0,"rows":12}` + "\nnonsense nonsense nonsense", "reading the batch of step 0"},
		{`{"step":0,"rows":12}` + "\n\xff\xff\xff\xff\x00\x00\x00\x00", "reading the batch of step 0"},
		{`{"step":0,"rows":12}` + "\n\xff\xff\xff\xff\xff\xff\xff\x7f", "reading the batch of step 0"},
		{strings.Repeat("x", maxReply+100_000), "buffer full"},
	} {
		l, err := Listen("0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			bufio.NewReader(conn).ReadString('\n')
			io.WriteString(conn, c.sent)
		}()
		for b, err := range dial(t, Address(l)).Batches(t.Context(), Request{}) {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.30q: batch %v, error %v, want %q", c.sent, b, err, c.want)
			}
		}
		l.Close()
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		`{"step": 1200, "count": 100, "host": 0, "hosts": 8}`, `{"info": true}`, `{"token": "x", "digest": true, "recipe": "00"}`,
		`{}`, `[]`, `null`, `{"step": 1e3}`, `{"step": 1} x`, `{"Step": 1}`, "{\"step\":\xff}", `{"hosts": 9223372036854775807}`, `{"step":{"step":[[[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRequest(line)
		if err == nil && (r.Step < 0 || r.Count < 0 || r.Hosts < 1 || r.Host < 0 || r.Host >= r.Hosts || r.Step > maxStep || r.Count > maxStep) {
			t.Errorf("%q gives %+v", line, r)
		}
		if err != nil && len(err.Error()) > 4*len(line)+1000 {
			t.Errorf("an error of %d bytes for %d", len(err.Error()), len(line))
		}
	})
}

// BenchmarkServer compares a stream in this process with one over a socket.
func BenchmarkServer(b *testing.B) {
	for name, assignments := range map[string][]string{
		"images 224": {"images.ops=decode|resize(224)|value_range(-1,1)", "batch=64"},
		"text":       append([]string{"batch=64"}, batchtest.Text...),
	} {
		stream := batchtest.Stream(b, mixture.Options{Workers: 2}, assignments...)
		run := func(kind string, batches func(yield func(*mixture.Batch, error) bool)) {
			b.Run(fmt.Sprintf("%s/%s", name, kind), func(b *testing.B) {
				n, bytes := 0, 0
				for batch, err := range batches {
					if err != nil {
						b.Fatal(err)
					}
					bytes += 4 * (len(batch.Pixels) + len(batch.EncoderIDs) + 3*len(batch.Targets))
					if n++; n >= b.N {
						break
					}
				}
				b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "batches/s")
				b.ReportMetric(float64(bytes)/1e6/b.Elapsed().Seconds(), "MB/s")
			})
		}
		run("in process", func(yield func(*mixture.Batch, error) bool) {
			for step := 0; ; step++ {
				if !yield(stream.Batch(b.Context(), step)) {
					return
				}
			}
		})
		for kind, address := range map[string]string{"tcp": "0", "unix": "unix:" + filepath.Join(b.TempDir(), "s")} {
			at := start(b, &Server{Stream: stream}, address)
			run(kind, func(yield func(*mixture.Batch, error) bool) {
				dial(b, at).Batches(b.Context(), Request{})(yield)
			})
		}
	}
}
