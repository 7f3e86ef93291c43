package evalsuite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/mixture"
)

// BenchmarkOptions say which questions of a benchmark a predictor is asked, how, and where its
// answers are kept.
type BenchmarkOptions struct {
	// Out is the folder of the answers. A run that was interrupted resumes from it; it is an error
	// if it holds a run with other settings, unless Fresh is set. "" keeps nothing.
	Out   string
	Fresh bool
	// Split of the dataset; [AllSplits] takes every sample. Default: the only one.
	Split string
	// Samples is the highest number of samples, drawn by Seed; 0 means all.
	Samples int
	Seed    uint64
	// LabelsPerPrompt is the most labels that one prompt about boxes lists; 0 means all. With more
	// labels an image is asked about several times, and what was found is scored together.
	LabelsPerPrompt int
	// Shard of Shards, from 1, takes a part of the questions: whole clusters, such as all questions
	// about an image. Parts are scored after [MergeBenchmarks]. Default: all questions.
	Shard, Shards int
	// Prompt is what is asked, with the placeholders of [benchmarks.FillPrompt]. Default: the
	// benchmark's prompt for models that follow instructions.
	Prompt string
	// Pattern is a regular expression that finds the answer in what the model says: its first
	// group, or all of the match. Default: what the model says, without outer white space.
	Pattern string
	// Identity is what the answers depend on besides the question: the hash of the weights, or the
	// address and the name of a model. A run resumes only with the same. It is needed for Out and
	// Cache.
	Identity map[string]string
	// Decoding describes how the model decodes, for the same purpose.
	Decoding string
	// Cache is a folder of answers that runs share; "" for none.
	Cache string
	// Batch is the number of queries per call of a predictor that is no [EachPredictor]; default
	// 64.
	Batch int
	// MaxFailures is how many queries in a row may fail, with errors or timeouts, before the run
	// stops; default 100.
	MaxFailures int
	// Score says how to score. If it is partial, questions without an answer do not count.
	Score benchmarks.Options
	// Progress, which may be nil, is called with the number of distinct queries that are answered.
	Progress func(done, total int)
	// Warn, which may be nil, is called with what is left out or asked again.
	Warn func(message string)

	joinLabels func(labels []string) string // as the model was trained, for boxes
}

// BenchmarkRun is what a run of a benchmark did.
type BenchmarkRun struct {
	Questions int `json:"questions"` // of the benchmark or, with a shard, of that part
	// Without are samples that have nothing to ask, Renamed questions whose id occurs twice; both
	// of all shards.
	Without int `json:"samples_without_question,omitempty"`
	Renamed int `json:"renamed,omitempty"`
	// Found are answers that Out held already, Cached those that the cache held. Copied are answers
	// to the same prompt about the same images. Asked are the others: queries to the predictor.
	Found  int `json:"found"`
	Cached int `json:"cached"`
	Copied int `json:"copied"`
	Asked  int `json:"asked"`
	// Failures counts refusals, timeouts, errors and the like.
	Failures map[string]int `json:"failures,omitempty"`
	// Calls sums what the predictor used, also in the runs before this one.
	Calls CallCount `json:"calls"`
	Cache *CacheUse `json:"cache,omitempty"`

	// Result is nil for a shard, and for a benchmark without right answers; Unscored says why.
	Result   *benchmarks.Result `json:"-"`
	Unscored string             `json:"unscored,omitempty"`
	// Items are the questions with their answers.
	Items []benchmarks.Item `json:"-"`
}

// ErrUnanswered is wrapped by the error of a run in which questions have no answer. The other
// answers are kept.
var ErrUnanswered = errors.New("not all questions have an answer")

// RunBenchmark asks a predictor the questions of a benchmark, which are in a dataset that was made
// from the benchmark's files, and scores the answers.
//
// Asking and scoring are apart. Each answer is written to Out as soon as it comes:
//
//	benchmark.json      what was asked, of which dataset, with which model
//	predictions.jsonl   a [Prediction] a line, in the order of the answers
//	calls.jsonl         time and tokens of each query
//	result.json         the scores
//	scored.jsonl        each item with its values, for package compare
//
// A run that is killed at any point resumes from these files, with the same answers and scores as
// one that was not. Equal prompts about the same images are asked once. The predictor's errors are
// counted by kind, and never become answers.
func RunBenchmark(ctx context.Context, p Predictor, d mixture.Data, b *benchmarks.Benchmark, o BenchmarkOptions) (*BenchmarkRun, error) {
	r, err := newBenchmarkRun(ctx, d, b, o)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.takeKept(); err != nil {
		return nil, err
	}
	if err := r.takeCached(); err != nil {
		return nil, err
	}
	if err := r.ask(ctx, p); err != nil {
		return r.done, err
	}
	return r.done, r.score()
}

