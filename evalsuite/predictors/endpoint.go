package predictors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pali3/pali3/evalsuite"
)

// Defaults of an [Endpoint].
const (
	DefaultConcurrency = 8
	DefaultRetries     = 6
	DefaultMaxTokens   = 64
)

// Limits of an endpoint.
const (
	maxResponse  = 4 << 20          // bytes of a response
	firstWait    = time.Second / 2  // before the first retry; doubled for each further one
	maxWait      = 30 * time.Second // unless the server asks for more
	maxAskedWait = 10 * time.Minute // that a server may ask for
)

// Endpoint is a predictor that sends queries to a server of OpenAI's chat completions, such as
// vLLM, SGLang, llama.cpp, Ollama and most providers. Images are sent in their own bytes, as data
// URIs before the prompt.
//
// It tries again, with growing and random waits, after status 408, 409, 429 and 5xx, cut
// connections, timeouts and responses that are not understood. It waits as long as Retry-After
// says, with all of its requests. Status 401, 403 and 404 end the whole call, since no other query
// can fare better. A content filter and the field "refusal" are refusals, and an empty answer is an
// answer.
//
// An Endpoint is safe for concurrent use.
type Endpoint struct {
	// URL of the API, such as https://host/v1, or of its chat/completions.
	URL string
	// Model is the name of the model there.
	Model string
	// Key is sent as a bearer token; "" sends none. It is left out of all messages.
	Key string
	// Concurrency is the number of requests at a time; default [DefaultConcurrency].
	Concurrency int
	// Timeout of an attempt; default [DefaultTimeout].
	Timeout time.Duration
	// Retries after the first attempt; default [DefaultRetries]; negative for none.
	Retries int
	// MaxTokens of an answer; default [DefaultMaxTokens].
	MaxTokens   int
	Temperature float64
	Seed        uint64
	// Extra are further members of the request's JSON object. They replace the usual ones, and null
	// removes one: {"max_tokens": null, "max_completion_tokens": 64}.
	Extra map[string]any
	// Client sends the requests; nil takes one of its own. Redirects are followed on the same host
	// only.
	Client *http.Client
	// Wait waits before a retry; nil waits for the time.
	Wait func(ctx context.Context, d time.Duration) error
}

// Check returns an error if the endpoint cannot be asked.
func (e *Endpoint) Check() error {
	u, err := url.Parse(e.URL)
	switch {
	case err != nil:
		return fmt.Errorf("the address of the endpoint: %w", errors.Unwrap(err)) // which does not show it
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("%s is not the address of an endpoint; want https://host/v1", u.Redacted())
	case u.User != nil:
		return fmt.Errorf("%s has a password in it: give the key by an environment variable", u.Redacted())
	case e.Model == "":
		return errors.New("the name of the endpoint's model is missing")
	case strings.ContainsFunc(e.Key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the key has white space or control characters in it")
	}
	return nil
}

// Clear reports whether requests go to another machine without encryption.
func (e *Endpoint) Clear() bool {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// completions returns the address that requests are sent to.
func (e *Endpoint) completions() (*url.URL, error) {
	u, err := url.Parse(e.URL)
	if err == nil && !strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), "/chat/completions") {
		u = u.JoinPath("chat", "completions")
	}
	return u, err
}

// Identity returns what the answers depend on, for [evalsuite.BenchmarkOptions]. The key is no part
// of it, nor are the values of parameters in the address.
func (e *Endpoint) Identity() (map[string]string, error) {
	u, err := e.completions()
	if err != nil {
		return nil, err
	}
	query := u.Query()
	for name := range query {
		query.Set(name, "...")
	}
	u.RawQuery = query.Encode()
	id := map[string]string{"kind": "endpoint", "url": u.Redacted(), "model": e.Model}
	if len(e.Extra) > 0 {
		extra, err := json.Marshal(e.Extra)
		if err != nil {
			return nil, fmt.Errorf("the extra members of requests: %w", err)
		}
		id["extra"] = string(extra)
	}
	return id, nil
}

