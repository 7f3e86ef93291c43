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

// opened are the images of a request, or why they cannot be read.
type opened struct {
	images []shards.Image
	err    error
}

// album opens the images that requests ask about, of a few requests at a time.
type album interface {
	open(ctx context.Context, of []request) ([]opened, error)
}

// pages is the album of a dataset.
type pages struct{ data *shards.Dataset }

func (p pages) open(_ context.Context, of []request) ([]opened, error) {
	var rows []int
	at := map[int]int{}
	for i := range of {
		if _, known := at[of[i].place]; !known {
			at[of[i].place] = len(rows)
			rows = append(rows, of[i].place)
		}
	}
	view, err := p.data.Select("images")
	if err != nil {
		return nil, err
	}
	images := make([][]shards.Image, 0, len(rows))
	for sample, err := range view.Rows(rows) {
		if err != nil {
			return nil, err
		}
		images = append(images, sample.Images)
	}
	all := make([]opened, len(of))
	for i := range of {
		all[i].images = images[at[of[i].place]]
	}
	return all, nil
}

// greyAlbum has a grey image in place of each: what is answered right now is known from the words
// alone.
type greyAlbum struct{ grey shards.Image }

func (g greyAlbum) open(_ context.Context, of []request) ([]opened, error) {
	all := make([]opened, len(of))
	for i := range of {
		for range max(len(of[i].hashes), 1) {
			all[i].images = append(all[i].images, g.grey)
		}
	}
	return all, nil
}

// blinded returns the requests as asked about the grey image.
func (g greyAlbum) blinded(requests []request) []request {
	blind := slices.Clone(requests)
	for i := range blind {
		hashes := make([]string, max(len(blind[i].hashes), 1))
		for j := range hashes {
			hashes[j] = g.grey.SHA256
		}
		blind[i].hashes = hashes
	}
	return blind
}

// listener lets a model answer requests and keeps its predictions.
type listener struct {
	model    func() (*TrainedPredictor, error) // called when it is first needed
	album    album
	weights  func() (string, error) // names the weights in predictions; called where predictions are kept
	method   decode.Method
	batch    int // requests answered together; 0: the model's own
	path     string
	exact    bool                    // a finished file must hold these predictions and no others
	other    func(path string) error // what to do with a finished file of other predictions; nil drops it
	progress func(done, total int)
	warn     func(message string) // may be nil
}

// heard are the predictions of requests.
type heard struct {
	predictions []Prediction // of each request, if they are kept in memory
	found       int          // of them, those found in the file
}

// listen returns the predictions of requests, in their order. Requests of the same images and
// prompt are answered once.
func (l *listener) listen(ctx context.Context, requests []request) (*heard, error) {
	h := &heard{}
	id := ""
	if l.path != "" {
		var err error
		if id, err = l.weights(); err != nil {
			return nil, err
		}
	}
	h.predictions = make([]Prediction, len(requests))
	for i := range requests {
		h.predictions[i] = l.blank(&requests[i], id)
	}
	whole, err := l.finished(ctx, requests, h.predictions)
	if err != nil {
		return nil, err
	}
	if whole {
		h.found = len(requests)
		return h, nil
	}
	file, kept, err := beginPredictions(l.path)
	if err != nil {
		return nil, err
	}
	defer file.close()
	if h.found, err = l.rest(ctx, requests, h.predictions, file, kept); err != nil {
		return nil, err
	}
	return h, file.finish()
}

// blank is a prediction that nothing was said to yet.
func (l *listener) blank(r *request, weights string) Prediction {
	return Prediction{
		ID: r.ID, Task: r.task, Language: r.Language, Prompt: r.Prompt, ImageSHA256: r.hashes,
		Weights: weights, Decoding: decodingName(l.method),
	}
}

// finished fills in the predictions of a finished file, if it holds them all.
func (l *listener) finished(ctx context.Context, requests []request, predictions []Prediction) (bool, error) {
	said, err := readFinished(l.path)
	if said == nil && err == nil {
		return false, nil
	}
	whole := err == nil && (!l.exact || len(said) == len(predictions))
	if whole {
		kept := make([]Prediction, len(predictions))
		for i := range predictions {
			p := said[predictions[i].ID]
			if whole = p != nil; !whole {
				break
			}
			kept[i] = *p
		}
		if whole {
			n, err := l.same(ctx, requests, predictions, kept)
			if err != nil {
				return false, err
			}
			if n == len(predictions) {
				return true, nil
			}
		}
	}
	if l.other != nil {
		return false, l.other(l.path)
	}
	return false, nil
}

