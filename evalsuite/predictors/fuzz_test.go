package predictors

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseReply reads lines of a command: each is a reply with an id, or an error.
func FuzzParseReply(f *testing.F) {
	for _, line := range []string{
		`{"id":"1","answer":"a cat"}`, `{"id":17,"answer":"x","score":-1e400}`, `{"id":null}`, `{"id":{},"answer":[]}`, `[]`, ``, `{"id":"1","refusal":true}`,
		`{"id":"1","error":{"a":1},"usage":{"prompt_tokens":-5}}`, "{\"id\":\"\xff\",\"answer\":\"\xff\"}", `{"id":"1","answer":"a","answer":3}`, `{"id":1e999}`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := parseReply(outputLine{text: []byte(line)})
		if err == nil && r.Err == nil && !utf8.ValidString(r.Text) {
			t.Errorf("the answer %q is no text", r.Text)
		}
		if r.Usage.Prompt < 0 || r.Usage.Completion < 0 {
			t.Errorf("a negative count of tokens: %+v", r.Usage)
		}
	})
}

// FuzzReadResponse reads responses of a server: each has an answer or an error.
func FuzzReadResponse(f *testing.F) {
	for _, body := range []string{
		`{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`,
		`{"choices":[{"message":{"content":[{"type":"text","text":"a"}]}}]}`, `{"choices":[{}]}`, `{"choices":null}`, `{"error":{"message":"m","code":"content_filter"}}`,
		`{"error":{"error":{"error":1}}}`, `null`, `[]`, ``, `<html>`, `{"detail":[{"msg":"x"}]}`,
	} {
		f.Add(200, body, "3")
		f.Add(429, body, "Wed, 21 Oct 2065 07:28:00 GMT")
		f.Add(400, body, "-1e999")
	}
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		one := readResponse(&http.Response{StatusCode: status, Header: http.Header{"Retry-After": {after}}}, []byte(body))
		if status != 200 && one.reply.Err == nil {
			t.Errorf("status %d is an answer: %+v", status, one)
		}
		if one.wait < 0 {
			t.Errorf("waits %v", one.wait)
		}
		if one.reply.Err != nil && len(one.reply.Err.Error()) > 5000 {
			t.Errorf("an error of %d bytes", len(one.reply.Err.Error()))
		}
	})
}

// FuzzSplitWords splits command lines, and finds in them no other characters than they have.
func FuzzSplitWords(f *testing.F) {
	for _, line := range []string{"python my.py", `a "b c" 'd'`, `"`, `\`, `a\ b`, "\xff '"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitWords(line)
		if err != nil && words != nil {
			t.Error("words and an error")
		}
		for _, word := range words {
			for _, c := range word {
				if c != utf8.RuneError && !strings.ContainsRune(line, c) {
					t.Errorf("%q has %q, which %q has not", words, c, line)
				}
			}
		}
	})
}
