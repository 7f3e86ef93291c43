package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Evaluating says when and by what a [Training] is evaluated.
type Evaluating struct {
	// Every is the number of steps between evaluations; the last step is followed by one, too.
	Every int
	// Score evaluates the weights as they are. It must not change them.
	Score func(context.Context) (map[string]Score, error)
	// Split, Samples and Set are those of an [Evaluation].
	Split   string
	Samples int
	Set     string
	// Best, if not empty, is the score whose best weights are kept.
	Best string
	// Patience ends the run after this many evaluations without a better score; 0 never.
	Patience int
	// Evaluated, if not nil, is told of each evaluation.
	Evaluated func(Evaluated)
}

// due says whether the weights are to be evaluated before the next step. Whoever was evaluated
// before an interruption is not evaluated twice.
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
	if r.isBest(found) {
		if err := r.keepBest(); err != nil {
			return fmt.Errorf("keeping the weights of step %d: %w", r.done, err)
		}
		found.Best = e.Best
	}
	if err := r.metrics.addEvaluated(found); err != nil {
		return err
	}
	r.evaluations = append(r.evaluations, found)
	r.last = time.Now() // the next step does not count as slow
	if e.Evaluated != nil {
		e.Evaluated(found)
	}
	return nil
}

// best returns the best evaluation until a step: the last that was better than those before.
// Evaluations on other samples, and those whose weights were not kept, do not count.
func (r *run) best(until int) *Evaluated {
	e := r.Evaluating
	if e == nil || e.Best == "" {
		return nil
	}
	for i := len(r.evaluations) - 1; i >= 0; i-- {
		if found := &r.evaluations[i]; found.Step <= until && found.Best == e.Best && found.Set == e.Set {
			return found
		}
	}
	return nil
}

// isBest says whether the score of an evaluation is better than those before.
func (r *run) isBest(e Evaluated) bool {
	if r.Evaluating.Best == "" {
		return false
	}
	score, ok := e.Scores[r.Evaluating.Best]
	before := r.best(r.done)
	if !ok || before == nil {
		return ok
	}
	if lowerIsBetter(r.Evaluating.Best) {
		return score.Value < before.Scores[r.Evaluating.Best].Value
	}
	return score.Value > before.Scores[r.Evaluating.Best].Value
}

// outOfPatience says whether too many evaluations came after the best.
func (r *run) outOfPatience() bool {
	best := r.best(r.done)
	if best == nil || r.Evaluating.Patience == 0 {
		return false
	}
	after := 0
	for _, e := range r.evaluations {
		if e.Step > best.Step && e.Set == best.Set {
			after++
		}
	}
	return after >= r.Evaluating.Patience
}

// keepBest keeps the weights of this step. Those of earlier steps stay until a checkpoint of a
// later step makes sure that no run returns to them.
func (r *run) keepBest() error {
	return r.Weights.Save(r.Folder.bestWeights(r.done), map[string]string{"step": fmt.Sprint(r.done)})
}

// dropWorse removes kept weights that no checkpoint of the folder leads back to.
func (r *run) dropWorse() error {
	checkpoints, err := r.Folder.checkpointSteps()
	if err != nil || len(checkpoints) == 0 {
		return err
	}
	best := r.best(checkpoints[len(checkpoints)-1])
	if best == nil {
		return nil
	}
	return r.Folder.removeBest(func(step int) bool { return step < best.Step })
}

// openBest forgets kept weights of steps to come, and marks of weights that are gone.
func (r *run) openBest() error {
	if err := r.Folder.removeBest(func(step int) bool { return step > r.done }); err != nil {
		return err
	}
	for i := range r.evaluations {
		e := &r.evaluations[i]
		if _, err := os.Stat(r.Folder.bestWeights(e.Step)); errors.Is(err, os.ErrNotExist) {
			e.Best = ""
		}
	}
	return nil
}
