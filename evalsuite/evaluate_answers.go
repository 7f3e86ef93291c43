package evalsuite

import (
	"context"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// answers scores the answers to the split's questions.
func (r *evaluation) answers(ctx context.Context) error {
	requests, left := r.split.requests(r.task(VQATask, r.Texts), r.Languages)
	r.result.leaveOut(left, r.Warn)
	r.warn(VQATask, requests)
	items := itemsOf(requests)
	predict := func(file string, w variant, blind bool) ([]Item, error) {
		done, err := r.predict(ctx, "answers", file, w, blind, requests)
		if err != nil {
			return nil, err
		}
		if w == trained && !blind {
			r.countFailed(VQATask, done)
		}
		answered := slices.Clone(items)
		for i := range answered {
			answered[i].Prediction, answered[i].Error = done.predictions[i].Prediction, done.predictions[i].Error
		}
		return answered, nil
	}
	a := answerSets{asked: items}
	var err error
	if a.model, err = predict("model", trained, false); err != nil {
		return err
	}
	if r.Untrained {
		if a.untrained, err = predict("untrained", untrained, false); err != nil {
			return err
		}
	}
	if r.Blind {
		if a.grey, err = predict("blind", trained, true); err != nil {
			return err
		}
	}
	return a.score(r.result, r.EvaluateOptions)
}

// answerSets are answers to the same questions.
type answerSets struct {
	asked []Item // the questions, not answered
	model []Item
	// untrained and grey are the answers of the model before training, and of the trained model
	// given a grey image. Either may be nil.
	untrained, grey []Item
}

// score scores the answers by every metric of answers: over all, by kind and by language. The blind
// baseline of a metric is the better of the grey image and the best constant answers.
func (a *answerSets) score(into *Evaluation, o EvaluateOptions) error {
	var constant []Item
	if o.Blind {
		constant = slices.Clone(a.asked)
		AnswerWithConstant(constant)
	}
	into.Answers = a.model
	for _, m := range append([]Metric{vqaMetric}, metricsOf(o.Metrics, VQATask)...) {
		s := scoredAnswers{metric: m, bootstrap: o.Bootstrap}
		var err error
		for _, set := range []struct {
			items []Item
			to    *answerValues
		}{{a.model, &s.model}, {a.untrained, &s.untrained}, {a.grey, &s.blind}} {
			if *set.to, err = m.answerValues(set.items); err != nil {
				return err
			}
		}
		if s.blind.items != nil {
			into.BlindBy[m.Name] = byGrey
		}
		if constant != nil {
			best, err := m.answerValues(constant)
			if err != nil {
				return err
			}
			if s.blind.items == nil || m.better(mean(best.values), mean(s.blind.values)) {
				s.blind, into.BlindBy[m.Name] = best, byConstant
			}
		}
		s.model.keepAs(m.Name)
		if m.Name == vqaAccuracy {
			s.model.keep()
			s.blind.keep()
			into.Blind = s.blind.items
		}
		s.write(into)
	}
	return nil
}

// answerValues are answers with a metric's value of each.
type answerValues struct {
	items  []Item
	values []float64
}

// answerValues scores items; of nil it returns nothing.
func (m Metric) answerValues(items []Item) (v answerValues, err error) {
	if items == nil {
		return v, nil
	}
	v.items = items
	v.values, err = m.values(items)
	return v, err
}

// keepAs writes the values into the items, under the name of the metric.
func (v answerValues) keepAs(metric string) {
	for i := range v.items {
		if v.items[i].Values == nil {
			v.items[i].Values = map[string]float64{}
		}
		v.items[i].Values[metric] = v.values[i]
	}
}

// keep writes the values into the items.
func (v answerValues) keep() {
	for i := range v.items {
		v.items[i].Score = v.values[i]
	}
}

// scoredAnswers are all sets of answers, scored by one metric.
type scoredAnswers struct {
	metric                  Metric
	bootstrap               metrics.Bootstrap
	model, untrained, blind answerValues
}

// write averages the scores into an evaluation.
func (s *scoredAnswers) write(into *Evaluation) {
	into.Scores[s.metric.Name] = s.means(func(*Item) string { return "" })[""]
	for kind, scores := range s.means(func(item *Item) string { return item.Kind }) {
		addSlice(&into.ByKind, s.metric.Name, kind, scores)
	}
	for language, scores := range s.means(func(item *Item) string { return item.Language }) {
		addSlice(&into.ByLanguage, s.metric.Name, language, scores)
	}
}

// means averages each group of answers that share a property.
func (s *scoredAnswers) means(property func(*Item) string) map[string]Scores {
	all := map[string]Scores{}
	untrained, blind := s.untrained.means(property, s.bootstrap), s.blind.means(property, s.bootstrap)
	for name, score := range s.model.means(property, s.bootstrap) {
		scores := Scores{Model: score}
		if u, ok := untrained[name]; ok {
			scores.Untrained = &u
		}
		if b, ok := blind[name]; ok {
			scores.Blind = &b
		}
		all[name] = scores
	}
	return all
}

func (v answerValues) means(property func(*Item) string, b metrics.Bootstrap) map[string]metrics.Score {
	means := map[string]metrics.Score{}
	for _, members := range group(v.items, property) {
		var values []float64
		for _, i := range members {
			values = append(values, v.values[i])
		}
		means[property(&v.items[members[0]])] = b.Mean(values)
	}
	return means
}
