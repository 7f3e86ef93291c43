package contamination

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/shards"
)

// Search reads the training datasets and returns what of the benchmark they contain. Rows that
// cannot be read and images that do not decode are counted and named in the result; they are no
// error.
func (a *Audit) Search(ctx context.Context, train []*shards.Dataset) (*Result, error) {
	views, all, err := a.prepare(train)
	if err != nil {
		return nil, err
	}
	found := newFindings(a, train)
	if err := a.search(ctx, train, views, found, whole, all); err != nil {
		return nil, err
	}
	return found.result(), nil
}

// prepare prepares searches and selects the columns that they need. It returns the number of rows.
func (a *Audit) prepare(train []*shards.Dataset) (views []*shards.View, all int, err error) {
	if len(a.items) == 0 {
		return nil, 0, errors.New("the benchmark has no items to search for")
	}
	a.texts.build()
	a.images.looks.Build()
	if a.rules[ImagePart] {
		a.images.parts.Build()
	}
	views = make([]*shards.View, len(train))
	for i, d := range train {
		if views[i], err = d.Select(a.columns()...); err != nil {
			return nil, 0, fmt.Errorf("reading %s: %w", d.Dir(), err)
		}
		all += d.Len()
	}
	return views, all, nil
}

// search reads a share of the training datasets, of which there are all rows.
func (a *Audit) search(ctx context.Context, train []*shards.Dataset, views []*shards.View, found *findings, part Shard, all int) error {
	return a.run(ctx, func(ctx context.Context, give func(batch) error) error {
		for i := range train {
			if err := a.read(ctx, train[i], views[i], i, found, part, all, give); err != nil {
				return err
			}
		}
		return nil
	}, found)
}

// columns lists the columns that the rules need.
func (a *Audit) columns() []string {
	names := []string{"key", "split"}
	if a.rules.of(Image) {
		names = append(names, "images.sha256")
	}
	if a.rules.decode() {
		names = append(names, "images.bytes")
	}
	if a.rules.texts() {
		names = append(names, "texts", "questions")
	}
	return names
}

// row is the number of a row of a training dataset.
type row struct{ dataset, row int }

func (r row) before(other row) bool {
	return r.dataset < other.dataset || r.dataset == other.dataset && r.row < other.row
}

// batch is some rows to search, and what was found in them.
type batch struct {
	rows    []row
	samples []shards.Sample
	found   []rowFindings
}

// Limits of a batch.
const (
	batchRows  = 256
	batchBytes = 4 << 20
)

