package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pali3/pali3/ingest/internal/address"
)

// request makes one request: it waits until the host may be asked and for a slot, and reads the
// response. For a redirect it returns the location instead.
func (c *Client) request(ctx context.Context, target *url.URL, ticket int64, forRobots bool) (Response, *url.URL, *Error) {
	leave := c.hosts.enter(ctx, target.Hostname())
	if leave == nil {
		return Response{}, nil, classify(context.Cause(ctx))
	}
	defer leave()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return Response{}, nil, classify(context.Cause(ctx))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clock := time.AfterFunc(c.options.Timeout, func() { cancel(errAttempt) })
	defer clock.Stop()
	answer, err := c.transport.RoundTrip(c.newRequest(ctx, target))
	if err != nil {
		return Response{}, nil, because(ctx, err)
	}
	defer answer.Body.Close()
	if location, err := redirect(answer, target); location != nil || err != nil {
		io.CopyN(io.Discard, answer.Body, 4<<10) // so that the connection can be reused
		return Response{}, location, err
	}
	if answer.StatusCode != http.StatusOK {
		io.CopyN(io.Discard, answer.Body, 4<<10)
		failure := statusError(answer, time.Now())
		if failure.wait > 0 {
			c.hosts.pause(target.Hostname(), min(failure.wait, c.options.MaxWait))
		}
		return Response{}, nil, failure
	}
	if !forRobots && !c.options.IgnoreOptOut {
		if header := OptOut(answer.Header, c.robotsName()); header != "" {
			return Response{}, nil, failed(OptedOut, "%.200s", header)
		}
	}
	body := &body{client: c, ctx: ctx, clock: clock, ticket: ticket, limit: c.options.MaxBytes}
	if forRobots {
		body.limit, body.cut = maxRobots, true
	}
	content, failure := body.read(answer)
	if failure != nil {
		return Response{}, nil, failure
	}
	return Response{Body: content, URL: target.String(), ContentType: answer.Header.Get("Content-Type"), FetchedAt: time.Now()}, nil, nil
}

// newRequest returns a request. Like browsers, it sends a path with a bare "%" as it is, which
// package net/url would encode again.
func (c *Client) newRequest(ctx context.Context, target *url.URL) *http.Request {
	if target.RawPath != "" && target.EscapedPath() != target.RawPath && !strings.HasPrefix(target.RawPath, "//") {
		sent := *target
		sent.Opaque = target.RawPath
		target = &sent
	}
	request := &http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"User-Agent": {c.options.UserAgent}, "Accept": {"image/*,*/*;q=0.5"}, "Accept-Encoding": {"identity"}}}
	return request.WithContext(ctx)
}

// because returns the Error for a failed request, which may have been cancelled by its timeout.
func because(ctx context.Context, err error) *Error {
	if errors.Is(context.Cause(ctx), errAttempt) {
		return &Error{Reason: TimedOut, Err: errAttempt}
	}
	return classify(err)
}

// redirect returns the location of a redirect, or nil for other responses.
func redirect(answer *http.Response, from *url.URL) (*url.URL, *Error) {
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	base, err := address.Parse(from.Scheme+"://"+from.Host+from.RawPath+query(from), nil)
	if err != nil {
		return nil, failed(BadURL, "redirect from %.200q: %w", from, err)
	}
	location, err := address.Parse(answer.Header.Get("Location"), base)
	if err != nil || answer.Header.Get("Location") == "" {
		return nil, failed(BadURL, "redirect to %.200q", answer.Header.Get("Location"))
	}
	return ofTheWeb(location)
}

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// body reads the body of a response.
type body struct {
	client *Client
	ctx    context.Context
	clock  *time.Timer // ends the attempt
	ticket int64
	limit  int64
	cut    bool // a body over the limit is truncated instead of an error
}

// firstRead is the maximum that is allocated because of a header, before bytes have arrived.
const firstRead = 1 << 20

func (b *body) read(answer *http.Response) ([]byte, *Error) {
	if answer.ContentLength > b.limit && !b.cut {
		return nil, failed(TooLarge, "Content-Length %d, the limit is %d", answer.ContentLength, b.limit)
	}
	var source io.Reader = answer.Body
	expected := answer.ContentLength
	switch encoding := strings.ToLower(answer.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip": // not requested, but some servers send it anyway
		unzipped, err := gzip.NewReader(answer.Body)
		if err != nil {
			return nil, b.broken(err, Encoding)
		}
		source, expected = unzipped, -1
	default:
		return nil, failed(Encoding, "Content-Encoding %.100q", encoding)
	}
	content := bytes.NewBuffer(make([]byte, 0, max(512, min(expected, firstRead))))
	for {
		n, err := io.CopyN(content, source, firstRead)
		switch {
		case int64(content.Len()) > b.limit && b.cut:
			return content.Bytes()[:b.limit], nil
		case int64(content.Len()) > b.limit:
			return nil, failed(TooLarge, "over the limit of %d bytes", b.limit)
		case errors.Is(err, io.EOF):
			b.client.budget.add(b.ticket, n)
			return content.Bytes(), nil
		case err != nil:
			return nil, b.broken(err, Connection)
		}
		if !b.wait(n) {
			return nil, classify(context.Cause(b.ctx))
		}
	}
}

func (b *body) broken(err error, reason string) *Error {
	failure := because(b.ctx, err)
	if failure.Reason == Connection {
		failure.Reason = reason
	}
	return failure
}

// wait waits for room for n more bytes in the budget. Meanwhile it stops the attempt's clock,
// because the server does not cause the delay.
func (b *body) wait(n int64) bool {
	if b.client.budget.try(b.ticket, n) {
		return true
	}
	b.clock.Stop()
	defer b.clock.Reset(b.client.options.Timeout)
	return b.client.budget.Take(b.ctx, b.ticket, n)
}
