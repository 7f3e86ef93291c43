package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/pali3/pali3/internal/arrowguard"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/batchfile"
)

// Client reads the batches of a server. It is not safe for concurrent use; make one for each
// goroutine.
type Client struct {
	// Token is sent with every request.
	Token string

	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to a server at HOST:PORT or unix:PATH.
func Dial(ctx context.Context, address string) (*Client, error) {
	network, at := split(address)
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, at)
	if err != nil {
		return nil, fmt.Errorf("connecting to the server of batches: %w", err)
	}
	return &Client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Info asks for the description of the stream.
func (c *Client) Info(ctx context.Context) (batchfile.Info, error) {
	defer c.closeWith(ctx)()
	if err := c.ask(Request{Info: true}); err != nil {
		return batchfile.Info{}, explain(ctx, err)
	}
	reply, err := c.reply()
	if err == nil && reply.Info == nil {
		err = errors.New("the server did not describe its stream")
	}
	if err != nil {
		return batchfile.Info{}, explain(ctx, err)
	}
	return *reply.Info, nil
}

// Batches yields the batches of a request. An error is the last. To stop before the end of the
// request, or if ctx ends, the connection is closed.
func (c *Client) Batches(ctx context.Context, r Request) iter.Seq2[*mixture.Batch, error] {
	return func(yield func(*mixture.Batch, error) bool) {
		defer c.closeWith(ctx)()
		if err := c.ask(r); err != nil {
			yield(nil, explain(ctx, err))
			return
		}
		for {
			reply, err := c.reply()
			if err == nil && reply.End {
				return
			}
			var b *mixture.Batch
			if err == nil {
				b, err = c.batch(reply)
			}
			if err != nil {
				yield(nil, explain(ctx, err))
				return
			}
			if !yield(b, nil) {
				c.Close()
				return
			}
		}
	}
}

// closeWith closes the connection when the context ends. The returned function undoes that.
func (c *Client) closeWith(ctx context.Context) (undo func()) {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	return func() { stop() }
}

// explain returns the context's error in place of that of the connection that it closed.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// ask sends a request.
func (c *Client) ask(r Request) error {
	r.Token = c.Token
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := c.conn.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("asking for batches: %w", err)
	}
	return nil
}

// maxReply bounds the line before a batch.
const maxReply = 1 << 20

// reply reads a line of the server, whose error is returned.
func (c *Client) reply() (r Reply, err error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) || len(line) > maxReply {
			return r, fmt.Errorf("reading from the server of batches: %w", cut(err))
		}
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("the server of batches sent a line that is not JSON: %w", err)
	}
	if r.Error != "" {
		return r, fmt.Errorf("the server of batches: %s", r.Error)
	}
	return r, nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// batch reads the batch that follows a line.
func (c *Client) batch(reply Reply) (b *mixture.Batch, err error) {
	err = oneRecord(c.in, func(r arrow.Record) (err error) {
		b, _, err = batchfile.Batch(r)
		return err
	})
	if err == nil && b.Step != reply.Step {
		err = fmt.Errorf("it is of step %d", b.Step)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the batch of step %d: %w", reply.Step, err)
	}
	return b, nil
}

// oneRecord reads an Arrow stream of one record, to its end.
func oneRecord(in io.Reader, read func(arrow.Record) error) (err error) {
	defer func() {
		if p := recover(); p != nil { // the Arrow library on damaged input
			err = fmt.Errorf("damaged stream: %v", p)
		}
	}()
	reader, err := ipc.NewReader(arrowguard.Stream(in, arrowguard.Batches), ipc.WithAllocator(arrowguard.NewMemory(arrowguard.Batches)))
	if err != nil {
		return err
	}
	defer reader.Release()
	if !reader.Next() {
		return errors.Join(reader.Err(), errors.New("no record batch"))
	}
	if err := read(reader.Record()); err != nil {
		return err
	}
	if reader.Next() {
		return errors.New("more than one record batch")
	}
	return reader.Err()
}