// Predict answers queries; the first failure is an error.
func (e *Endpoint) Predict(ctx context.Context, queries []evalsuite.Query, progress func(done, total int)) ([]string, error) {
	return predict(ctx, e, queries, progress)
}

// PredictEach answers queries as [evalsuite.EachPredictor] says.
func (e *Endpoint) PredictEach(ctx context.Context, queries iter.Seq[evalsuite.Query], reply func(n int, r evalsuite.Reply) error) error {
	r, err := e.newRun()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next, end := iter.Pull(queries)
	defer end()
	var taking, giving sync.Mutex
	asked := 0
	take := func() (n int, q evalsuite.Query, ok bool) {
		taking.Lock()
		defer taking.Unlock()
		if ctx.Err() != nil {
			return 0, q, false
		}
		q, ok = next()
		asked++
		return asked - 1, q, ok
	}
	give := func(n int, one evalsuite.Reply) error {
		giving.Lock()
		defer giving.Unlock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return reply(n, one)
	}
	var workers sync.WaitGroup
	for range r.Concurrency {
		workers.Go(func() {
			for {
				n, q, ok := take()
				if !ok {
					return
				}
				one, err := r.answer(ctx, &q)
				if err == nil {
					err = give(n, one)
				}
				if err != nil {
					stop(err)
					return
				}
			}
		})
	}
	workers.Wait()
	r.client.CloseIdleConnections()
	return context.Cause(ctx)
}

// endpointRun is one call of PredictEach.
type endpointRun struct {
	Endpoint
	address string
	host    string
	client  *http.Client
	gate    gate
}

func (e *Endpoint) newRun() (*endpointRun, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	u, err := e.completions()
	if err != nil {
		return nil, err
	}
	r := &endpointRun{Endpoint: *e, address: u.String(), host: u.Host}
	if r.Concurrency < 1 {
		r.Concurrency = DefaultConcurrency
	}
	if r.Timeout == 0 {
		r.Timeout = DefaultTimeout
	}
	if r.Retries == 0 {
		r.Retries = DefaultRetries
	}
	if r.MaxTokens == 0 {
		r.MaxTokens = DefaultMaxTokens
	}
	if r.Wait == nil {
		r.Wait = wait
	}
	r.gate.wait = r.Wait
	r.client = &http.Client{}
	if e.Client != nil {
		*r.client = *e.Client
	} else if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = transport.Clone()
		transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = r.Concurrency, r.Concurrency
		r.client.Transport = transport
	}
	r.client.CheckRedirect = sameHost
	return r, nil
}

// sameHost lets a client follow redirects to the same host only, which get the prompts, the images
// and the key.
func sameHost(to *http.Request, via []*http.Request) error {
	switch first := via[0]; {
	case to.URL.Host != first.URL.Host || to.URL.Scheme != first.URL.Scheme:
		return fmt.Errorf("%w to another host, %s: give its address if that is right", errRedirect, to.URL.Redacted())
	case to.Method != http.MethodPost:
		return fmt.Errorf("%w that drops the request, to %s: give that address", errRedirect, to.URL.Redacted())
	case len(via) > 3:
		return fmt.Errorf("%w: more than 3 of them", errRedirect)
	}
	return nil
}

var errRedirect = errors.New("the endpoint redirects")

// wait waits for a time or the end of the context.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// gate holds back all requests while the server asks for it.
type gate struct {
	wait  func(context.Context, time.Duration) error
	lock  sync.Mutex
	until time.Time
}

// close holds requests back for a time.
func (g *gate) close(d time.Duration) {
	g.lock.Lock()
	defer g.lock.Unlock()
	if until := time.Now().Add(d); until.After(g.until) {
		g.until = until
	}
}

// pass waits until requests may be sent.
func (g *gate) pass(ctx context.Context) error {
	g.lock.Lock()
	left := time.Until(g.until)
	g.lock.Unlock()
	if left <= 0 {
		return context.Cause(ctx)
	}
	return g.wait(ctx, left)
}

