package fetch

import (
	"context"
	"net/url"
	"strings"
	"sync"

	"github.com/temoto/robotstxt"
)

// maxRobots is how much of a robots.txt is read: the minimum that RFC 9309 requires.
const maxRobots = 500 << 10

// robots caches the rules of sites. The zero value is ready to use.
type robots struct {
	mu    sync.Mutex
	sites map[string]*site
}

// site has the rules for a scheme, host and port.
type site struct {
	mu    sync.Mutex // held while robots.txt is read
	read  bool
	rules *robotstxt.Group
	err   *Error
}

// askRobots returns an error if the site's robots.txt forbids the target. By RFC 9309, a site
// without robots.txt allows everything, and a site whose robots.txt cannot be read allows nothing.
func (c *Client) askRobots(ctx context.Context, target *url.URL) *Error {
	s := c.robots.site(target.Scheme + "://" + target.Host)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.read {
		rules, err := c.readRobots(ctx, target)
		if ctx.Err() != nil {
			return classify(context.Cause(ctx))
		}
		s.read, s.rules, s.err = true, rules, err
		if rules != nil && rules.CrawlDelay > 0 {
			c.hosts.slow(target.Hostname(), min(rules.CrawlDelay, c.options.MaxWait))
		}
	}
	if s.err != nil {
		return s.err
	}
	path := target.RawPath // in the form of the request
	if path == "" {
		path = "/"
	}
	if target.RawQuery != "" {
		path += "?" + target.RawQuery
	}
	if s.rules != nil && !s.rules.Test(path) {
		return failed(Robots, "robots.txt of %s forbids %.200s", target.Host, path)
	}
	return nil
}

func (r *robots) site(name string) *site {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sites == nil || len(r.sites) >= maxNames {
		r.sites = map[string]*site{} // read again when needed
	}
	s := r.sites[name]
	if s == nil {
		s = &site{}
		r.sites[name] = s
	}
	return s
}

// readRobots reads the robots.txt of a site; rules are nil if there is none.
func (c *Client) readRobots(ctx context.Context, target *url.URL) (rules *robotstxt.Group, err *Error) {
	address := target.Scheme + "://" + target.Host + "/robots.txt"
	var response Response
	for attempt := 0; ; attempt++ {
		response, err = c.follow(ctx, address, 0, true)
		if err == nil || attempt >= c.options.Retries || !err.passing() || err.wait > c.options.MaxWait ||
			!sleep(ctx, max(err.wait, c.backoff(address, attempt))) {
			break
		}
	}
	switch {
	case err != nil && err.status >= 400 && err.status < 500:
		return nil, nil
	case err != nil && err.status == 0: // the target itself would fail the same way
		return nil, err
	case err != nil:
		return nil, failed(Robots, "reading robots.txt of %s: %w", target.Host, err)
	}
	parsed, problem := robotstxt.FromBytes(response.Body[:min(len(response.Body), maxRobots)])
	if problem != nil {
		return nil, nil // a file that cannot be parsed forbids nothing
	}
	return parsed.FindGroup(c.robotsName()), nil
}

// robotsName returns the product token of RFC 9309.
func (c *Client) robotsName() string {
	name, _, _ := strings.Cut(c.options.UserAgent, "/")
	return strings.TrimSpace(name)
}