// benchmarkRun is a run of a benchmark.
type benchmarkRun struct {
	BenchmarkOptions
	data      mixture.Data
	bench     *benchmarks.Benchmark
	questions []benchmarkQuestion
	manifest  BenchmarkManifest
	answer    answerPattern
	folder    *benchmarkFolder // nil if nothing is kept
	cache     *answerCache     // nil for none
	answers   []*Prediction    // of each question; nil as long as there is none
	done      *BenchmarkRun
}

func newBenchmarkRun(ctx context.Context, d mixture.Data, b *benchmarks.Benchmark, o BenchmarkOptions) (*benchmarkRun, error) {
	r := &benchmarkRun{BenchmarkOptions: o.withDefaults(b), data: d, bench: b, done: &BenchmarkRun{Failures: map[string]int{}}}
	if err := r.check(); err != nil {
		return nil, err
	}
	var err error
	if r.answer, err = parsePattern(r.Pattern); err != nil {
		return nil, err
	}
	all, err := readQuestions(ctx, d, b, questionsOf{r.Split, r.Samples, r.Seed, r.LabelsPerPrompt, r.joinLabels})
	if err != nil {
		return nil, err
	}
	r.Split = all.split
	all.warn(r.Warn)
	r.done.Without, r.done.Renamed = len(all.without), len(all.renamed)
	if r.manifest, err = r.newManifest(all); err != nil {
		return nil, err
	}
	r.questions = all.shard(r.Shard, r.Shards)
	r.manifest.ShardQuestions = len(r.questions)
	for n := range r.questions {
		r.questions[n].prompt = benchmarks.FillPrompt(r.Prompt, &r.questions[n].Item)
	}
	r.answers = make([]*Prediction, len(r.questions))
	r.done.Questions = len(r.questions)
	if r.Cache != "" {
		if r.cache, err = openAnswerCache(r.Cache); err != nil {
			return nil, err
		}
	}
	if r.Out != "" {
		if r.folder, err = openBenchmarkFolder(r.Out, &r.manifest, r.Fresh, r.Warn); err != nil {
			return nil, errors.Join(err, r.cache.close())
		}
	}
	return r, nil
}

func (o BenchmarkOptions) withDefaults(b *benchmarks.Benchmark) BenchmarkOptions {
	if o.Prompt == "" {
		o.Prompt = b.ChatPrompt()
	}
	if o.Batch == 0 {
		o.Batch = 64
	}
	if o.MaxFailures == 0 {
		o.MaxFailures = 100
	}
	if o.Shards == 0 {
		o.Shard, o.Shards = 1, 1
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	return o
}

// check returns an error if the options cannot be followed.
func (r *benchmarkRun) check() error {
	switch {
	case (r.Out != "" || r.Cache != "") && len(r.Identity) == 0:
		return errors.New("answers cannot be kept for a model without a name: set BenchmarkOptions.Identity")
	case r.Shard < 1 || r.Shard > r.Shards:
		return fmt.Errorf("shard %d of %d: the first is 1, the last %d", r.Shard, r.Shards, r.Shards)
	case r.Shards > 1 && r.Out == "":
		return errors.New("a shard is merged with others later, so it needs a folder for its answers")
	case r.LabelsPerPrompt < 0, r.LabelsPerPrompt > 0 && r.bench.Task != benchmarks.Boxes:
		return fmt.Errorf("%d labels in a prompt: want 0, which is all, or more, of a benchmark of boxes; the task of %s is %s", r.LabelsPerPrompt, r.bench.Name, r.bench.Task)
	case r.Prompt == "":
		return fmt.Errorf("no prompt is known for the benchmark %s, whose task is %s: give one", r.bench.Name, r.bench.Task)
	}
	return benchmarks.CheckPrompt(r.Prompt)
}

// close ends the run's use of its files.
func (r *benchmarkRun) close() {
	if r.folder != nil {
		r.folder.close()
	}
	r.cache.close()
}

// describeFailures lists counts of failures by kind, for messages.
func describeFailures(counts map[string]int, kinds ...string) string {
	var parts []string
	for _, kind := range kinds {
		if n := counts[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", kind, n))
		}
	}
	return strings.Join(parts, ", ")
}
