package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/shards"
)

// Limits of a prediction, in bytes. A line of predictions holds the answer twice.
const (
	maxAnswer = 64 << 10
	maxFault  = 4 << 10
)

// askedKey identifies a query: equal prompts about the same images have the same answer.
type askedKey struct{ images, prompt string }

func (q *benchmarkQuestion) key() askedKey { return askedKey{strings.Join(q.hashes, " "), q.prompt} }

// takeKept takes the predictions that an earlier run left in the folder. Errors and timeouts are
// dropped, so that their questions are asked again.
func (r *benchmarkRun) takeKept() error {
	if r.folder == nil {
		return nil
	}
	r.done.Calls = r.folder.count
	at := map[string]int{}
	for n := range r.questions {
		at[r.questions[n].id] = n
	}
	path := r.folder.path(BenchmarkPredictionsFile)
	var good []Prediction
	for i := range r.folder.kept {
		p := &r.folder.kept[i]
		n, ok := at[p.ID]
		switch {
		case !ok:
			return fmt.Errorf("%s line %d: question %q is none of this run; remove the line", path, p.line, p.ID)
		case r.answers[n] != nil:
			return fmt.Errorf("%s line %d: a second prediction for question %q; remove one of them", path, p.line, p.ID)
		case p.Prompt != r.questions[n].prompt || !slices.Equal(p.ImageSHA256, r.questions[n].hashes):
			return fmt.Errorf("%s line %d: question %q was asked with another prompt or another image; remove the line to ask it again", path, p.line, p.ID)
		case p.Failure == benchmarks.TimedOut || p.Failure == benchmarks.Unanswered:
			continue
		}
		r.answers[n] = &p.Prediction
		good = append(good, p.Prediction)
	}
	r.done.Found = len(good)
	if again := len(r.folder.kept) - len(good); again > 0 {
		r.Warn(fmt.Sprintf("%d questions of the earlier run have an error instead of an answer, and are asked again", again))
		return r.folder.replace(good)
	}
	return nil
}

// queue is what is left to ask: the questions of each distinct query, in the order of the rows.
func (r *benchmarkRun) queue() (groups [][]int) {
	at := map[askedKey]int{}
	for n := range r.questions {
		if r.answers[n] != nil {
			continue
		}
		key := r.questions[n].key()
		g, known := at[key]
		if !known {
			g = len(groups)
			at[key] = g
			groups = append(groups, nil)
		}
		groups[g] = append(groups[g], n)
	}
	return groups
}

// ask copies the answers to queries that were asked before, and asks the others.
func (r *benchmarkRun) ask(ctx context.Context, p Predictor) error {
	if err := r.copyAnswered(); err != nil {
		return err
	}
	groups := r.queue()
	if len(groups) == 0 {
		return nil
	}
	each, ok := p.(EachPredictor)
	if !ok {
		each = batching{p, r.Batch}
	}
	a := &asking{benchmarkRun: r, groups: groups, began: make([]time.Time, len(groups))}
	err := each.PredictEach(ctx, a.queries(ctx), a.reply)
	if r.folder != nil {
		err = errors.Join(err, r.folder.sync())
	}
	return errors.Join(err, a.err)
}

// copyAnswered gives questions the answers to equal queries that an earlier run left.
func (r *benchmarkRun) copyAnswered() error {
	answered := map[askedKey]*Prediction{}
	for n, p := range r.answers {
		if p != nil {
			answered[r.questions[n].key()] = p
		}
	}
	for n := range r.questions {
		p := answered[r.questions[n].key()]
		if r.answers[n] != nil || p == nil {
			continue
		}
		r.done.Copied++
		if err := r.keep([]int{n}, *p, nil); err != nil {
			return err
		}
	}
	return nil
}

// asking asks the queries that are left.
type asking struct {
	*benchmarkRun
	groups   [][]int // questions of each query
	began    []time.Time
	replied  int
	failures int   // in a row
	err      error // why queries ended early
}

// chunkRows is the number of rows whose images are in memory at a time.
const chunkRows = 32

// queries yields the queries, and reads their images when they are needed.
func (a *asking) queries(ctx context.Context) iter.Seq[Query] {
	return func(yield func(Query) bool) {
		for begin := 0; begin < len(a.groups); {
			images, end, err := a.images(begin)
			if err != nil {
				a.err = err
				return
			}
			for ; begin < end; begin++ {
				if ctx.Err() != nil {
					return
				}
				q := &a.questions[a.groups[begin][0]]
				a.began[begin] = time.Now()
				if !yield(Query{ID: q.id, Prompt: q.prompt, Images: images[q.row]}) {
					return
				}
			}
		}
	}
}

// images returns the images of the next rows, from the query begin to the query end.
func (a *asking) images(begin int) (byRow map[int][]shards.Image, end int, err error) {
	var rows []int
	byRow = map[int][]shards.Image{}
	for end = begin; end < len(a.groups); end++ {
		row := a.questions[a.groups[end][0]].row
		if _, known := byRow[row]; known {
			continue
		}
		if len(rows) == chunkRows {
			break
		}
		rows = append(rows, row)
		byRow[row] = nil
	}
	at := 0
	for images, err := range imagesOfRows(a.data, rows) {
		if err != nil {
			return nil, 0, err
		}
		byRow[rows[at]] = images
		at++
	}
	return byRow, end, nil
}

