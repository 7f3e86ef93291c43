package predictors_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/predictors"
	"github.com/pali3/pali3/shards"
)

// chat is a request as a server sees it.
type chat struct {
	Model    string
	Messages []struct {
		Role    string
		Content []struct {
			Type     string
			Text     string
			ImageURL struct{ URL string } `json:"image_url"`
		}
	}
	Temperature *float64
	MaxTokens   int `json:"max_tokens"`
	Seed        int
	Extra       int
}

// prompt returns the text of a request.
func (c *chat) prompt() string {
	parts := c.Messages[0].Content
	return parts[len(parts)-1].Text
}

// completed writes a completion.
func completed(w io.Writer, text, finish string) {
	json.NewEncoder(w).Encode(map[string]any{
		"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": map[string]any{"role": "assistant", "content": text}}},
		"usage":   map[string]any{"prompt_tokens": 100, "completion_tokens": 3, "total_tokens": 103},
	})
}

// serve starts a server whose answer to a prompt and to its number of attempts is given by do.
func serve(t *testing.T, do func(w http.ResponseWriter, r *http.Request, c *chat, attempt int)) *predictors.Endpoint {
	t.Helper()
	var lock sync.Mutex
	attempts := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c chat
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil || r.URL.Path != "/v1/chat/completions" || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
			return
		}
		lock.Lock()
		attempts[c.prompt()]++
		n := attempts[c.prompt()]
		lock.Unlock()
		do(w, r, &c, n)
	}))
	t.Cleanup(server.Close)
	return &predictors.Endpoint{
		URL: server.URL + "/v1", Model: "small", Timeout: 5 * time.Second,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func TestEndpoint_SendsImagesAndPrompt(t *testing.T) {
	var got []chat
	var keys []string
	e := serve(t, func(w http.ResponseWriter, r *http.Request, c *chat, _ int) {
		got, keys = append(got, *c), append(keys, r.Header.Get("Authorization"))
		completed(w, "a cat", "stop")
	})
	e.Key, e.MaxTokens, e.Seed, e.Concurrency = "sk-1", 7, 3, 1
	e.Extra = map[string]any{"extra": 5, "seed": nil}
	picture := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		t.Fatal(err)
	}
	queries := []evalsuite.Query{{
		ID: "1", Prompt: "What <is> it?",
		Images: []shards.Image{{Bytes: []byte("jpeg bytes"), Format: "jpeg"}, {Bytes: encoded.Bytes()}},
	}, {ID: "2", Prompt: "And?"}}
	replies, err := each(t, e, queries)
	if err != nil {
		t.Fatal(err)
	}
	if r := replies[0]; r.Text != "a cat" || r.Err != nil || r.Finish != "stop" || r.Usage != (evalsuite.Usage{Prompt: 100, Completion: 3}) || r.Attempts != 1 {
		t.Errorf("got %+v", r)
	}
	c := got[0]
	parts := c.Messages[0].Content
	if c.Model != "small" || *c.Temperature != 0 || c.MaxTokens != 7 || c.Seed != 0 || c.Extra != 5 || c.Messages[0].Role != "user" || len(parts) != 3 {
		t.Fatalf("the request is %+v", c)
	}
	if want := "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString([]byte("jpeg bytes")); parts[0].Type != "image_url" || parts[0].ImageURL.URL != want {
		t.Errorf("the first part is %+v, want %s", parts[0], want)
	}
	if !strings.HasPrefix(parts[1].ImageURL.URL, "data:image/png;base64,iVBOR") || parts[2].Text != "What <is> it?" {
		t.Errorf("the other parts are %+v", parts[1:])
	}
	if len(got[1].Messages[0].Content) != 1 || !slices.Equal(keys, []string{"Bearer sk-1", "Bearer sk-1"}) {
		t.Errorf("without an image: %+v, keys %q", got[1], keys)
	}
}

