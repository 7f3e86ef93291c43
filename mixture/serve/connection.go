package serve

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/batchfile"
)

// connection is a client's.
type connection struct {
	server  *Server
	conn    net.Conn
	name    string
	in      *bufio.Reader
	out     *bufio.Writer
	batches int
}

func newConnection(s *Server, conn net.Conn) *connection {
	name := conn.RemoteAddr().String()
	if name == "" || name == "@" { // a Unix socket's client
		name = "client"
	}
	return &connection{
		server: s, conn: conn, name: name,
		in: bufio.NewReaderSize(conn, maxRequest), out: bufio.NewWriterSize(counted{conn, s}, 64<<10),
	}
}

// counted counts the bytes that are sent.
type counted struct {
	net.Conn
	server *Server
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.server.sent.bytes.Add(int64(n))
	return n, err
}

// answer answers requests until the client closes the connection.
func (c *connection) answer(ctx context.Context) error {
	c.conn.SetReadDeadline(time.Now().Add(c.server.FirstRequest))
	for {
		request, err := c.request()
		if errors.Is(err, errNoMore) {
			return nil
		}
		if err != nil {
			return c.refuse(err)
		}
		c.conn.SetReadDeadline(time.Time{})
		if request.Info {
			if err := c.sendLine(Reply{Info: &c.server.info}); err != nil {
				return err
			}
			continue
		}
		if err := c.batchesOf(ctx, request); err != nil {
			return err
		}
	}
}

// errNoMore says that a client has closed its side of the connection.
var errNoMore = errors.New("no further request")

// request reads a request and checks it against the stream.
func (c *connection) request() (Request, error) {
	line, err := c.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return Request{}, fmt.Errorf("request: a line of over %d bytes", maxRequest)
	case errors.Is(err, io.EOF) && len(line) > 0: // the last line need not end
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return Request{}, errNoMore
	case err != nil:
		return Request{}, fmt.Errorf("reading a request: %w", err)
	}
	r, err := parseRequest(line)
	if err == nil {
		err = c.checkToken(r.Token) // before anything is told
	}
	if err != nil {
		return r, err
	}
	if want := c.server.info.Recipe; r.Recipe != "" && r.Recipe != want {
		return r, fmt.Errorf("request: recipe: %s, but this server serves %s; the recipe, its data or its tokenizer has changed", r.Recipe, want)
	}
	if batch := c.server.info.Batch; r.Hosts > batch {
		return r, fmt.Errorf("request: hosts: %d, but the batch has %d rows", r.Hosts, batch)
	}
	return r, nil
}

// checkToken compares hashes, so that the time tells nothing about the token.
func (c *connection) checkToken(token string) error {
	if c.server.Token == "" {
		return nil
	}
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(c.server.Token))
	if subtle.ConstantTimeCompare(got[:], want[:]) == 0 {
		return errors.New("request: token: missing or wrong")
	}
	return nil
}

// batchesOf sends the batches of a request, which are made while earlier ones are sent.
func (c *connection) batchesOf(ctx context.Context, r Request) error {
	ctx, cancel := context.WithCancel(ctx)
	made := make(chan madeBatch, c.server.Ahead)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(made)
		c.server.makeBatches(ctx, r, made)
	}()
	defer func() { cancel(); <-done }()
	next := r.Step
	for m := range made {
		if errors.Is(m.err, mixture.ErrEnd) {
			return c.sendLine(Reply{Step: next, End: true})
		}
		if m.err != nil {
			return c.refuse(m.err)
		}
		next = m.batch.Step + 1
		if err := c.send(r, m.batch); err != nil {
			return fmt.Errorf("sending step %d: %w", m.batch.Step, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.sendLine(Reply{Step: next, End: true})
}

// madeBatch is a batch, or why there is none.
type madeBatch struct {
	batch *mixture.Batch
	err   error
}

// makeBatches makes the batches of a request up to the first that fails.
func (s *Server) makeBatches(ctx context.Context, r Request, made chan<- madeBatch) {
	for step := r.Step; r.Count == 0 || step < r.Step+r.Count; step++ {
		b, err := s.Stream.HostBatch(ctx, step, r.Host, r.Hosts)
		select {
		case made <- madeBatch{b, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// send sends a batch: its line and its Arrow stream.
func (c *connection) send(r Request, b *mixture.Batch) error {
	info := c.server.info
	info.Host, info.Hosts = r.Host, r.Hosts
	record, err := batchfile.Record(b, info)
	if err != nil {
		return c.refuse(err)
	}
	defer record.Release()
	bytes, err := streamBytes(record)
	if err != nil {
		return c.refuse(err)
	}
	reply := Reply{Step: b.Step, Rows: b.Shape.Rows, Bytes: bytes}
	if r.Digest {
		reply.Digest = b.Digest()
	}
	if err := c.writeLine(reply); err != nil {
		return err
	}
	if err := errors.Join(writeStream(c.out, record), c.out.Flush()); err != nil {
		return err
	}
	c.batches++
	c.server.sent.batches.Add(1)
	return nil
}

// writeStream writes a record batch as an Arrow stream with an end.
func writeStream(out io.Writer, record arrow.Record) error {
	w := ipc.NewWriter(out, ipc.WithSchema(record.Schema()))
	return errors.Join(w.Write(record), w.Close())
}

// streamBytes returns the size of what writeStream writes. Arrow's writer does not copy tensors, so
// it costs little to have it write to nowhere.
func streamBytes(record arrow.Record) (int64, error) {
	var n byteCount
	err := writeStream(&n, record)
	return int64(n), err
}

type byteCount int64

func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

// refuse tells the client of an error and returns it.
func (c *connection) refuse(err error) error {
	c.conn.SetDeadline(time.Now().Add(time.Second)) // the client may not read
	if failed := c.sendLine(Reply{Error: err.Error()}); failed != nil {
		return errors.Join(err, failed)
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		io.CopyN(io.Discard, c.in, 1<<16) // closing with unread bytes would discard what was sent
	}
	return err
}

func (c *connection) sendLine(r Reply) error {
	if err := c.writeLine(r); err != nil {
		return err
	}
	return c.out.Flush()
}

func (c *connection) writeLine(r Reply) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = c.out.Write(append(line, '\n'))
	return err
}

// isOutOfFiles reports whether a connection could not be accepted for want of file descriptors.
func isOutOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
