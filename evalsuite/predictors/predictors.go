// Package predictors answers queries with models outside of this process.
//
// A [Command] starts a program, in any language, that reads requests as JSON lines and writes its
// answers as JSON lines. An [Endpoint] is a server that speaks OpenAI's chat completions. Both are
// [evalsuite.EachPredictor] values, so [evalsuite.RunBenchmark] keeps each of their answers as soon
// as it comes.
//
// What goes wrong with one query is in its reply: an error, a refusal, a timeout. It never becomes
// an answer. An error of the whole call says that the predictor cannot continue.
package predictors

import (
	"context"
	"fmt"
	"slices"

	"github.com/pali3/pali3/evalsuite"
)

// predict collects the answers of a predictor, in the order of the queries. The first failure is an
// error.
func predict(ctx context.Context, p evalsuite.EachPredictor, queries []evalsuite.Query, progress func(done, total int)) ([]string, error) {
	answers := make([]string, len(queries))
	done := 0
	err := p.PredictEach(ctx, slices.Values(queries), func(n int, r evalsuite.Reply) error {
		if r.Err != nil {
			return fmt.Errorf("query %d %s: %w", n, queries[n].ID, r.Err)
		}
		answers[n] = r.Text
		if done++; progress != nil {
			progress(done, len(queries))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// shorten returns at most n bytes of a text, for messages.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return text[:n] + "..."
}
