package evalsuite

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/shards"
)

// job lets a predictor answer requests, one batch at a time, and keeps the predictions in a file.
// An interrupted job resumes from that file.
type job struct {
	predictor func() (*TrainedPredictor, error) // called when it is first needed
	images    imageSource
	weights   func() (string, error) // names the weights in predictions; called if path is set
	method    decode.Method
	choices   []string                // the only answers; nil: any
	batch     int                     // requests answered together; 0: the predictor's own
	path      string                  // "" keeps the predictions in memory only
	exact     bool                    // a finished file must hold these predictions and no others
	onOther   func(path string) error // handles a finished file of other predictions; nil drops it
	progress  func(done, total int)   // may be nil
	warn      func(message string)    // may be nil
}

// jobResult holds the predictions of a job.
type jobResult struct {
	predictions []Prediction // one per request
	found       int          // how many of them the file held already
}

// texts returns the predicted texts, and why a request failed.
func (r *jobResult) texts() (texts, failed []string) {
	texts, failed = make([]string, len(r.predictions)), make([]string, len(r.predictions))
	for i := range r.predictions {
		texts[i], failed[i] = r.predictions[i].Prediction, r.predictions[i].Error
	}
	return texts, failed
}

// run returns the predictions for requests, in their order.
func (j *job) run(ctx context.Context, requests []request) (*jobResult, error) {
	result := &jobResult{}
	weights := ""
	if j.path != "" {
		var err error
		if weights, err = j.weights(); err != nil {
			return nil, err
		}
	}
	result.predictions = make([]Prediction, len(requests))
	for i := range requests {
		result.predictions[i] = j.blank(&requests[i], weights)
	}
	whole, err := j.readFinished(ctx, requests, result.predictions)
	if err != nil {
		return nil, err
	}
	if whole {
		result.found = len(requests)
		return result, nil
	}
	file, kept, err := beginPredictions(j.path)
	if err != nil {
		return nil, err
	}
	defer file.close()
	if result.found, err = j.predictRest(ctx, requests, result.predictions, file, kept); err != nil {
		return nil, err
	}
	return result, file.finish()
}

// blank returns the prediction for a request before it is answered.
func (j *job) blank(r *request, weights string) Prediction {
	return Prediction{
		ID: r.ID, Task: r.task, Language: r.Language, Prompt: r.Prompt, ImageSHA256: r.hashes,
		Weights: weights, Decoding: decodingName(j.method, j.choices),
	}
}

// readFinished fills in the predictions of a finished file. It returns false if there is no such
// file or it does not hold all of them.
func (j *job) readFinished(ctx context.Context, requests []request, predictions []Prediction) (bool, error) {
	byID, err := readFinished(j.path)
	if byID == nil && err == nil {
		return false, nil
	}
	whole := err == nil && (!j.exact || len(byID) == len(predictions))
	if whole {
		kept := make([]Prediction, len(predictions))
		for i := range predictions {
			p := byID[predictions[i].ID]
			if whole = p != nil; !whole {
				break
			}
			kept[i] = *p
		}
		if whole {
			n, err := j.takeSame(ctx, requests, predictions, kept)
			if err != nil {
				return false, err
			}
			if n == len(predictions) {
				return true, nil
			}
		}
	}
	if j.onOther != nil {
		return false, j.onOther(j.path)
	}
	return false, nil
}

// takeSame copies kept predictions into the wanted ones as long as they are for the same requests.
// It returns how many it copied.
func (j *job) takeSame(ctx context.Context, requests []request, wanted, kept []Prediction) (int, error) {
	const together = 256
	n := min(len(wanted), len(kept))
	for begin := 0; begin < n; begin += together {
		end := min(begin+together, n)
		hashes, err := j.hashes(ctx, requests[begin:end])
		if err != nil {
			return 0, err
		}
		for i := begin; i < end; i++ {
			w, k := wanted[i], kept[i]
			w.ImageSHA256 = hashes[i-begin]
			if !sameRequest(&w, &k) {
				return i, nil
			}
			wanted[i] = k
		}
	}
	return n, nil
}

func sameRequest(a, b *Prediction) bool {
	return a.ID == b.ID && a.Task == b.Task && a.Prompt == b.Prompt && a.Weights == b.Weights &&
		a.Decoding == b.Decoding && slices.Equal(a.ImageSHA256, b.ImageSHA256)
}

// hashes returns the hashes of the requests' images. It reads the images if the hashes are not
// known. An image that cannot be read has no hash.
func (j *job) hashes(ctx context.Context, requests []request) ([][]string, error) {
	all := make([][]string, len(requests))
	known := true
	for i := range requests {
		all[i] = requests[i].hashes
		known = known && all[i] != nil
	}
	if known {
		return all, nil
	}
	opened, err := j.images.open(ctx, requests)
	if err != nil {
		return nil, err
	}
	for i := range opened {
		all[i] = hashesOf(opened[i].images)
	}
	return all, nil
}

