// Package serve feeds trainers in other processes and languages with the batches of a recipe: a
// server on a socket sends them as Arrow record batches, in the form of package batchfile.
//
//	listener, err := serve.Listen("127.0.0.1:7077")
//	err = (&serve.Server{Stream: stream}).Serve(ctx, listener)
//
// A batch is a pure function of (recipe, seed, step), and the server keeps no state of its clients.
// A trainer that resumes asks for the step after its checkpoint; one that resumes on another number
// of hosts asks with that number. It gets exactly the batches that it would have got.
//
// # Protocol
//
// The client connects and sends a request, one line of JSON:
//
//	{"step": 1200, "count": 100, "host": 0, "hosts": 8}
//
// For each step the server sends one line of JSON, followed by an Arrow IPC stream, which is a
// schema, one record batch with this host's rows, not compressed, and the end-of-stream marker. The
// line says how many bytes the stream has:
//
//	{"step": 1200, "rows": 16, "bytes": 9658040}
//	...Arrow IPC stream...
//
// After the last step, it sends a line without a stream, and waits for the next request:
//
//	{"end": true, "step": 1300}
//
// If a request is wrong or a batch cannot be made, the server sends {"error": "..."} and closes the
// connection. [Request] lists what a request may say. A client that reads slowly slows down the
// server, which is never more than a few batches ahead. To cancel, close the connection.
//
// The protocol has no encryption. Listen on loopback or a Unix socket, and use a tunnel (ssh -L)
// for other machines; a token keeps out who does not know it.
package serve

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

// unixPrefix begins the address of a Unix socket.
const unixPrefix = "unix:"

// Listen listens at an address: HOST:PORT, :PORT or PORT on loopback, or unix:PATH. Port 0 takes a
// free one. The socket of a server that was killed is replaced.
func Listen(address string) (net.Listener, error) {
	network, at := split(address)
	if network == "unix" && at == "" {
		return nil, fmt.Errorf("listening at %s: the path of the socket is missing, as in unix:/tmp/batches", address)
	}
	if network == "unix" {
		if err := removeStale(at); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen(network, at)
	if err != nil {
		return nil, fmt.Errorf("listening at %s: %w", address, err)
	}
	return l, nil
}

// split returns the network and the address within it.
func split(address string) (network, at string) {
	if path, is := strings.CutPrefix(address, unixPrefix); is {
		return "unix", path
	}
	if !strings.Contains(address, ":") {
		address = ":" + address
	}
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	return "tcp", address
}

// removeStale removes a socket on which nothing listens.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listening at %s%s: %w", unixPrefix, path, err)
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("listening at %s%s: there is a file of that name, which is no socket", unixPrefix, path)
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return fmt.Errorf("listening at %s%s: another server listens there", unixPrefix, path)
	}
	return os.Remove(path)
}

// Address returns what a client connects to: HOST:PORT or unix:PATH.
func Address(l net.Listener) string {
	if l.Addr().Network() == "unix" {
		return unixPrefix + l.Addr().String()
	}
	return l.Addr().String()
}

// Local reports whether only this machine can connect to a listener.
func Local(l net.Listener) bool {
	tcp, is := l.Addr().(*net.TCPAddr)
	return !is || tcp.IP.IsLoopback()
}
