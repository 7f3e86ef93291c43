package evalsuite

import (
	"context"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
)

// task returns the task of the model that is scored, of any language. Texts, if there are any, are
// its kinds of text.
func (e *Evaluator) task(name string, texts []string) mixture.Task {
	task, _ := taskOf(e.trained, kindOf(name))
	if len(texts) > 0 {
		task.Texts = texts
	}
	if name == RetrievalTask { // its texts are asked for like captions
		task.Kind, task.Prompt = "caption", ""
	}
	return task
}

// captions scores what the model says of each image in each language that it has a caption in.
func (r *evaluation) captions(ctx context.Context) error {
	requests, left := r.split.requests(r.task(CaptionTask, r.Texts), r.Languages)
	r.found.tell(left, r.Warn)
	r.warn(CaptionTask, requests)
	items := saidOf(requests)
	scorer := newCaptionScorer(items)
	model, err := r.captionsOf(ctx, scorer, "model", trained, false, requests)
	if err != nil {
		return err
	}
	c := &captionScores{items: items, model: model.values, blind: map[string]captionValues{}}
	r.found.Captions = model.items
	if r.Untrained {
		heard, err := r.captionsOf(ctx, scorer, "untrained", untrained, false, requests)
		if err != nil {
			return err
		}
		c.untrained = &heard.values
	}
	if r.Blind {
		if err := r.blindCaptions(ctx, scorer, c, requests); err != nil {
			return err
		}
	}
	c.score(r.found, r.Bootstrap)
	return nil
}

// scoredCaptions are captions with their scores.
type scoredCaptions struct {
	values captionValues
	items  []Item
}

func (r *evaluation) captionsOf(ctx context.Context, scorer *captionScorer, file string, w who, blind bool, requests []request) (scoredCaptions, error) {
	heard, err := r.listen(ctx, "captions", file, w, blind, requests)
	if err != nil {
		return scoredCaptions{}, err
	}
	if w == trained && !blind {
		r.failed(CaptionTask, heard)
	}
	values, err := scorer.score(heard.texts())
	if err != nil {
		return scoredCaptions{}, err
	}
	items := values.put(scorer.items, heard.texts())
	for i := range items {
		items[i].Error = heard.predictions[i].Error
	}
	return scoredCaptions{values, items}, nil
}

// blindCaptions finds, by metric, the better of the captions of a grey image and the best constant
// caption.
func (r *evaluation) blindCaptions(ctx context.Context, scorer *captionScorer, c *captionScores, requests []request) error {
	grey, err := r.captionsOf(ctx, scorer, "blind", trained, true, requests)
	if err != nil {
		return err
	}
	r.found.BlindCaptions = grey.items
	for _, metric := range captionMetrics {
		c.blind[metric], r.found.BlindBy[metric] = grey.values, byGrey
	}
	if r.GreyOnly {
		return nil
	}
	return r.found.constantCaptions(ctx, r.split, r.task(CaptionTask, r.Texts), scorer, c, r.Bootstrap)
}

// Names of blind baselines.
const (
	byGrey     = "grey image"
	byConstant = "constant"
	byChance   = "chance"
)

var captionMetrics = []string{"caption_cider", "caption_exact", "caption_bleu4"}

// constantCaptions takes the best constant captions as the baseline of the metrics by which they
// are the better one.
func (e *Evaluation) constantCaptions(ctx context.Context, s *split, t mixture.Task, scorer *captionScorer, c *captionScores, b metrics.Bootstrap) error {
	source, err := constantSource(ctx, s, t)
	if err != nil {
		return err
	}
	answers := scorer.constants(source)
	for _, metric := range captionMetrics {
		values, err := scorer.score(answers[metric])
		if err != nil {
			return err
		}
		have, known := c.blind[metric]
		if known && values.value(scorer.items, metric) <= have.value(scorer.items, metric) {
			continue
		}
		c.blind[metric], e.BlindBy[metric] = values, byConstant
		if metric == "caption_cider" {
			e.BlindCaptions = values.put(scorer.items, answers[metric])
		}
	}
	return nil
}

// value is a metric's value without its interval.
func (v captionValues) value(items []Item, metric string) float64 {
	return v.byMetric(items, metrics.Bootstrap{Resamples: 1})[metric].Value
}

// captionScores are the values of who spoke.
type captionScores struct {
	items     []Item
	model     captionValues
	untrained *captionValues
	blind     map[string]captionValues // by metric
}

// score averages them, over all and by language.
func (c *captionScores) score(into *Evaluation, b metrics.Bootstrap) {
	all := make([]int, len(c.items))
	for i := range all {
		all[i] = i
	}
	for metric, scores := range c.of(all, b) {
		into.Scores[metric] = scores
	}
	groups := group(c.items, func(s *Item) string { return s.Language })
	for _, members := range groups {
		for metric, scores := range c.of(members, b) {
			slice(&into.ByLanguage, metric, c.items[members[0]].Language, scores)
		}
	}
}

// of averages a part of the captions.
func (c *captionScores) of(members []int, b metrics.Bootstrap) map[string]Scores {
	items := make([]Item, len(members))
	for j, i := range members {
		items[j] = c.items[i]
	}
	all := map[string]Scores{}
	for metric, score := range c.model.of(members).byMetric(items, b) {
		all[metric] = Scores{Model: score}
	}
	if c.untrained != nil {
		for metric, score := range c.untrained.of(members).byMetric(items, b) {
			s := all[metric]
			s.Untrained = &score
			all[metric] = s
		}
	}
	for metric, values := range c.blind {
		score := values.of(members).byMetric(items, b)[metric]
		s := all[metric]
		s.Blind = &score
		all[metric] = s
	}
	return all
}

// warn warns of a task and of languages that the run never saw.
func (r *evaluation) warn(task string, requests []request) {
	_, learnt := taskOf(r.trained, kindOf(task))
	var languages []string
	for i := range requests {
		if !contains(languages, requests[i].Language) {
			languages = append(languages, requests[i].Language)
		}
	}
	warnUntrained(r.trained, kindOf(task), learnt, languages, r.Warn)
}

func contains(list []string, value string) bool {
	for _, have := range list {
		if have == value {
			return true
		}
	}
	return false
}
