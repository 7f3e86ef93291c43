package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/batchfile"
)

// Server sends the batches of a stream. Set its fields before Serve.
type Server struct {
	// Stream makes the batches. Required. It must make pixels, if the trainer needs them, and its
	// share of hosts does not count: each request has its own.
	Stream *mixture.Stream
	// Token must be in every request, if it is set.
	Token string
	// MaxClients bounds the connections. Further clients get an error. Default: 64.
	MaxClients int
	// Ahead is how many batches are made ahead of a client's reading. A client takes the memory of
	// Ahead+2 batches at most. Default: 2.
	Ahead int
	// FirstRequest bounds the time from the connection to the first request. Default: 10 s.
	FirstRequest time.Duration
	// Log, if not nil, is told of each client, and of what went wrong. It is called from several
	// goroutines.
	Log func(message string)

	info    batchfile.Info
	clients atomic.Int64
	sent    struct{ batches, bytes atomic.Int64 }
}

// Sent returns the number of batches and their bytes that were sent so far, to all clients.
func (s *Server) Sent() (batches, bytes int64) { return s.sent.batches.Load(), s.sent.bytes.Load() }

// Serve answers clients until the context ends, which is no error. It closes the listener and all
// connections, and returns when no goroutine of the server is left.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer l.Close()
	s.fillIn()
	var err error
	if s.info, err = batchfile.InfoOf(s.Stream, 0, 1); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var connections sync.WaitGroup
	defer connections.Wait()
	defer cancel() // before the connections are waited for
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if conn != nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			var temporary net.Error
			if errors.As(err, &temporary) && temporary.Timeout() || isOutOfFiles(err) {
				s.log("accepting a connection: %v", err)
				time.Sleep(100 * time.Millisecond)
				continue
			}
			return fmt.Errorf("accepting a connection: %w", err)
		}
		connections.Go(func() { s.client(ctx, conn) })
	}
}

func (s *Server) fillIn() {
	if s.MaxClients <= 0 {
		s.MaxClients = 64
	}
	if s.Ahead <= 0 {
		s.Ahead = 2
	}
	if s.FirstRequest <= 0 {
		s.FirstRequest = 10 * time.Second
	}
}

func (s *Server) log(format string, values ...any) {
	if s.Log != nil {
		s.Log(fmt.Sprintf(format, values...))
	}
}

// client answers one connection's requests and closes it.
func (s *Server) client(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c := newConnection(s, conn)
	if s.clients.Add(1) > int64(s.MaxClients) {
		s.clients.Add(-1)
		c.refuse(fmt.Errorf("the server has %d clients already, its limit", s.MaxClients))
		return
	}
	defer s.clients.Add(-1)
	s.log("%s connected", c.name)
	if err := c.answer(ctx); err != nil && ctx.Err() == nil {
		s.log("%s: %v", c.name, err)
	}
	s.log("%s left after %d batches", c.name, c.batches)
}
