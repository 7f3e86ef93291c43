// Package fetch downloads files from the web safely and politely. It dials public addresses only,
// respects robots.txt and opt-out headers, opens few connections to each host, waits when a server
// asks for it, and limits bytes, time and redirects.
//
// [New] makes a client, and [Client.Get] downloads one URL. A client serves thousands of concurrent
// calls. Every failure is an [*Error] with a short reason for counting.
//
// The package knows HTTP but does not interpret what it downloads.
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
	UserAgent    string         // its part before the first slash is the name in robots.txt. Default: [DefaultUserAgent]
	Connections  int            // simultaneous requests to all hosts. Default: [DefaultConnections]
	PerHost      int            // simultaneous requests to one host. Default: 8
	HostDelay    time.Duration  // minimum time between the starts of requests to one host. Default: none
	Timeout      time.Duration  // of one attempt, from dialling to the last byte. Default: 20 s
	Retries      int            // further attempts after a temporary failure; none if negative. Default: 2
	Backoff      time.Duration  // before the first further attempt; it doubles for each. Default: 500 ms
	MaxWait      time.Duration  // maximum Retry-After or Crawl-delay that is obeyed. Default: 60 s
	MaxBytes     int64          // of a body. Default: 64 MiB
	MaxRedirects int            // none if negative. Default: 5
	AllowNets    []netip.Prefix // address ranges that may be dialled although they are not public
	IgnoreRobots bool           // does not read robots.txt
	IgnoreOptOut bool           // accepts responses with opt-out headers, see [OptOut]
	Resolver     Resolver       // Default: [net.DefaultResolver]
}

// DefaultConnections is the default of Options.Connections.
const DefaultConnections = 256

// DefaultUserAgent names the program and its home page.
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

// Client downloads URLs. It is safe for concurrent use.
type Client struct {
	options   Options
	transport *http.Transport
	slots     chan struct{} // one for each request in progress
	hosts     hosts
	robots    robots
	budget    *Budget
}

// New returns a client. It uses neither cookies nor a proxy, which would dial addresses that the
// client has not checked.
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

// Close closes idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// WithBudget makes the client reserve the memory of bodies in a budget.
func (c *Client) WithBudget(b *Budget) *Client {
	c.budget = b
	return c
}

// Response is a downloaded file.
type Response struct {
	Body        []byte
	URL         string // after redirects
	ContentType string
	FetchedAt   time.Time
}

// Get downloads a URL. It retries temporary failures (a reset connection, a busy server) after the
// time that the server names, or a backoff. Ticket is the caller's ticket in the client's budget, 0
// without one. Errors are of type [*Error], except when ctx ends.
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

// follow makes one attempt: the request and its redirects, with all checks for each.
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

// parse parses a URL as browsers do. It must be http or https.
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

// sleep waits for d. It returns false if ctx ends before.
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