// misbehave answers by the prompt.
func misbehave(w http.ResponseWriter, r *http.Request, c *chat, attempt int) {
	status := func(code int, body string) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
	switch prompt := c.prompt(); {
	case prompt == "busy" && attempt == 1:
		w.Header().Set("Retry-After", "1")
		status(429, `{"error": {"message": "slow down"}}`)
	case prompt == "500 twice" && attempt <= 2, prompt == "500 always":
		status(500, `{"error": "overloaded"}`)
	case prompt == "garbage" && attempt == 1, prompt == "garbage always":
		io.WriteString(w, "<html>busy</html>")
	case prompt == "cut" && attempt == 1:
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"choices": [`)
	case prompt == "reset" && attempt == 1:
		panic(http.ErrAbortHandler)
	case prompt == "slow" && attempt == 1:
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	case prompt == "none" && attempt == 1:
		io.WriteString(w, `{"choices": []}`)
	case prompt == "two":
		io.WriteString(w, `{"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]}`)
	case prompt == "error inside" && attempt == 1:
		io.WriteString(w, `{"error": {"message": "upstream"}}`)
	case prompt == "parts":
		io.WriteString(w, `{"choices": [{"message": {"content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "a "}, {"type": "text", "text": "b"}]}}]}`)
	case prompt == "null":
		io.WriteString(w, `{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}`)
	case prompt == "number":
		io.WriteString(w, `{"choices": [{"message": {"content": 3}}]}`)
	case prompt == "refusal":
		io.WriteString(w, `{"choices": [{"message": {"content": null, "refusal": "I cannot see people"}}]}`)
	case prompt == "filter":
		completed(w, "", "content_filter")
	case prompt == "filtered":
		status(400, `{"error": {"code": "content_filter", "message": "the prompt was filtered"}}`)
	case prompt == "bad":
		status(400, `{"error": {"message": "the image of sk-secret is too large"}}`)
	case prompt == "huge":
		w.Write(bytes.Repeat([]byte{' '}, 5<<20))
	default:
		completed(w, strings.ToUpper(prompt), "stop")
	}
}

func TestEndpoint_RetriesAndCounts(t *testing.T) {
	for _, c := range []struct {
		prompt, text, fault string
		attempts            int
	}{
		{"fine", "FINE", "", 1},
		{"busy", "BUSY", "", 2},
		{"500 twice", "500 TWICE", "", 3},
		{"500 always", "", "status 500: overloaded", 4},
		{"garbage", "GARBAGE", "", 2},
		{"garbage always", "", `not understood: not JSON at byte 1`, 4},
		{"cut", "CUT", "", 2},
		{"reset", "RESET", "", 2},
		{"slow", "SLOW", "", 2},
		{"none", "NONE", "", 2},
		{"two", "", "the response has 2 choices, want 1", 4},
		{"error inside", "ERROR INSIDE", "", 2},
		{"parts", "a b", "", 1},
		{"null", "", "", 1},
		{"number", "", `neither a text nor a list of parts: "3"`, 4},
		{"refusal", "I cannot see people", "refuses to answer: I cannot see people", 1},
		{"filter", "", "refuses to answer: the endpoint's content filter", 1},
		{"filtered", "", "refuses to answer: the prompt was filtered", 1},
		{"bad", "", "status 400: the image of (the key) is too large", 1},
		{"huge", "", "more than 4194304 bytes", 1},
	} {
		e := serve(t, misbehave)
		e.Retries, e.Timeout, e.Key = 3, 700*time.Millisecond, "sk-secret"
		replies, err := each(t, e, []evalsuite.Query{{ID: "1", Prompt: c.prompt}})
		if err != nil {
			t.Errorf("%s: %v", c.prompt, err)
			continue
		}
		r := replies[0]
		if r.Text != c.text || r.Attempts != c.attempts || c.fault == "" && r.Err != nil || c.fault != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), c.fault)) {
			t.Errorf("%s: got %+v, want %+v", c.prompt, r, c)
		}
		if refused := strings.Contains(c.fault, "refuses"); errors.Is(r.Err, evalsuite.ErrRefused) != refused {
			t.Errorf("%s: refused %v, want %v", c.prompt, !refused, refused)
		}
	}
}

