package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pali3/pali3/random"
)

// Reasons for failures. A response other than 200 has the reason "status_" followed by its status
// code.
const (
	BadURL     = "url"        // the URL cannot be parsed, or is not http or https
	Refused    = "address"    // the host has no address that may be dialled
	NoName     = "dns"        // the host has no address
	Robots     = "robots"     // robots.txt forbids the URL, or cannot be read
	OptedOut   = "opt_out"    // the response headers forbid the use, see [OptOut]
	TimedOut   = "timeout"    // an attempt took too long
	Connection = "connection" // refused, reset, or not HTTP
	Insecure   = "tls"        // the certificate is not valid
	Redirects  = "redirects"  // too many
	TooLarge   = "too_large"  // over the limit
	Length     = "length"     // the body is shorter than the header says
	Encoding   = "encoding"   // an unknown content encoding, or damaged data
)

// Error is why a URL could not be fetched.
type Error struct {
	Reason string // a short name, for counting
	Err    error

	status int
	wait   time.Duration // requested by the server
}

// Error returns the details.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func failed(reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// passing reports whether another attempt may succeed.
func (e *Error) passing() bool {
	switch e.Reason {
	case TimedOut, Connection, Length:
		return true
	case NoName:
		var dns *net.DNSError
		return errors.As(e.Err, &dns) && (dns.IsTemporary || dns.IsTimeout)
	}
	switch e.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// classify returns the Error for an error of the transport. Its message does not depend on which
// end noticed first that a connection was lost, or in which call, because that varies between runs.
func classify(err error) *Error {
	if already, ok := errors.AsType[*Error](err); ok {
		return already
	}
	_, isDNS := errors.AsType[*net.DNSError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	switch {
	case isDNS:
		return &Error{Reason: NoName, Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Reason: TimedOut, Err: err}
	case errors.Is(err, errAttempt), errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return &Error{Reason: TimedOut, Err: errAttempt}
	case badCertificate, notTLS, alert:
		return &Error{Reason: Insecure, Err: err}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Reason: Length, Err: errors.New("the body is shorter than its header says")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Reason: Connection, Err: errors.New("the server refused the connection")}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &Error{Reason: Connection, Err: errors.New("the server cannot be reached")}
	case strings.Contains(err.Error(), "malformed"):
		return &Error{Reason: Connection, Err: errors.New("the answer is not HTTP")}
	}
	return &Error{Reason: Connection, Err: errors.New("the server broke the connection off")}
}

// errAttempt is the cause that cancels an attempt after its timeout.
var errAttempt = errors.New("the attempt took longer than its timeout")

// statusError returns the error for a response other than 200.
func statusError(response *http.Response, now time.Time) *Error {
	return &Error{
		Reason: "status_" + strconv.Itoa(response.StatusCode),
		Err:    fmt.Errorf("the server answered %d %s", response.StatusCode, http.StatusText(response.StatusCode)),
		status: response.StatusCode,
		wait:   retryAfter(response.Header.Get("Retry-After"), now),
	}
}

// retryAfter reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// backoff returns the wait before another attempt, which doubles with each. Up to half of it is
// jitter that depends on the URL, so that URLs are not retried at the same time.
func (c *Client) backoff(address string, attempt int) time.Duration {
	whole := c.options.Backoff << min(attempt, 16)
	return whole/2 + time.Duration(random.New(random.Name(address), uint64(attempt)).Float64()*float64(whole/2))
}