// reply keeps the reply to a query.
func (a *asking) reply(n int, reply Reply) error {
	if len(reply.Text) > maxAnswer {
		reply = Reply{Err: fmt.Errorf("the answer has %d bytes, more than %d", len(reply.Text), maxAnswer), Attempts: reply.Attempts, Usage: reply.Usage}
	}
	group := a.groups[n]
	p := a.prediction(&reply)
	call := Call{
		ID: a.questions[group[0]].id, Seconds: time.Since(a.began[n]).Seconds(),
		Attempts: reply.Attempts, Usage: reply.Usage, Finish: reply.Finish, Failure: p.Failure,
	}
	a.done.Asked++
	a.done.Copied += len(group) - 1
	a.done.Calls.add(&call)
	if err := a.keep(group, p, []Call{call}); err != nil {
		return err
	}
	if err := a.cacheAnswer(group[0], &p); err != nil {
		return err
	}
	a.replied++
	a.Progress(a.replied, len(a.groups))
	return a.countFailure(&reply)
}

// countFailure returns an error after too many failures in a row: the predictor does not work.
func (a *asking) countFailure(reply *Reply) error {
	if reply.Err == nil || errors.Is(reply.Err, ErrRefused) {
		a.failures = 0
		return nil
	}
	if a.failures++; a.failures < a.MaxFailures {
		return nil
	}
	return fmt.Errorf("stopped after %d failures in a row, the last: %w", a.failures, reply.Err)
}

// prediction turns a reply into a prediction without an id.
func (r *benchmarkRun) prediction(reply *Reply) Prediction {
	p := Prediction{Raw: strings.ToValidUTF8(reply.Text, "\uFFFD")}
	switch {
	case reply.Err == nil:
		p.Alternatives = reply.Best
		if score := reply.LogProbability; score != 0 && !math.IsNaN(score) && !math.IsInf(score, 0) {
			p.Score = &score
		}
		return p
	case errors.Is(reply.Err, ErrRefused):
		p.Failure = benchmarks.Refused
	case errors.Is(reply.Err, ErrTimeout):
		p.Failure = benchmarks.TimedOut
	default:
		p.Failure = benchmarks.Unanswered
	}
	p.Error = reply.Err.Error()
	if len(p.Error) > maxFault {
		p.Error = strings.ToValidUTF8(p.Error[:maxFault], "") + "..."
	}
	return p
}

// keep gives questions their answer and writes it, with the call that it took.
func (r *benchmarkRun) keep(of []int, answer Prediction, calls []Call) error {
	lines := make([]Prediction, len(of))
	for at, n := range of {
		q := &r.questions[n]
		p := answer
		p.ID, p.QuestionID, p.Language = q.id, "", ""
		if q.Item.ID != q.id {
			p.QuestionID = q.Item.ID
		}
		if r.bench.Task == benchmarks.Captions {
			p.Language = q.Language
		}
		p.Prompt, p.ImageSHA256, p.Decoding = q.prompt, q.hashes, r.Decoding
		p.Weights, p.Model = r.Identity["weights"], modelName(r.Identity)
		r.answer.extract(&p)
		lines[at], r.answers[n] = p, &p
	}
	return r.folder.write(lines, calls)
}

// modelName returns the name of a model without weights at hand.
func modelName(identity map[string]string) string {
	for _, name := range []string{"weights", "model", "command", "name"} {
		if value := identity[name]; value != "" {
			if name == "weights" {
				return ""
			}
			return value
		}
	}
	return ""
}

// batching makes an [EachPredictor] of any predictor.
type batching struct {
	Predictor
	size int
}

// replier is a predictor that returns what is wrong with each query.
type replier interface {
	Replies(ctx context.Context, queries []Query, progress func(done, total int)) ([]Reply, error)
}

func (b batching) PredictEach(ctx context.Context, queries iter.Seq[Query], reply func(n int, r Reply) error) error {
	first := 0
	for batch := range chunks(queries, b.size) {
		replies, err := b.replies(ctx, batch)
		if err != nil {
			return err
		}
		for i := range replies {
			if err := reply(first+i, replies[i]); err != nil {
				return err
			}
		}
		first += len(batch)
	}
	return ctx.Err()
}

// replies answers a batch.
func (b batching) replies(ctx context.Context, batch []Query) ([]Reply, error) {
	if r, ok := b.Predictor.(replier); ok {
		return r.Replies(ctx, batch, nil)
	}
	answers, err := b.Predict(ctx, batch, nil)
	if err != nil {
		return nil, err
	}
	if len(answers) != len(batch) {
		return nil, fmt.Errorf("the predictor returned %d answers to %d queries", len(answers), len(batch))
	}
	replies := make([]Reply, len(answers))
	for i := range answers {
		replies[i] = Reply{Text: answers[i], LogProbability: math.NaN()}
	}
	return replies, nil
}

// chunks yields queries in groups of size, the last of which may be smaller.
func chunks(queries iter.Seq[Query], size int) iter.Seq[[]Query] {
	return func(yield func([]Query) bool) {
		batch := make([]Query, 0, size)
		for q := range queries {
			if batch = append(batch, q); len(batch) == size {
				if !yield(batch) {
					return
				}
				batch = batch[:0:0]
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}
