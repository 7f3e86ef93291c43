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

// Reasons why a URL gives nothing. An answer other than 200 has the reason "status_" and its
// number.
const (
	BadURL     = "url"        // it cannot be parsed, or is not http or https
	Refused    = "address"    // its host has no address that may be dialled
	NoName     = "dns"        // its host has no address
	Robots     = "robots"     // robots.txt forbids it, or cannot be read
	OptedOut   = "opt_out"    // its headers forbid the use
	TimedOut   = "timeout"    // an attempt took too long
	Connection = "connection" // refused, reset, or not HTTP
	Insecure   = "tls"        // its certificate is not good
	Redirects  = "redirects"  // too many of them
	TooLarge   = "too_large"  // over the limit
	Length     = "length"     // the body is shorter than its header says
	Encoding   = "encoding"   // compressed in a way that is not known, or badly
)

// Error says why a URL gave nothing.
type Error struct {
	Reason string // a short name, for counting
	Err    error

	status int
	wait   time.Duration // that the server asked for
}

// Error shows the reason's details.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func failed(reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// passing reports whether another attempt may do better.
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

// classify names the reason of an error of the transport. What it says of it is the same each time:
// which end of a connection noticed first that it was gone, and by which call, is left to chance.
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

// errAttempt ends an attempt that took its time.
var errAttempt = errors.New("the attempt took longer than its timeout")

// statusError is that of an answer which is not 200.
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

// backoff doubles with each attempt; a part of it that differs from URL to URL keeps them from
// coming back together.
func (c *Client) backoff(address string, attempt int) time.Duration {
	whole := c.options.Backoff << min(attempt, 16)
	return whole/2 + time.Duration(random.New(random.Name(address), uint64(attempt)).Float64()*float64(whole/2))
}
