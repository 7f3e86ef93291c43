package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture/batchfile"
)

// Request is what a client asks for. Keys that are missing are zero.
type Request struct {
	// Step is the first step.
	Step int `json:"step"`
	// Count is the number of steps; 0 for all that follow, until the client closes the connection.
	Count int `json:"count,omitempty"`
	// Host of Hosts gets its rows of every batch. Hosts are counted from 0, at most one a row.
	// Hosts 0 counts as 1, the whole batch.
	Host  int `json:"host,omitempty"`
	Hosts int `json:"hosts,omitempty"`
	// Recipe, if given, is the fingerprint of the recipe that the client was trained on so far. The
	// server refuses the request if it serves another.
	Recipe string `json:"recipe,omitempty"`
	// Token of the server, if it has one.
	Token string `json:"token,omitempty"`
	// Digest asks for the digest of each batch, as pali3 mix --digest prints it.
	Digest bool `json:"digest,omitempty"`
	// Info asks for the description of the stream in place of batches.
	Info bool `json:"info,omitempty"`
}

// Reply is a line that the server sends.
type Reply struct {
	// Error says why there is no batch. The connection is closed.
	Error string `json:"error,omitempty"`
	// Step of the batch that follows, or, after the last, the next step.
	Step int `json:"step"`
	// Rows of the batch that follows.
	Rows int `json:"rows,omitempty"`
	// Bytes of the Arrow stream that follows, so that a client can refuse it before it reads it.
	Bytes int64 `json:"bytes,omitempty"`
	// Digest of the batch, if it was asked for.
	Digest string `json:"digest,omitempty"`
	// End says that no batch follows: the request is answered.
	End bool `json:"end,omitempty"`
	// Info describes the stream, if that was asked for. No batch follows.
	Info *batchfile.Info `json:"info,omitempty"`
}

// Limits of requests.
const (
	maxRequest = 4096    // bytes of a line
	maxStep    = 1 << 40 // times a batch, it is still the number of an example
)

// requestKeys are the legal keys of a request.
var requestKeys = []string{"step", "count", "host", "hosts", "recipe", "token", "digest", "info"}

// parseRequest parses the line of a request.
func parseRequest(line []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		if _, key, unknown := strings.Cut(err.Error(), "unknown field "); unknown {
			return r, fmt.Errorf("request: unknown key %s; the nearest legal key is %q (of %s)",
				key, strict.Nearest(strings.Trim(key, `"`), requestKeys), strings.Join(requestKeys, ", "))
		}
		return r, fmt.Errorf("request: %w; want one line of JSON such as {\"step\": 0, \"count\": 10}", jsonerr.Explain(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return r, errors.New("request: more than one JSON object in a line")
	}
	return r, r.check()
}

// check fails on values that no stream has, and fills in the number of hosts.
func (r *Request) check() error {
	if r.Hosts == 0 {
		r.Hosts = 1
	}
	switch {
	case r.Step < 0 || r.Step > maxStep:
		return fmt.Errorf("request: step: %d, legal is 0 to 2^40", r.Step)
	case r.Count < 0 || r.Count > maxStep:
		return fmt.Errorf("request: count: %d, legal is 0 to 2^40; 0 is without an end", r.Count)
	case r.Hosts < 0 || r.Hosts > maxStep:
		return fmt.Errorf("request: hosts: %d, legal is 1 and above", r.Hosts)
	case r.Host < 0 || r.Host >= r.Hosts:
		return fmt.Errorf("request: host: %d of %d hosts, legal is 0 to %d", r.Host, r.Hosts, r.Hosts-1)
	}
	return nil
}
