package evalsuite

import (
	"context"
	"fmt"
	"slices"

	"github.com/pali3/pali3/mixture"
)

// PredictionCount compares a file of predictions with the captions and questions of a dataset.
type PredictionCount struct {
	Asked int `json:"asked"`
	Lines int `json:"lines"`
	// Missing ids were asked but not predicted; they count as wrong. Unknown ids were predicted but
	// not asked. Of Doubles, ids that occur more than once, the first prediction counts. Failed ids
	// have an error instead of a prediction. Unread lines are not predictions.
	Missing Tally `json:"missing"`
	Unknown Tally `json:"unknown"`
	Doubles Tally `json:"doubles"`
	Failed  Tally `json:"failed"`
	Unread  Tally `json:"unread"`
}

// Tally is a count of things and the names of the first few.
type Tally struct {
	Count int      `json:"count"`
	Names []string `json:"names,omitempty"`
}

func (n *Tally) add(name string) {
	if n.Count++; len(n.Names) < fewKeys {
		n.Names = append(n.Names, name)
	}
}

// ScorePredictions scores a file of predictions, of any model, on a split of a dataset. The file
// has JSON lines with "id" and "prediction"; the id of a caption is KEY/LANGUAGE, that of an answer
// is the question's. By default it scores the tasks for which the file has an id. It needs no
// model, so it uses only these options: Split, Tasks, Metrics, Rows, Languages, Texts, Samples,
// Blind, Bootstrap, METEOR and Warn.
func ScorePredictions(ctx context.Context, d mixture.Data, path string, o EvaluateOptions) (*Evaluation, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	s, err := readSplit(ctx, d, o.Split, o.Rows, o.Samples, o.Bootstrap.Seed)
	if err != nil {
		return nil, err
	}
	f := &scoredFile{count: PredictionCount{}, predictions: map[string]*Prediction{}, asked: map[string]bool{}}
	if err := f.read(path); err != nil {
		return nil, err
	}
	e := newEvaluation(path, s)
	e.leaveOut(s.without, o.Warn)
	e.Predictions = &f.count
	if err := f.score(ctx, e, s, o); err != nil {
		return nil, err
	}
	e.describe(o.Metrics)
	f.unknown()
	for _, line := range f.count.sentences() {
		o.Warn(path + ": " + line)
	}
	return e, nil
}

// scoredFile is a file of predictions that is being scored.
type scoredFile struct {
	count       PredictionCount
	predictions map[string]*Prediction // by id
	ids         []string               // in order
	asked       map[string]bool
}

func (f *scoredFile) read(path string) error {
	err := eachPrediction(path, func(line int, p *Prediction, err error) error {
		f.count.Lines++
		switch {
		case err != nil:
			f.count.Unread.add(fmt.Sprintf("line %d: %v", line, err))
		case p.ID == "":
			f.count.Unread.add(fmt.Sprintf("line %d: no \"id\"", line))
		case f.predictions[p.ID] != nil:
			f.count.Doubles.add(p.ID)
		default:
			f.predictions[p.ID] = p
			f.ids = append(f.ids, p.ID)
		}
		return nil
	})
	if err == nil && len(f.predictions) == 0 {
		err = fmt.Errorf("%s holds no prediction; each line must be an object with \"id\" and \"prediction\"%s", path, first(f.count.Unread.Names))
	}
	return err
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; " + names[0]
}

