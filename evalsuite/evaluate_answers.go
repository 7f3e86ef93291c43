package evalsuite

import (
	"context"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// answers scores the answers to the split's questions.
func (r *evaluation) answers(ctx context.Context) error {
	requests, left := r.split.requests(r.task(VQATask, r.Texts), r.Languages)
	r.found.tell(left, r.Warn)
	r.warn(VQATask, requests)
	items := saidOf(requests)
	heard := func(file string, w who, blind bool) ([]Item, error) {
		h, err := r.listen(ctx, "answers", file, w, blind, requests)
		if err != nil {
			return nil, err
		}
		if w == trained && !blind {
			r.failed(VQATask, h)
		}
		answered := append([]Item(nil), items...)
		for i := range answered {
			answered[i].Prediction, answered[i].Error = h.predictions[i].Prediction, h.predictions[i].Error
		}
		return answered, nil
	}
	a := answerScores{}
	var err error
	if a.model, err = heard("model", trained, false); err != nil {
		return err
	}
	if r.Untrained {
		if a.untrained, err = heard("untrained", untrained, false); err != nil {
			return err
		}
	}
	if r.Blind {
		if a.blind, err = heard("blind", trained, true); err != nil {
			return err
		}
	}
	a.score(r.found, items, r.Blind, r.Bootstrap)
	return nil
}

// answerScores are the answers of who spoke.
type answerScores struct{ model, untrained, blind []Item }

// score averages them, over all, by kind and by language. With a blind baseline it is the better of
// the blind answers, if there are any, and the best constant answer to each kind of question.
func (a *answerScores) score(into *Evaluation, items []Item, blind bool, b metrics.Bootstrap) {
	const metric = "vqa_accuracy"
	all := Scores{Model: ScoreAnswers(a.model, b)}
	if a.untrained != nil {
		score := ScoreAnswers(a.untrained, b)
		all.Untrained = &score
	}
	if a.blind != nil {
		score := ScoreAnswers(a.blind, b)
		all.Blind, into.BlindBy[metric] = &score, byGrey
	}
	if blind {
		constant := append([]Item(nil), items...)
		Constant(constant)
		if best := ScoreAnswers(constant, b); all.Blind == nil || best.Value > all.Blind.Value {
			all.Blind, a.blind, into.BlindBy[metric] = &best, constant, byConstant
		}
	}
	into.Scores[metric], into.Answers, into.Blind = all, a.model, a.blind
	a.slices(&into.ByKind, metric, func(s *Item) string { return s.Kind }, b)
	a.slices(&into.ByLanguage, metric, func(s *Item) string { return s.Language }, b)
}

// slices averages the answers by a property.
func (a *answerScores) slices(into *map[string]map[string]Scores, metric string, property func(*Item) string, b metrics.Bootstrap) {
	untrained, blind := By(a.untrained, property, b), By(a.blind, property, b)
	for name, score := range By(a.model, property, b) {
		s := Scores{Model: score}
		if before, ok := untrained[name]; ok {
			s.Untrained = &before
		}
		if without, ok := blind[name]; ok {
			s.Blind = &without
		}
		slice(into, metric, name, s)
	}
}
