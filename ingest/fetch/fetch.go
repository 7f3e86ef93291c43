// Package fetch gets files from the web the way a guest should: it dials no address that is not
// public, asks robots.txt, leaves what its owners opted out, keeps to a few connections a host,
// waits when told to, and takes no more bytes, time or redirects than it was given.
//
// [New] makes a client, [Client.Get] gets one URL. Both hold for thousands of calls at once.
// Everything that can go wrong is an [*Error] with a short reason, so that a caller can count.
//
// The package knows HTTP. It does not look at what it gets.
package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/pali3/pali3/ingest/internal/address"
)

// Options of a client. The zero value is polite and safe.
type Options struct {
	UserAgent    string         // default [DefaultUserAgent]; its part before the first slash is the name in robots.txt
	Connections  int            // requests at once, over all hosts; default [DefaultConnections]
	PerHost      int            // requests at once to one host; default 8
	HostDelay    time.Duration  // least time from one request to a host to the next; default none
	Timeout      time.Duration  // of one attempt, from its dial to its last byte; default 20 s
	Retries      int            // further attempts after a failure that may pass; default 2, none if negative
	Backoff      time.Duration  // before the first of them, doubled for each other; default 500 ms
	MaxWait      time.Duration  // the longest Retry-After or Crawl-delay that is obeyed; default 60 s
	MaxBytes     int64          // of a body; default 64 MiB
	MaxRedirects int            // default 5, none if negative
	AllowNets    []netip.Prefix // address ranges that may be dialled though they are not public
	IgnoreRobots bool           // do not ask robots.txt
	IgnoreOptOut bool           // take what its headers opt out, see [OptOut]
	Resolver     Resolver       // default [net.DefaultResolver]
}

// DefaultConnections is how many requests are under way at once where the options do not say.
const DefaultConnections = 256

// DefaultUserAgent names the program and where to read of it.
const DefaultUserAgent = "pali3/1 (+https://github.com/pali3/pali3)"

func (o Options) withDefaults() Options {
	setDefault(&o.UserAgent, DefaultUserAgent)
	setDefault(&o.Connections, DefaultConnections)
	setDefault(&o.PerHost, 8)
	setDefault(&o.Timeout, 20*time.Second)
	setDefault(&o.Retries, 2)
	setDefault(&o.Backoff, 500*time.Millisecond)
	setDefault(&o.MaxWait, time.Minute)
	setDefault(&o.MaxBytes, 64<<20)
	setDefault(&o.MaxRedirects, 5)
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return o
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Client gets URLs. Safe for concurrent use.
type Client struct {
	options   Options
	transport *http.Transport
	slots     chan struct{} // one for each request under way
	hosts     hosts
	robots    robots
	budget    *Budget
}

// New returns a client. It uses no proxy and no cookies: a proxy would dial addresses that the
// guard has not seen.
func New(o Options) *Client {
	o = o.withDefaults()
	dialer := &dialer{guard: guard{o.AllowNets}, names: names{resolver: o.Resolver}}
	c := &Client{options: o, slots: make(chan struct{}, o.Connections)}
	c.hosts = hosts{perHost: o.PerHost, delay: o.HostDelay, known: map[string]*host{}}
	c.transport = &http.Transport{
		DialContext:            dialer.dial,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConns:           2 * o.Connections,
		MaxIdleConnsPerHost:    o.PerHost,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    o.Timeout,
		MaxResponseHeaderBytes: 256 << 10,
	}
	return c
}

// Close ends idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// WithBudget makes the client hold the bodies it reads against a budget of memory.
func (c *Client) WithBudget(b *Budget) *Client {
	c.budget = b
	return c
}

// Response is what a URL gave.
type Response struct {
	Body        []byte
	URL         string // the last, after redirects
	ContentType string
	FetchedAt   time.Time
}

// Get gets a URL. What may pass (a reset connection, a busy server) is tried again, after the time
// the server names or a backoff. Ticket is the caller's in the client's budget, 0 without one.
// Errors are of type [*Error], but for that of an ended ctx.
func (c *Client) Get(ctx context.Context, address string, ticket int64) (Response, error) {
	for attempt := 0; ; attempt++ {
		response, err := c.follow(ctx, address, ticket, false)
		if err == nil {
			return response, nil
		}
		if ctx.Err() != nil {
			return Response{}, context.Cause(ctx)
		}
		if attempt >= c.options.Retries || !err.passing() || err.wait > c.options.MaxWait {
			return Response{}, err
		}
		if !sleep(ctx, max(err.wait, c.backoff(address, attempt))) {
			return Response{}, context.Cause(ctx)
		}
	}
}

// follow makes one attempt: the request and its redirects, each of them guarded.
func (c *Client) follow(ctx context.Context, address string, ticket int64, forRobots bool) (Response, *Error) {
	target, err := parse(address)
	if err != nil {
		return Response{}, err
	}
	for range c.options.MaxRedirects + 1 {
		if !forRobots && !c.options.IgnoreRobots {
			if err := c.askRobots(ctx, target); err != nil {
				return Response{}, err
			}
		}
		response, location, err := c.request(ctx, target, ticket, forRobots)
		if err != nil || location == nil {
			return response, err
		}
		target = location
	}
	return Response{}, failed(Redirects, "more than %d redirects, the last to %s", c.options.MaxRedirects, target)
}

// parse reads a URL of the web as browsers do.
func parse(text string) (*url.URL, *Error) {
	target, err := address.Parse(text, nil)
	if err != nil {
		return nil, failed(BadURL, "%.200q: %w", text, err)
	}
	return ofTheWeb(target)
}

func ofTheWeb(target *address.URL) (*url.URL, *Error) {
	if target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return nil, failed(BadURL, "%.200q is not a URL of the web", target.String())
	}
	return target.Standard(), nil
}

// sleep waits, and returns false if ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
