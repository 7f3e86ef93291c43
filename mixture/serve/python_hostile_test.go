package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture"
)

// hostileServers prints the error that each address gives, and how long it took.
const hostileServers = `
import json, resource, sys, time
import pali3_batches
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
for address in sys.argv[1:]:
    began, error = time.monotonic(), None
    try:
        for _ in pali3_batches.arrays(address, timeout=1, limit=1 << 20):
            pass
    except Exception as e:
        error = e
    print(json.dumps({"kind": type(error).__name__, "error": str(error), "seconds": time.monotonic() - began}))
`

// fake plays a server that describes its stream and answers the request for batches by send.
func fake(t *testing.T, info string, send func(io.Writer)) (address string) {
	t.Helper()
	l, err := Listen("unix:" + filepath.Join(t.TempDir(), "b"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		in.ReadString('\n')
		io.WriteString(conn, info+"\n")
		if _, err := in.ReadString('\n'); err == nil {
			send(conn)
		}
	}()
	return Address(l)
}

func TestClients_RefuseWhatAWrongServerSends(t *testing.T) {
	interpreter := python(t, "pyarrow", "numpy")
	text := func(s string) func(io.Writer) { return func(w io.Writer) { io.WriteString(w, s) } }
	drip := func(w io.Writer) {
		for range 400 {
			if _, err := io.WriteString(w, "x"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	done := make(chan struct{})
	defer close(done)
	const info = `{"step":0,"info":{"format":1,"recipe":"00"}}`
	cases := []struct {
		info string
		send func(io.Writer)
		want string // kind of the error and its beginning, then a part of the rest
	}{
		{"HTTP/1.1 400 Bad Request", text(""), "RuntimeError: pali3 mix --serve: it sent b'HTTP/1.1 400 Bad Request"},
		{"[1]", text(""), "RuntimeError: pali3 mix --serve: it sent b'[1]"},
		{strings.Repeat("[", 10_000), text(""), "RuntimeError: pali3 mix --serve: it sent b'[[["},
		{`{"step":0}`, text(""), "RuntimeError: pali3 mix --serve: it described no stream"},
		{`{"info":{"format":2,"recipe":"00"}}`, text(""), "RuntimeError: pali3 mix --serve: it described no stream"},
		{info, text(""), "ConnectionError: pali3 mix --serve: the server closed"},
		{info, func(w io.Writer) { <-done }, "TimeoutError: pali3 mix --serve: a batch took over 1 s (timeout)"},
		{info, drip, "TimeoutError: pali3 mix --serve: a batch took over 1 s (timeout)"},
		{info, func(w io.Writer) { io.WriteString(w, `{"step":0,"bytes":9999}`+"\n"); drip(w) }, "TimeoutError: pali3 mix --serve: a batch took over 1 s (timeout)"},
		{info, text(strings.Repeat("x", 3<<20)), "RuntimeError: pali3 mix --serve: it sent b'xxx"},
		{info, text(`{"step":0,"rows":1}` + "\n"), "RuntimeError: pali3 mix --serve: it sent {'step': 0, 'rows': 1}, want step 0 in 1 to 1048576 bytes (limit)"},
		{info, text(`{"step":0,"bytes":1152921504606846976}` + "\n"), "RuntimeError: pali3 mix --serve: it sent {"},
		{info, text(`{"step":0,"bytes":-1}` + "\n"), "RuntimeError: pali3 mix --serve: it sent {"},
		{info, text(`{"step":0,"bytes":1e3}` + "\n"), "RuntimeError: pali3 mix --serve: it sent {"},
		{info, text(`{"step":0,"bytes":NaN}` + "\n"), "RuntimeError: pali3 mix --serve: it sent {"},
		{info, text(`{"step":7,"bytes":10}` + "\n"), "RuntimeError: pali3 mix --serve: it sent {'step': 7"},
		{info, text(`{"step":0,"bytes":10}` + "\nxxx"), "ConnectionError: pali3 mix --serve: the server closed"},
		{info, text(`{"step":0,"bytes":3}` + "\nxxx"), "RuntimeError: pali3 mix --serve: the batch of step 0 is damaged"},
		{info, text(`{"step":0,"bytes":8}` + "\n\xff\xff\xff\xff\xff\xff\xff\x7f"), "RuntimeError: pali3 mix --serve: the batch of step 0 is damaged"},
		{info, text(`{"error":"no such task"}` + "\n"), "RuntimeError: pali3 mix --serve: no such task"},
	}
	var addresses []string
	for _, c := range cases {
		addresses = append(addresses, fake(t, c.info, c.send))
	}
	lines := strings.Split(strings.TrimSpace(string(runPython(t, interpreter, hostileServers, addresses...))), "\n")
	if len(lines) != len(cases) {
		t.Fatalf("%d answers, want %d: %q", len(lines), len(cases), lines)
	}
	for i, c := range cases {
		var got struct {
			Kind, Error string
			Seconds     float64
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		if said := got.Kind + ": " + got.Error; !strings.HasPrefix(said, c.want) || got.Seconds > 3 {
			t.Errorf("case %d: %.200s after %.1f s, want %s", i, said, got.Seconds, c.want)
		}
	}
}

// damagedStreams reads a batch's stream with bytes changed, cut short, and compressed.
const damagedStreams = `
import random, resource, sys
import pyarrow as pa
from pali3_batches import Server, tensors
with Server(sys.argv[1], 60) as s:
    s.ask(step=0, count=1)
    content = bytes(s.read(s.reply()["bytes"]))
whole = {n: a.shape for n, a in tensors(content, 0).items()}
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
refused = read = 0
def attempt(damaged):
    global refused, read
    try:
        for name, array in tensors(damaged, 0).items():
            array.sum()
        read += 1
    except RuntimeError as e:
        assert "the batch of step 0 is damaged" in str(e), e
        refused += 1
for cut in range(0, len(content), 7):
    attempt(content[:cut])
assert read <= 8, read  # those without the marker of the end alone
draw = random.Random(1)
for _ in range(4000):
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 8])):
        at = draw.randrange(min(len(damaged), 6000))
        damaged[at] = draw.choice([0, 1, 127, 128, 255, draw.randrange(256)])
    attempt(damaged)
record = pa.ipc.open_stream(content).read_next_batch()
for codec in "lz4", "zstd":
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, record.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as w:
        w.write_batch(record)
    try:
        tensors(sink.getvalue(), 0)
        raise SystemExit("a compressed batch was read")
    except RuntimeError as e:
        assert "not compressed" in str(e), e
print(refused, read, len(whole))
`

func TestClients_RefuseDamagedBatches(t *testing.T) {
	interpreter := python(t, "pyarrow", "numpy")
	at := start(t, &Server{Stream: batchtest.Stream(t, mixture.Options{})}, "0")
	var refused, read, columns int
	if _, err := fmt.Sscan(string(runPython(t, interpreter, damagedStreams, at)), &refused, &read, &columns); err != nil {
		t.Fatal(err)
	}
	if refused < 1000 || columns < 6 {
		t.Errorf("%d streams refused, %d read, %d columns", refused, read, columns)
	}
}

// breaking is a listener whose connections break after some bytes.
type breaking struct {
	net.Listener
	bytes    int
	accepted atomic.Int64
}

func (l *breaking) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.accepted.Add(1)
	return &breakingConn{conn, l.bytes}, nil
}

type breakingConn struct {
	net.Conn
	left int
}

func (c *breakingConn) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		c.Conn.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// resumed prints the steps that a reader gets over connections that break, and the hash of each.
const resumed = `
import hashlib, json, sys
import pali3_batches
pali3_batches.time.sleep = lambda seconds: None
for step, batch in pali3_batches.arrays(sys.argv[1], step=3, count=9, retries=2):
    tensors = {n: {"shape": list(a.shape), "sha256": hashlib.sha256(a.tobytes()).hexdigest()} for n, a in batch.items()}
    print(json.dumps({"step": step, "tensors": tensors}))
try:
    list(pali3_batches.arrays(sys.argv[1], count=9))
except ConnectionError:
    pass
else:
    raise SystemExit("a connection that broke was not reported")
recipe = pali3_batches.describe(sys.argv[1])["recipe"]
try:
    list(pali3_batches.arrays(sys.argv[2], recipe=recipe, retries=5))
except RuntimeError as e:
    assert "but this server serves" in str(e), e
else:
    raise SystemExit("another recipe was accepted")
`

func TestClients_ResumeWhereAConnectionBroke(t *testing.T) {
	interpreter := python(t, "pyarrow", "numpy")
	stream := batchtest.Stream(t, mixture.Options{})
	l, err := Listen("0")
	if err != nil {
		t.Fatal(err)
	}
	broken := &breaking{Listener: l, bytes: 30_000}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- (&Server{Stream: stream}).Serve(ctx, broken) }()
	defer func() { cancel(); <-ended }()
	other := start(t, &Server{Stream: batchtest.Stream(t, mixture.Options{}, "seed=4")}, "0")
	out := runPython(t, interpreter, resumed, Address(l), other)
	compare(t, "resumed", out, func(step int) *mixture.Batch { return batchtest.Batch(t, stream, step) }, 9)
	if n := broken.accepted.Load(); n < 4 {
		t.Errorf("%d connections, want some that broke", n)
	}
}