// read passes the rows of a dataset on in batches.
func (a *Audit) read(ctx context.Context, d *shards.Dataset, v *shards.View, dataset int, found *findings, part Shard, all int, give func(batch) error) error {
	var b batch
	size := 0
	flush := func() error {
		if len(b.rows) == 0 {
			return nil
		}
		err := give(b)
		b, size = batch{}, 0
		return err
	}
	source := &found.sources[dataset]
	for at, s := range rowsOf(d, v, source, part) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if a.options.Progress != nil && at%batchRows == 0 {
			a.options.Progress(found.before(dataset)+at, all)
		}
		if len(a.options.Splits) > 0 && !slices.Contains(a.options.Splits, s.Split) {
			source.OtherSplits++
			continue
		}
		source.Rows++
		b.rows, b.samples = append(b.rows, row{dataset, at}), append(b.samples, s)
		for i := range s.Images {
			size += len(s.Images[i].Bytes)
		}
		if len(b.rows) >= batchRows || size >= batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// rowsOf yields the rows of a share of a dataset by number. After rows that cannot be read it
// continues with the next row group, and counts them in the source.
func rowsOf(d *shards.Dataset, v *shards.View, source *Source, part Shard) iter.Seq2[int, shards.Sample] {
	return func(yield func(int, shards.Sample) bool) {
		at := 0
		fail := func(end int, err error) {
			source.Unread.addMany(end-at, row{row: at}, fmt.Sprintf("rows %d to %d: %v", at, end-1, err))
			at = end
		}
		for s, err := range v.Samples() {
			if part.Of > 1 {
				break // group by group
			}
			if err != nil {
				fail(nextGroup(d, at), err)
				break
			}
			if !yield(at, s) {
				return
			}
			at++
		}
		for at < d.Len() { // after an error, group by group
			end := nextGroup(d, at)
			if !part.owns(at, d.Len()) {
				at = end
				continue
			}
			numbers := make([]int, 0, end-at)
			for n := at; n < end; n++ {
				numbers = append(numbers, n)
			}
			for s, err := range v.Rows(numbers) {
				if err != nil {
					fail(end, err)
					break
				}
				if !yield(at, s) {
					return
				}
				at++
			}
			if at < end {
				fail(end, errors.New("they are missing"))
			}
		}
	}
}

// nextGroup returns the first row of the row group after that of a row.
func nextGroup(d *shards.Dataset, at int) int {
	end := 0
	for _, rows := range d.Groups() {
		if end += rows; end > at {
			return end
		}
	}
	return d.Len()
}

// run searches what read gives, by several goroutines, and merges what they find.
func (a *Audit) run(ctx context.Context, read func(context.Context, func(batch) error) error, found *findings) error {
	workers := a.options.Workers
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	group, ctx := errgroup.WithContext(ctx)
	jobs, done := make(chan batch, workers), make(chan batch, workers)
	group.Go(func() error {
		defer close(jobs)
		return read(ctx, func(b batch) error {
			select {
			case jobs <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	var searching errgroup.Group
	for range workers {
		searching.Go(func() error {
			s := &rowSearch{audit: a, texts: a.texts.search()}
			for b := range jobs {
				for i := range b.samples {
					if f := s.row(&b.samples[i]); !f.empty() {
						f.row = b.rows[i]
						b.found = append(b.found, f)
					}
				}
				b.samples = nil
				done <- b
			}
			return nil
		})
	}
	group.Go(func() error {
		for b := range done {
			for i := range b.found {
				found.add(&b.found[i])
			}
		}
		return nil
	})
	searching.Wait()
	close(done)
	return group.Wait()
}

// rowFindings is what was found in a training row.
type rowFindings struct {
	row
	key     string
	images  []rowImage
	texts   []textHit
	pairs   []pairHit
	bad     []string // images that do not decode
	givenUp int
	decoded int
}

// rowImage is an image found, and the number of the training image.
type rowImage struct {
	imageHit
	at int
}

// pairHit is an item whose image and text the row has.
type pairHit struct {
	item, text int32
	of         string
	where      where
	image      int
}

func (f *rowFindings) empty() bool {
	return len(f.images)+len(f.texts)+len(f.bad)+f.givenUp+f.decoded == 0
}

// where is a text of a row.
type where struct {
	question bool
	n        int32 // of the text or question
	answer   int32 // from 1 on; 0 for the question itself
}

func inText(n int) where             { return where{n: int32(n)} }
func inQuestion(n int) where         { return where{question: true, n: int32(n)} }
func inAnswer(question, n int) where { return where{true, int32(question), int32(n) + 1} }

// String names the text as its column: texts[1], questions[0], questions[0].answers[2].
func (w where) String() string {
	switch {
	case !w.question:
		return fmt.Sprintf("texts[%d]", w.n)
	case w.answer == 0:
		return fmt.Sprintf("questions[%d]", w.n)
	}
	return fmt.Sprintf("questions[%d].answers[%d]", w.n, w.answer-1)
}

// rowSearch searches training rows. It is used by one goroutine.
type rowSearch struct {
	audit *Audit
	texts *textSearch
}

// row returns what a training row contains of the benchmark.
func (s *rowSearch) row(from *shards.Sample) (f rowFindings) {
	for i := range from.Images {
		image := &from.Images[i]
		hits, whole, err := s.audit.images.find(image.Bytes, image.SHA256)
		if !whole {
			f.givenUp++
		}
		if s.audit.rules.decode() {
			f.decoded++
		}
		if err != nil {
			f.bad = append(f.bad, fmt.Sprintf("image %d: %v", i, err))
		}
		for _, hit := range hits {
			f.images = append(f.images, rowImage{hit, i})
		}
	}
	if s.audit.rules.texts() {
		s.rowTexts(from, &f)
		s.pairs(from, &f)
	}
	if len(f.images)+len(f.texts)+len(f.bad)+f.givenUp > 0 {
		f.key = strings.Clone(from.Key)
	}
	return f
}

func (s *rowSearch) rowTexts(from *shards.Sample, f *rowFindings) {
	t := s.texts
	t.hits, t.givenUp = nil, 0
	for i := range from.Texts {
		t.text(from.Texts[i].Value, inText(i))
	}
	for i := range from.Questions {
		q := &from.Questions[i]
		answers := answersOf(q)
		t.question(q.Text, answers, inQuestion(i))
		for n, answer := range answers {
			if !slices.Contains(answers[:n], answer) {
				t.text(answer, inAnswer(i, n))
			}
		}
	}
	f.texts, f.givenUp = t.hits, f.givenUp+t.givenUp
}

func answersOf(q *shards.Question) []string {
	answers := make([]string, len(q.Answers))
	for i := range q.Answers {
		answers[i] = q.Answers[i].Text
	}
	return answers
}

// pairs looks for the items of the images that were found in the texts of the row.
func (s *rowSearch) pairs(from *shards.Sample, f *rowFindings) {
	seen := map[int32]bool{} // items
	for _, image := range f.images {
		for _, owner := range s.audit.images.all[image.image].owners {
			for _, n := range owner.items {
				if seen[n] {
					continue
				}
				seen[n] = true
				if hit, found := s.pair(from, &s.audit.items[n]); found {
					hit.item, hit.image = n, image.at
					f.pairs = append(f.pairs, hit)
				}
			}
		}
	}
}

// pair looks for a question or a caption of an item in the texts of a row.
func (s *rowSearch) pair(from *shards.Sample, it *item) (hit pairHit, found bool) {
	words := s.texts.words
	for _, p := range it.parts {
		if p.of != "question" && p.of != "caption" {
			continue
		}
		has := func(text string, at where) bool {
			words.Set(text)
			if words.Contains(int(p.text)) < 0 {
				return false
			}
			hit, found = pairHit{text: p.text, of: p.of, where: at}, true
			return true
		}
		for i := range from.Texts {
			if has(from.Texts[i].Value, inText(i)) {
				return hit, found
			}
		}
		for i := range from.Questions {
			if has(from.Questions[i].Text, inQuestion(i)) {
				return hit, found
			}
		}
	}
	return hit, found
}