func TestEndpoint_TimesOut(t *testing.T) {
	e := serve(t, func(_ http.ResponseWriter, r *http.Request, _ *chat, _ int) { <-r.Context().Done() })
	e.Timeout, e.Retries = 50*time.Millisecond, 1
	replies, err := each(t, e, []evalsuite.Query{{Prompt: "a"}})
	if err != nil || !errors.Is(replies[0].Err, evalsuite.ErrTimeout) || replies[0].Attempts != 2 {
		t.Errorf("got %+v, %v", replies, err)
	}
}

// TestEndpoint_WaitsAsLongAsAsked has a server that asks to wait, too long in the end.
func TestEndpoint_WaitsAsLongAsAsked(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ *http.Request, c *chat, attempt int) {
		switch {
		case c.prompt() == "long":
			w.Header().Set("Retry-After", "100000")
		case attempt == 1:
			w.Header().Set("Retry-After", "2")
		case attempt == 2:
			w.Header().Set("Retry-After-Ms", "2500")
		case attempt == 3:
			w.Header().Set("Retry-After", time.Now().Add(5*time.Second).UTC().Format(http.TimeFormat))
		case attempt == 4: // which does not ask
		default:
			completed(w, "yes", "stop")
			return
		}
		w.WriteHeader(http.StatusTooManyRequests)
	})
	var waited []time.Duration
	e.Concurrency = 1
	e.Wait = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
	replies, err := each(t, e, []evalsuite.Query{{Prompt: "a"}, {Prompt: "long"}})
	if err != nil || replies[0].Text != "yes" || replies[0].Attempts != 5 {
		t.Fatalf("got %+v, %v", replies, err)
	}
	near := func(d time.Duration, from, to time.Duration) bool { return d > from && d <= to }
	if len(waited) < 4 || !near(waited[0], time.Second, 2*time.Second) || !near(waited[1], 2*time.Second, 2500*time.Millisecond) || !near(waited[2], 3*time.Second, 5*time.Second) {
		t.Errorf("waited %v", waited)
	}
	if r := replies[1]; r.Err == nil || !strings.Contains(r.Err.Error(), "asks to wait 24h0m0s, longer than 10m") {
		t.Errorf("a wait that is too long: %+v", r)
	}
}

func TestEndpoint_EndsWithWhatNoQueryCanPass(t *testing.T) {
	for status, want := range map[int]string{401: "status 401: wrong key (the key)", 403: "status 403", 404: "status 404"} {
		var asked atomic.Int32
		e := serve(t, func(w http.ResponseWriter, _ *http.Request, _ *chat, _ int) {
			asked.Add(1)
			w.WriteHeader(status)
			io.WriteString(w, `{"error": {"message": "wrong key sk-secret"}}`)
		})
		e.Key, e.Concurrency = "sk-secret", 2
		err := e.PredictEach(t.Context(), slices.Values(queriesOf(strings.Split(strings.Repeat("a ", 50), " ")...)), func(int, evalsuite.Reply) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sk-secret") || asked.Load() > 4 {
			t.Errorf("status %d: asked %d times, error %v", status, asked.Load(), err)
		}
	}
}

func TestEndpoint_FollowsRedirectsOnItsHostOnly(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") }))
	defer other.Close()
	var target string
	code := http.StatusTemporaryRedirect
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			if r.Method != http.MethodPost || r.Header.Get("Authorization") == "" {
				t.Errorf("%s with the key %q", r.Method, r.Header.Get("Authorization"))
			}
			completed(w, "yes", "stop")
			return
		}
		http.Redirect(w, r, target, code)
	}))
	defer server.Close()
	e := &predictors.Endpoint{URL: server.URL + "/v1", Model: "m", Key: "k"}
	target = "/here"
	if replies, err := each(t, e, []evalsuite.Query{{Prompt: "a"}}); err != nil || replies[0].Text != "yes" {
		t.Errorf("on the host: %+v, %v", replies, err)
	}
	code = http.StatusFound
	if err := ask(t, e); err == nil || !strings.Contains(err.Error(), "redirects that drops the request") {
		t.Errorf("with status 302: %v", err)
	}
	code, target = http.StatusTemporaryRedirect, other.URL+"/v1/chat/completions"
	if err := ask(t, e); err == nil || !strings.Contains(err.Error(), "redirects to another host, "+other.URL) {
		t.Errorf("to another host: %v", err)
	}
}