// predictRest answers the requests that the file does not hold, one batch at a time. It returns how
// many the file held.
func (j *job) predictRest(ctx context.Context, requests []request, predictions []Prediction, file *predictionFile, kept []Prediction) (found int, err error) {
	if found, err = j.takeSame(ctx, requests, predictions, kept); err != nil {
		return 0, err
	}
	if found == 0 && len(kept) > 0 && j.warn != nil {
		j.warn(j.path + PartialSuffix + " holds predictions of another model, other images or other options; starting again")
	}
	predictor, err := j.predictor()
	if err != nil {
		return 0, err
	}
	predictor.Method, predictor.Choices, predictor.Fixed = j.method, j.choices, true
	if j.batch > 0 {
		predictor.Batch = j.batch
	}
	b := batchesOf(requests, predictor.Batch)
	found, predicted := b.kept(found)
	if err := file.restart(predictions[:found]); err != nil {
		return 0, err
	}
	for done := found; predicted < len(b.distinct); {
		next := min(predicted+b.size, len(b.distinct))
		if err := j.predictBatch(ctx, predictor, requests, predictions, b.distinct[predicted:next]); err != nil {
			return 0, err
		}
		predicted = next
		end := b.end(done, predicted)
		for i := done; i < end; i++ {
			if first := b.distinct[b.group[i]]; first != i {
				predictions[i].copyAnswer(&predictions[first])
			}
		}
		if err := file.write(predictions[done:end]); err != nil {
			return 0, err
		}
		done = end
		if j.progress != nil {
			j.progress(predicted, len(b.distinct))
		}
	}
	return found, nil
}

// copyAnswer copies the answer to an equal request.
func (p *Prediction) copyAnswer(from *Prediction) {
	p.Prediction, p.Raw, p.Score, p.Error, p.ImageSHA256 = from.Prediction, from.Raw, from.Score, from.Error, from.ImageSHA256
	p.Alternatives = from.Alternatives
}

// predictBatch fills in the predictions for the requests of a batch.
func (j *job) predictBatch(ctx context.Context, predictor *TrainedPredictor, requests []request, predictions []Prediction, batch []int) error {
	asked := make([]request, len(batch))
	for i, at := range batch {
		asked[i] = requests[at]
	}
	opened, err := j.images.open(ctx, asked)
	if err != nil {
		return err
	}
	var queries []Query
	var of []int // the position of each query's prediction
	for i, at := range batch {
		if opened[i].err != nil {
			predictions[at].Error = opened[i].err.Error()
			continue
		}
		predictions[at].ImageSHA256 = hashesOf(opened[i].images)
		queries, of = append(queries, Query{Images: opened[i].images, Prompt: asked[i].Prompt, ID: asked[i].ID}), append(of, at)
	}
	if len(queries) == 0 {
		return ctx.Err()
	}
	replies, err := predictor.Replies(ctx, queries, nil)
	if err != nil {
		return err
	}
	for i, reply := range replies {
		p := &predictions[of[i]]
		if reply.Err != nil {
			p.Error = reply.Err.Error()
			continue
		}
		p.Prediction, p.Raw, p.Alternatives = reply.Text, reply.Text, reply.Best
		if score := reply.LogProbability; !math.IsNaN(score) && !math.IsInf(score, 0) {
			p.Score = &score
		}
	}
	return nil
}

// decodingName describes a decoding method and its choices in predictions; greedy decoding is "".
func decodingName(m decode.Method, choices []string) string {
	var parts []string
	switch {
	case m.Beams > 1 && m.Rule == decode.BigVision:
		parts = append(parts, fmt.Sprintf("beam %d, rule %s", m.Beams, m.Rule))
	case m.Beams > 1:
		parts = append(parts, fmt.Sprintf("beam %d, alpha %g", m.Beams, m.Alpha))
	}
	if m.Temperature > 0 {
		parts = append(parts, fmt.Sprintf("temperature %g, seed %d", m.Temperature, m.Seed))
	}
	if m.TopK > 0 {
		parts = append(parts, fmt.Sprintf("top-k %d", m.TopK))
	}
	if m.TopP > 0 {
		parts = append(parts, fmt.Sprintf("top-p %g", m.TopP))
	}
	for _, number := range []struct {
		name  string
		value float64
	}{
		{"min-p", m.MinP}, {"repetition-penalty", m.RepetitionPenalty}, {"n-best", float64(m.NBest)},
		{"min-length", float64(m.MinLength)}, {"max-length", float64(m.MaxLength)},
	} {
		if number.value != 0 {
			parts = append(parts, fmt.Sprintf("%s %g", number.name, number.value))
		}
	}
	if len(choices) > 0 {
		parts = append(parts, fmt.Sprintf("%d choices %.12s", len(choices), shards.Hash([]byte(strings.Join(choices, "\n")))))
	}
	return strings.Join(parts, ", ")
}
