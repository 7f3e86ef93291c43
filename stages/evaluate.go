package stages

import (
	"context"
	"fmt"
	"time"
)

// Evaluating says when and how a [Training] is evaluated.
type Evaluating struct {
	// Every is the number of steps between evaluations. The last step is followed by one too.
	Every int
	// Score evaluates the weights as they are. It must not change them.
	Score func(context.Context) (map[string]Score, error)
	// Split, Samples and Set are those of an [Evaluation].
	Split   string
	Samples int
	Set     string
	// Best, if not empty, is the score whose best weights are kept.
	Best string
	// Patience ends the run after this many evaluations in a row without a better score. Default:
	// 0, never.
	Patience int
	// Evaluated, if not nil, is called after each evaluation.
	Evaluated func(Evaluated)
}

// due reports whether to evaluate before the next step. A resumed run does not repeat an evaluation
// that was recorded before the interruption.
func (r *run) due() bool {
	e := r.Evaluating
	if e == nil || r.done == 0 || r.done%e.Every != 0 && r.done != r.Steps {
		return false
	}
	n := len(r.evaluations)
	return n == 0 || r.evaluations[n-1].Step != r.done
}

// evaluate evaluates the weights, keeps them if they are the best, and records the scores.
func (r *run) evaluate(ctx context.Context) error {
	e := r.Evaluating
	scores, err := e.Score(ctx)
	if err != nil {
		return fmt.Errorf("evaluating after step %d: %w", r.done, err)
	}
	found := Evaluated{
		Step: r.done, Time: time.Now().UTC(),
		Evaluation: Evaluation{Split: e.Split, Samples: e.Samples, Set: e.Set, Scores: scores},
	}
	if kept, err := r.keepIfBest(found); err != nil {
		return err
	} else if kept {
		found.Best = e.Best
	}
	if err := r.metrics.addEvaluated(found); err != nil {
		return err
	}
	r.evaluations = append(r.evaluations, found)
	r.lastStep = time.Now() // so that the next step does not count as slow
	if e.Evaluated != nil {
		e.Evaluated(found)
	}
	return nil
}
