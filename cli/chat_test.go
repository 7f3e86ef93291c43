package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// chatServer starts an endpoint of chat completions, as a model that says yes, and returns its
// address. Some prompts make it fail. It wants the key sk-test.
func chatServer(t *testing.T) string {
	var busy atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			AnswerWith string `json:"answer_with"` // no member of the interface, but of --predictor-extra
			MaxTokens  *int   `json:"max_tokens"`
			Messages   []struct {
				Content []struct{ Type, Text string }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || len(request.Messages) != 1 {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		parts := request.Messages[0].Content
		prompt := parts[len(parts)-1].Text
		switch {
		case r.Header.Get("Authorization") != "Bearer sk-test":
			http.Error(w, `{"error": {"message": "the key `+r.Header.Get("Authorization")+` is wrong"}}`, http.StatusUnauthorized)
			return
		case strings.Contains(prompt, "busy") && busy.Add(1)%2 == 1: // the first time that it is asked
			w.Header().Set("Retry-After", "0")
			http.Error(w, `{"error": {"message": "too many requests"}}`, http.StatusTooManyRequests)
			return
		case strings.Contains(prompt, "slow"):
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
			return
		case strings.Contains(prompt, "broken"):
			http.Error(w, `{"error": {"message": "the image is too large"}}`, http.StatusBadRequest)
			return
		}
		message := map[string]any{"content": "Yes"}
		if request.AnswerWith != "" && request.MaxTokens == nil {
			message["content"] = request.AnswerWith
		}
		if strings.Contains(prompt, "refuse") {
			message = map[string]any{"content": nil, "refusal": "I cannot"}
		}
		json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{"message": message, "finish_reason": "stop"}},
			"usage":   map[string]any{"prompt_tokens": 100, "completion_tokens": 10},
		})
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}
