package evalsuite

import (
	"context"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// answers scores the answers to the split's questions.
func (r *evaluation) answers(ctx context.Context) error {
	a, err := r.answersTo(ctx, VQATask, "answers")
	if err != nil {
		return err
	}
	return a.scoreVQA(r.result, r.EvaluateOptions)
}

// answersTo has the model answer what a task asks. Prediction files are named after file.
func (r *evaluation) answersTo(ctx context.Context, task, file string) (a answerSets, err error) {
	requests, left, err := r.split.requests(ctx, r.task(task, r.Texts), r.Languages)
	if err != nil {
		return a, err
	}
	r.result.leaveOut(left, r.Warn)
	r.warn(task, requests)
	a.asked = itemsOf(requests)
	predict := func(by string, w variant, blind bool) ([]Item, error) {
		done, err := r.predict(ctx, file, by, w, blind, requests)
		if err != nil {
			return nil, err
		}
		if w == trained && !blind {
			r.countFailed(task, done)
		}
		answered := slices.Clone(a.asked)
		for i := range answered {
			answered[i].Prediction, answered[i].Error = done.predictions[i].Prediction, done.predictions[i].Error
		}
		return answered, nil
	}
	if a.model, err = predict("model", trained, false); err != nil {
		return a, err
	}
	if r.Untrained {
		if a.untrained, err = predict("untrained", untrained, false); err != nil {
			return a, err
		}
	}
	if r.Blind {
		a.grey, err = predict("blind", trained, true)
	}
	return a, err
}

// answerSets are answers to the same questions.
type answerSets struct {
	metrics []Metric
	asked   []Item // the questions, not answered
	model   []Item
	// untrained and grey are the answers of the model before training, and of the trained model
	// given a grey image. Either may be nil.
	untrained, grey []Item
}

// scoreVQA scores answers to questions by the rule of VQA and the metrics of the options.
func (a *answerSets) scoreVQA(into *Evaluation, o EvaluateOptions) error {
	a.metrics = append([]Metric{vqaMetric}, metricsOf(o.Metrics, VQATask)...)
	into.Answers = a.model
	first, err := a.score(into, o)
	if err != nil {
		return err
	}
	first.model.keep()
	first.blind.keep()
	into.Blind = first.blind.items
	return nil
}

// score scores the answers by every metric: over all, by kind and by language. The blind baseline
// of a metric is the better of the grey image and the best constant answers. It returns the scores
// by the first metric.
func (a *answerSets) score(into *Evaluation, o EvaluateOptions) (first scoredAnswers, err error) {
	var constant []Item
	if o.Blind {
		constant = slices.Clone(a.asked)
		AnswerWithConstant(constant)
	}
	for n, m := range a.metrics {
		s := scoredAnswers{metric: m, bootstrap: o.Bootstrap}
		for _, set := range []struct {
			items []Item
			to    *answerValues
		}{{a.model, &s.model}, {a.untrained, &s.untrained}, {a.grey, &s.blind}} {
			if *set.to, err = m.answerValues(set.items); err != nil {
				return first, err
			}
		}
		if s.blind.items != nil {
			into.BlindBy[m.Name] = byGrey
		}
		if constant != nil {
			best, err := m.answerValues(constant)
			if err != nil {
				return first, err
			}
			if s.blind.items == nil || m.better(mean(best.values), mean(s.blind.values)) {
				s.blind, into.BlindBy[m.Name] = best, byConstant
			}
		}
		s.model.keepAs(m.Name)
		if n == 0 {
			first = s
		}
		s.write(into)
	}
	return first, nil
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
