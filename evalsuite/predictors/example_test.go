package predictors_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/predictors"
	"github.com/pali3/pali3/shards"
)

// The program sed answers each question with the question.
func ExampleCommand() {
	model, err := predictors.ParseCommand(`sed -u s/prompt/answer/`)
	if err != nil {
		log.Fatal(err)
	}
	answers, err := model.Predict(context.Background(), []evalsuite.Query{
		{ID: "1", Prompt: "Is it a cat?"},
		{ID: "2", Prompt: "Is it a dog?"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answers[0])
	fmt.Println(answers[1])
	// Output:
	// Is it a cat?
	// Is it a dog?
}

// An endpoint on this machine, as vLLM or llama.cpp start one.
func ExampleEndpoint() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"choices":[{"message":{"content":"a cat"},"finish_reason":"stop"}],"usage":{"prompt_tokens":270,"completion_tokens":3}}`)
	}))
	defer server.Close()
	model := &predictors.Endpoint{URL: server.URL + "/v1", Model: "small"}
	queries := []evalsuite.Query{{ID: "1", Prompt: "What is it?", Images: []shards.Image{{Bytes: []byte("..."), Format: "jpeg"}}}}
	err := model.PredictEach(context.Background(), slices.Values(queries), func(n int, r evalsuite.Reply) error {
		if r.Err != nil { // of this query alone
			fmt.Println(queries[n].ID, "failed:", r.Err)
			return nil
		}
		fmt.Println(queries[n].ID, r.Text, r.Usage.Prompt, "tokens in")
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: 1 a cat 270 tokens in
}