// answer asks a query, several times if necessary. An error ends the whole call.
func (r *endpointRun) answer(ctx context.Context, q *evalsuite.Query) (evalsuite.Reply, error) {
	body, err := r.body(q)
	if err != nil {
		return evalsuite.Reply{Err: err}, nil
	}
	var used evalsuite.Usage
	for attempt := 1; ; attempt++ {
		if err := r.gate.pass(ctx); err != nil {
			return evalsuite.Reply{}, err
		}
		one := r.attempt(ctx, body)
		used.Prompt += one.reply.Usage.Prompt
		used.Completion += one.reply.Usage.Completion
		one.reply.Usage, one.reply.Attempts = used, attempt
		switch {
		case ctx.Err() != nil:
			return evalsuite.Reply{}, context.Cause(ctx)
		case one.fatal:
			return evalsuite.Reply{}, one.reply.Err
		case !one.again || attempt > r.Retries:
			return one.reply, nil
		case one.wait > maxAskedWait:
			one.reply.Err = fmt.Errorf("%w; it asks to wait %v, longer than %v", one.reply.Err, one.wait, maxAskedWait)
			return one.reply, nil
		}
		if one.wait > 0 {
			r.gate.close(one.wait)
			continue
		}
		if err := r.Wait(ctx, backoff(attempt)); err != nil {
			return evalsuite.Reply{}, err
		}
	}
}

// backoff returns how long to wait after an attempt: a random time up to a limit that doubles.
func backoff(attempt int) time.Duration {
	most := min(firstWait<<min(attempt-1, 10), maxWait)
	return most/2 + rand.N(most/2)
}

// attempt is what came of one request.
type attempt struct {
	reply evalsuite.Reply
	again bool          // another attempt may help
	wait  time.Duration // that the server asks for
	fatal bool          // no query can be answered
}

// attempt sends a request.
func (r *endpointRun) attempt(ctx context.Context, body []byte) attempt {
	ctx, stop := context.WithTimeoutCause(ctx, r.Timeout, errLate)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address, bytes.NewReader(body))
	if err != nil {
		return attempt{reply: evalsuite.Reply{Err: err}, fatal: true}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "pali3")
	if r.Key != "" {
		request.Header.Set("Authorization", "Bearer "+r.Key)
	}
	response, err := r.client.Do(request)
	if err != nil {
		return r.lost(ctx, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxResponse+1))
	if err != nil {
		return r.lost(ctx, fmt.Errorf("the response was cut after %d bytes: %w", len(content), err))
	}
	if len(content) > maxResponse {
		return attempt{reply: evalsuite.Reply{Err: fmt.Errorf("the response has more than %d bytes", maxResponse)}}
	}
	one := readResponse(response, content)
	one.reply.Err = r.withoutKey(one.reply.Err)
	return one
}

var errLate = errors.New("the time for the attempt is over")

// lost returns what came of a request without a whole response.
func (r *endpointRun) lost(ctx context.Context, err error) attempt {
	if context.Cause(ctx) == errLate {
		return attempt{reply: evalsuite.Reply{Err: fmt.Errorf("%w: the endpoint did not answer within %v", evalsuite.ErrTimeout, r.Timeout)}, again: true}
	}
	var sending *url.Error
	if errors.As(err, &sending) {
		err = fmt.Errorf("asking %s: %w", r.host, sending.Err) // without parameters of the address
	}
	return attempt{reply: evalsuite.Reply{Err: r.withoutKey(err)}, again: !errors.Is(err, errRedirect), fatal: errors.Is(err, errRedirect)}
}

// withoutKey removes the key from an error, which a server may repeat.
func (r *endpointRun) withoutKey(err error) error {
	if err == nil || r.Key == "" || !strings.Contains(err.Error(), r.Key) {
		return err
	}
	return &redacted{strings.ReplaceAll(err.Error(), r.Key, "(the key)"), err}
}

// redacted is an error with another text.
type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) Is(target error) bool { return errors.Is(e.err, target) }
