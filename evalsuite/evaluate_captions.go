package evalsuite

import (
	"context"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
)

// captions scores the model's caption of each image in each language that it has a caption in.
func (r *evaluation) captions(ctx context.Context) error {
	requests, left, err := r.split.requests(ctx, r.task(CaptionTask, r.Texts), r.Languages)
	if err != nil {
		return err
	}
	r.result.leaveOut(left, r.Warn)
	r.warn(CaptionTask, requests)
	items := itemsOf(requests)
	scorer, err := newCaptionScorer(items, metricsOf(r.Metrics, CaptionTask), r.meteor())
	if err != nil {
		return err
	}
	model, err := r.captionsOf(ctx, scorer, "model", trained, false, requests)
	if err != nil {
		return err
	}
	c := &captionSets{scorer: scorer, model: model.values, blind: map[string]*captionValues{}}
	r.result.Captions = model.items
	if r.Untrained {
		untrained, err := r.captionsOf(ctx, scorer, "untrained", untrained, false, requests)
		if err != nil {
			return err
		}
		c.untrained = &untrained.values
	}
	if r.Blind {
		if err := r.blindCaptions(ctx, c, requests); err != nil {
			return err
		}
	}
	c.write(r.result, r.Bootstrap)
	return nil
}

// scoredCaptions are captions with their scores.
type scoredCaptions struct {
	values captionValues
	items  []Item
}

// captionsOf lets one variant of the model write captions, and scores them.
func (r *evaluation) captionsOf(ctx context.Context, scorer *captionScorer, file string, w variant, blind bool, requests []request) (scoredCaptions, error) {
	done, err := r.predict(ctx, "captions", file, w, blind, requests)
	if err != nil {
		return scoredCaptions{}, err
	}
	if w == trained && !blind {
		r.countFailed(CaptionTask, done)
	}
	captions, failed := done.texts()
	values, err := scorer.score(ctx, captions, failed)
	return scoredCaptions{values, values.fill(scorer.items, captions, failed)}, err
}

// blindCaptions finds, by metric, the better of the captions of a grey image and the best constant
// caption.
func (r *evaluation) blindCaptions(ctx context.Context, c *captionSets, requests []request) error {
	grey, err := r.captionsOf(ctx, c.scorer, "blind", trained, true, requests)
	if err != nil {
		return err
	}
	r.result.BlindCaptions = grey.items
	for _, name := range c.scorer.names() {
		c.blind[name], r.result.BlindBy[name] = &grey.values, byGrey
	}
	if r.GreyOnly {
		return nil
	}
	return c.addConstant(ctx, r.result, r.split, r.task(CaptionTask, r.Texts))
}

// Blind baselines, as an evaluation names them.
const (
	byGrey     = "grey image"
	byConstant = "constant"
	byChance   = "chance"
)

// captionSets are the values of captions of the same items.
type captionSets struct {
	scorer    *captionScorer
	model     captionValues
	untrained *captionValues
	blind     map[string]*captionValues // the best blind baseline, by metric
}

// addConstant makes the best constant captions the baseline of those metrics by which they are
// better than the baseline so far. Exact match has constant captions of its own; the other metrics
// take those that are best by CIDEr.
func (c *captionSets) addConstant(ctx context.Context, into *Evaluation, s *split, t mixture.Task) error {
	source, err := constantSource(ctx, s, t)
	if err != nil {
		return err
	}
	byCIDEr, byExact := c.scorer.constants(source)
	noneFailed := make([]string, len(c.scorer.items))
	best, err := c.scorer.score(ctx, byCIDEr, noneFailed)
	if err != nil {
		return err
	}
	exact, err := c.scorer.score(ctx, byExact, noneFailed)
	if err != nil {
		return err
	}
	for _, name := range c.scorer.names() {
		values := &best
		if name == captionExact {
			values = &exact
		}
		have, known := c.blind[name]
		if known && !c.scorer.metric(name).better(values.value(c.scorer.items, name), have.value(c.scorer.items, name)) {
			continue
		}
		c.blind[name], into.BlindBy[name] = values, byConstant
		if name == captionCIDEr {
			into.BlindCaptions = values.fill(c.scorer.items, byCIDEr, noneFailed)
		}
	}
	return nil
}

// write averages the captions into an evaluation, over all and by language.
func (c *captionSets) write(into *Evaluation, b metrics.Bootstrap) {
	all := make([]int, len(c.scorer.items))
	for i := range all {
		all[i] = i
	}
	for name, scores := range c.scores(all, b) {
		into.Scores[name] = scores
	}
	for _, members := range group(c.scorer.items, languageOf) {
		for name, scores := range c.scores(members, b) {
			addSlice(&into.ByLanguage, name, c.scorer.items[members[0]].Language, scores)
		}
	}
}

// scores averages some of the captions.
func (c *captionSets) scores(members []int, b metrics.Bootstrap) map[string]Scores {
	items, names := pick(c.scorer.items, members), c.scorer.names()
	all := map[string]Scores{}
	for name, score := range c.model.of(members).byMetric(items, names, b) {
		all[name] = Scores{Model: score}
	}
	if c.untrained != nil {
		for name, score := range c.untrained.of(members).byMetric(items, names, b) {
			s := all[name]
			s.Untrained = &score
			all[name] = s
		}
	}
	for _, of := range c.blindNames() {
		for name, score := range c.blind[of[0]].of(members).byMetric(items, of, b) {
			if s := all[name]; slices.Contains(of, name) {
				s.Blind = &score
				all[name] = s
			}
		}
	}
	return all
}

// blindNames groups the metrics by their blind baseline.
func (c *captionSets) blindNames() (groups [][]string) {
	for _, name := range c.scorer.names() {
		values, ok := c.blind[name]
		if !ok {
			continue
		}
		at := slices.IndexFunc(groups, func(of []string) bool { return c.blind[of[0]] == values })
		if at < 0 {
			groups = append(groups, nil)
			at = len(groups) - 1
		}
		groups[at] = append(groups[at], name)
	}
	return groups
}

// task returns the task of the recipe that teaches what is scored, for any language. Texts replaces
// its kinds of text, unless it is empty.
func (e *Evaluator) task(name string, texts []string) mixture.Task {
	task, _ := taskOf(e.trained, kindOf(name))
	if len(texts) > 0 {
		task.Texts = texts
	}
	if name == RetrievalTask { // whose texts are selected like captions
		task.Kind, task.Prompt = "caption", ""
	}
	return task
}

// warn warns of a task, or of languages, that the run was not trained on.
func (r *evaluation) warn(task string, requests []request) {
	_, learnt := taskOf(r.trained, kindOf(task))
	var languages []string
	for i := range requests {
		if !slices.Contains(languages, requests[i].Language) {
			languages = append(languages, requests[i].Language)
		}
	}
	warnUntrained(r.trained, kindOf(task), learnt, languages, r.Warn)
}
