package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/serve"
)

// serve sends batches to trainers until the command is interrupted.
func (c mixCommand) serve(ctx context.Context, con *console, stream *mixture.Stream) error {
	if c.Host != (hostShare{0, 1}) {
		return fmt.Errorf("--host does not go with --serve: each client says which host it is")
	}
	server := &serve.Server{Stream: stream, MaxClients: c.MaxClients, Log: con.info}
	if c.TokenFile != "" {
		token, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return fmt.Errorf("reading the token: %w", err)
		}
		if server.Token = string(bytes.TrimSpace(token)); server.Token == "" {
			return fmt.Errorf("the token in %s is empty", c.TokenFile)
		}
	}
	l, err := serve.Listen(c.Serve)
	if err != nil {
		return err
	}
	if !serve.Local(l) {
		message := "other machines can connect, and the connection is not encrypted: use it in a trusted network only"
		if server.Token == "" {
			message += ", or set --token-file, without which anyone there can read the data"
		}
		con.warn(message)
	}
	con.printf("serving batches of %d at %s; Ctrl-C ends\n", stream.Recipe().Batch, serve.Address(l))
	start := time.Now()
	err = server.Serve(ctx, l)
	batches, bytes := server.Sent()
	con.info(fmt.Sprintf("sent %d batches, %.1f MB, in %s", batches, float64(bytes)/1e6, time.Since(start).Round(time.Second)))
	return err
}