// score scores the tasks that the file has predictions for.
func (f *scoredFile) score(ctx context.Context, e *Evaluation, s *split, o EvaluateOptions) error {
	for _, task := range o.Tasks {
		if task != CaptionTask && task != VQATask && task != OCRTask {
			return fmt.Errorf("predictions can be scored for the tasks caption, vqa and ocr, not %s", task)
		}
	}
	scored := false
	var example string
	for _, task := range []string{CaptionTask, VQATask, OCRTask} {
		if len(o.Tasks) > 0 && !slices.Contains(o.Tasks, task) || task == OCRTask && len(o.Tasks) == 0 { // whose ids are those of captions
			continue
		}
		t := mixture.Task{Kind: task, Name: task, Texts: o.Texts}
		requests, left, err := s.requests(ctx, t, o.Languages)
		if err != nil {
			return err
		}
		if len(requests) == 0 {
			continue
		}
		example = requests[0].ID
		if len(o.Tasks) == 0 && !f.has(requests) {
			continue
		}
		scored = true
		e.leaveOut(left, o.Warn)
		items := f.take(requests)
		if err := scoreItems(ctx, e, s, t, items, o); err != nil {
			return err
		}
	}
	switch {
	case scored:
		return nil
	case example == "":
		return fmt.Errorf("split %s of %s has neither captions nor questions with answers", s.name, s.data.Dir())
	}
	return fmt.Errorf("%s has no prediction for split %s of %s: the first id in the file is %q, an id in the split is %q (captions: KEY/LANGUAGE; answers: the id of the question)",
		e.Model, s.name, s.data.Dir(), f.ids[0], example)
}

func (f *scoredFile) has(requests []request) bool {
	for i := range requests {
		if f.predictions[requests[i].ID] != nil {
			return true
		}
	}
	return false
}

// take returns the items of requests with the file's predictions.
func (f *scoredFile) take(requests []request) []Item {
	items := itemsOf(requests)
	for i := range items {
		f.count.Asked++
		f.asked[items[i].ID] = true
		p := f.predictions[items[i].ID]
		switch {
		case p == nil:
			f.count.Missing.add(items[i].ID)
			items[i].Error = "no prediction"
			continue
		case p.Error != "":
			f.count.Failed.add(items[i].ID)
		}
		items[i].Prediction, items[i].Error = p.Prediction, p.Error
	}
	return items
}

// unknown counts the ids that were not asked for.
func (f *scoredFile) unknown() {
	for _, id := range f.ids {
		if !f.asked[id] {
			f.count.Unknown.add(id)
		}
	}
}

// scoreItems scores captions or answers, beside the best constant ones, or texts in images.
func scoreItems(ctx context.Context, e *Evaluation, s *split, t mixture.Task, items []Item, o EvaluateOptions) error {
	if t.Kind == OCRTask {
		e.scoreReadings(items, nil, nil, o.Bootstrap)
		return nil
	}
	if t.Kind == VQATask {
		a := answerSets{asked: items, model: items}
		return a.scoreVQA(e, o)
	}
	scorer, err := newCaptionScorer(items, metricsOf(o.Metrics, CaptionTask), o.meteor())
	if err != nil {
		return err
	}
	captions := make([]string, len(items))
	for i := range items {
		captions[i] = items[i].Prediction
	}
	values, err := scorer.score(ctx, captions, nil)
	if err != nil {
		return err
	}
	e.Captions = values.fill(items, captions, nil)
	c := &captionSets{scorer: scorer, model: values, blind: map[string]*captionValues{}}
	if o.Blind {
		if err := c.addConstant(ctx, e, s, t); err != nil {
			return err
		}
	}
	c.write(e, o.Bootstrap)
	return nil
}

// sentences describes what does not match.
func (c *PredictionCount) sentences() (lines []string) {
	for _, of := range []struct {
		n    Tally
		what string
	}{
		{c.Missing, fmt.Sprintf("of %d have no prediction and count as wrong", c.Asked)},
		{c.Failed, fmt.Sprintf("of %d have an error instead of a prediction and count as wrong", c.Asked)},
		{c.Unknown, "predictions have an id that is not in the split"},
		{c.Doubles, "predictions repeat an id; the first one counts"},
		{c.Unread, "lines are not predictions"},
	} {
		if of.n.Count > 0 {
			lines = append(lines, fmt.Sprintf("%d %s, for example %s", of.n.Count, of.what, few(of.n.Names, fewKeys)))
		}
	}
	return lines
}