// ask asks one query and returns the error of the call.
func ask(t *testing.T, e *predictors.Endpoint) error {
	t.Helper()
	return e.PredictEach(t.Context(), slices.Values(queriesOf("a")), func(int, evalsuite.Reply) error { return nil })
}

// TestEndpoint_AnswersAThousandAtOnce has a server that answers when all requests are there.
func TestEndpoint_AnswersAThousandAtOnce(t *testing.T) {
	const all = 1000
	var here atomic.Int32
	full := make(chan struct{})
	e := serve(t, func(w http.ResponseWriter, _ *http.Request, c *chat, attempt int) {
		if here.Add(1) == all {
			close(full)
		}
		<-full
		if attempt == 1 && strings.HasSuffix(c.prompt(), "7") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		completed(w, strings.ToUpper(c.prompt()), "stop")
	})
	e.Concurrency, e.Timeout = all, time.Minute
	var prompts []string
	for i := range all {
		prompts = append(prompts, fmt.Sprint("q", i))
	}
	answers, err := e.Predict(t.Context(), queriesOf(prompts...), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, answer := range answers {
		if answer != fmt.Sprint("Q", i) {
			t.Fatalf("answer %d is %q", i, answer)
		}
	}
}

func TestEndpoint_StopsWithTheContextAndTheReceiver(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, r *http.Request, c *chat, _ int) {
		if c.prompt() == "hang" {
			<-r.Context().Done()
			return
		}
		completed(w, "yes", "stop")
	})
	e.Timeout, e.Concurrency = time.Minute, 3
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := e.Predict(ctx, queriesOf("hang", "a", "hang", "b"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the context: %v", err)
	}
	full := errors.New("the disk is full")
	if err := e.PredictEach(t.Context(), slices.Values(queriesOf("a", "hang", "hang")), func(int, evalsuite.Reply) error { return full }); !errors.Is(err, full) {
		t.Errorf("the receiver: %v", err)
	}
}

func TestEndpointCheck(t *testing.T) {
	for _, c := range []struct {
		e    predictors.Endpoint
		want string
	}{
		{predictors.Endpoint{URL: "host/v1", Model: "m"}, "host/v1 is not the address of an endpoint"},
		{predictors.Endpoint{URL: "https://u:secret@host/v1", Model: "m"}, "has a password in it"},
		{predictors.Endpoint{URL: "https://host/v1"}, "model is missing"},
		{predictors.Endpoint{URL: "https://host/v1", Model: "m", Key: "secret\n"}, "the key has white space"},
		{predictors.Endpoint{URL: "https://host:secret/v1", Model: "m"}, "the address of the endpoint"},
	} {
		if err := c.e.Check(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret\n") {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	e := predictors.Endpoint{URL: "https://host/v1/?key=hidden", Model: "m", Key: "hidden", Extra: map[string]any{"top_k": 1}}
	id, err := e.Identity()
	if err != nil || strings.Contains(fmt.Sprint(id), "hidden") || id["url"] != "https://host/v1/chat/completions?key=..." || id["extra"] != `{"top_k":1}` {
		t.Errorf("the identity is %v, %v", id, err)
	}
	for address, clear := range map[string]bool{"http://host/v1": true, "https://host/v1": false, "http://localhost:1/v1": false, "http://127.0.0.1/v1": false, "http://[::1]:8/v1": false, "http://10.0.0.1/v1": true} {
		if e := (&predictors.Endpoint{URL: address}); e.Clear() != clear {
			t.Errorf("%s: clear %v, want %v", address, !clear, clear)
		}
	}
}