// same takes over kept predictions into the wanted as long as they are of the same requests, and
// returns how many.
func (l *listener) same(ctx context.Context, requests []request, wanted, kept []Prediction) (int, error) {
	const together = 256
	n := min(len(wanted), len(kept))
	for begin := 0; begin < n; begin += together {
		end := min(begin+together, n)
		hashes, err := l.hashes(ctx, requests[begin:end])
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

// hashes returns those of the requests' images, which are read where they are not known. What
// cannot be read has none.
func (l *listener) hashes(ctx context.Context, requests []request) ([][]string, error) {
	all := make([][]string, len(requests))
	known := true
	for i := range requests {
		all[i] = requests[i].hashes
		known = known && all[i] != nil
	}
	if known {
		return all, nil
	}
	images, err := l.album.open(ctx, requests)
	if err != nil {
		return nil, err
	}
	for i := range images {
		all[i] = hashesOf(images[i].images)
	}
	return all, nil
}

func hashesOf(images []shards.Image) (hashes []string) {
	for i := range images {
		hashes = append(hashes, hashOf(&images[i]))
	}
	return hashes
}

// plan says in which batches distinct requests are answered.
type plan struct {
	distinct []int // the first request of each
	where    []int // by request: its place in distinct
	batch    int
}

func planOf(requests []request, batch int) plan {
	p := plan{where: make([]int, len(requests)), batch: batch}
	places := map[string]int{}
	for i := range requests {
		r := &requests[i]
		key := fmt.Sprintf("%d\x00%s", r.place, r.Prompt)
		if r.hashes != nil {
			key = strings.Join(r.hashes, " ") + "\x00" + r.Prompt
		}
		at, known := places[key]
		if !known {
			at = len(p.distinct)
			places[key] = at
			p.distinct = append(p.distinct, i)
		}
		p.where[i] = at
	}
	return p
}

// after returns how many requests are answered once n distinct ones are.
func (p plan) after(from, answered int) int {
	for from < len(p.where) && p.where[from] < answered {
		from++
	}
	return from
}

// kept returns how many of the requests, and of the distinct ones, make whole batches, so that a
// resumed run answers in the same batches as one in one go.
func (p plan) kept(lines int) (requests, answered int) {
	for {
		next := min(answered+p.batch, len(p.distinct))
		if end := p.after(requests, next); next > answered && end <= lines {
			requests, answered = end, next
			continue
		}
		return requests, answered
	}
}

// rest answers what the file does not hold yet, a batch at a time. It returns how many it held.
func (l *listener) rest(ctx context.Context, requests []request, predictions []Prediction, file *predictionFile, kept []Prediction) (found int, err error) {
	if found, err = l.same(ctx, requests, predictions, kept); err != nil {
		return 0, err
	}
	if found == 0 && len(kept) > 0 && l.warn != nil {
		l.warn(l.path + PartialSuffix + " holds predictions of another model, other images or other options: it is begun again")
	}
	model, err := l.model()
	if err != nil {
		return 0, err
	}
	model.Method = l.method
	if l.batch > 0 {
		model.Batch = l.batch
	}
	p := planOf(requests, model.Batch)
	found, answered := p.kept(found)
	if err := file.restart(predictions[:found]); err != nil {
		return 0, err
	}
	for done := found; answered < len(p.distinct); {
		next := min(answered+p.batch, len(p.distinct))
		if err := l.answer(ctx, model, requests, predictions, p.distinct[answered:next]); err != nil {
			return 0, err
		}
		answered = next
		end := p.after(done, answered)
		for i := done; i < end; i++ {
			if first := p.distinct[p.where[i]]; first != i {
				predictions[i].take(&predictions[first])
			}
		}
		if err := file.write(predictions[done:end]); err != nil {
			return 0, err
		}
		done = end
		if l.progress != nil {
			l.progress(answered, len(p.distinct))
		}
	}
	return found, nil
}

// take takes over what was said to the same request.
func (p *Prediction) take(same *Prediction) {
	p.Prediction, p.Raw, p.Score, p.Error, p.ImageSHA256 = same.Prediction, same.Raw, same.Score, same.Error, same.ImageSHA256
}

// answer fills in the predictions of a batch.
func (l *listener) answer(ctx context.Context, model *TrainedPredictor, requests []request, predictions []Prediction, batch []int) error {
	asked := make([]request, len(batch))
	for i, at := range batch {
		asked[i] = requests[at]
	}
	images, err := l.album.open(ctx, asked)
	if err != nil {
		return err
	}
	var queries []Query
	var of []int
	for i, at := range batch {
		if images[i].err != nil {
			predictions[at].Error = images[i].err.Error()
			continue
		}
		predictions[at].ImageSHA256 = hashesOf(images[i].images)
		queries, of = append(queries, Query{images[i].images, asked[i].Prompt}), append(of, at)
	}
	if len(queries) == 0 {
		return ctx.Err()
	}
	replies, err := model.Replies(ctx, queries, nil)
	if err != nil {
		return err
	}
	for i, reply := range replies {
		p := &predictions[of[i]]
		if reply.Err != nil {
			p.Error = reply.Err.Error()
			continue
		}
		p.Prediction, p.Raw = reply.Text, reply.Text
		if score := reply.LogProbability; !math.IsNaN(score) && !math.IsInf(score, 0) {
			p.Score = &score
		}
	}
	return nil
}

// decodingName says how answers are chosen, "" for greedily.
func decodingName(m decode.Method) string {
	var parts []string
	if m.Beams > 1 {
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
	return strings.Join(parts, ", ")
}
