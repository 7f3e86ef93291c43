package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
	"github.com/pali3/pali3/evalsuite/predictors"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/mixture"
)

// benchRunFlags say how a model is asked the questions of a benchmark.
type benchRunFlags struct {
	Prompt        string `placeholder:"TEMPLATE" help:"With --bench and --data: what is asked, with {question}, {language}, {choices} and {context} in it; \\n is a new line. By default the prompt that the model was trained with, or that of the benchmark."`
	AnswerPattern string `placeholder:"REGEX" help:"With --bench and --data: finds the answer in what the model says: its first group, else all that matches. No match counts as wrong and is counted."`
	Labels        int    `name:"labels-per-prompt" placeholder:"N" help:"With --bench and --data, of boxes: the most labels in one prompt; an image is asked about the others in further ones. By default all labels are in one."`
	Shard         share  `placeholder:"i/n" help:"With --bench and --data: ask only part i of n, from 1; eval merge joins the parts."`
	Cache         string `placeholder:"FOLDER" help:"With --bench and --data: folder of answers that runs share."`
	Fresh         bool   `help:"With --bench and --data: replace what --out holds instead of resuming it."`

	Predictor        string        `placeholder:"MODEL" help:"With --bench and --data, instead of --model: 'cmd:python3 my.py', a command that reads and writes JSON lines, or https://host/v1, an endpoint of OpenAI's chat completions."`
	PredictorModel   string        `placeholder:"NAME" help:"The endpoint's model."`
	PredictorKeyEnv  string        `placeholder:"VARIABLE" help:"Environment variable with the endpoint's key; by default none is sent. The key is never printed or stored."`
	PredictorExtra   string        `placeholder:"JSON" help:"Further members of requests to an endpoint, such as {\"max_tokens\": null, \"max_completion_tokens\": 64}; null removes one."`
	PredictorImages  string        `enum:"path,base64" default:"path" help:"How a command gets images: path or base64."`
	PredictorTimeout time.Duration `default:"2m" help:"Time for each answer; a command has 10 minutes more after its start."`
	PredictorRetries int           `default:"6" help:"How often an endpoint is asked again after an error or a timeout."`
	Concurrency      int           `placeholder:"N" help:"Requests at a time; default 1 for a command, 8 for an endpoint."`
	PriceIn          float64       `placeholder:"PRICE" help:"Price of a million tokens that the model reads."`
	PriceOut         float64       `placeholder:"PRICE" help:"Price of a million tokens that the model writes."`
}

// given reports whether a flag is set.
func (f benchRunFlags) given() bool {
	f.PredictorImages, f.PredictorTimeout, f.PredictorRetries = "", 0, 0 // which have a value anyway
	return f != benchRunFlags{}
}

// checkBenchRun returns an error if flags do not fit a run of a benchmark.
func (c evalCommand) checkBenchRun() error {
	switch {
	case c.Predictions != "":
		return errors.New("--predictions are scored as they are: leave out --model and --data, or leave out --predictions to ask the model")
	case c.Data == "":
		return errors.New("--data DATASET is missing: the benchmark as a dataset, which pali3 ingest benchmark makes")
	case c.Model != "" && c.Predictor != "":
		return errors.New("give --model or --predictor, not both")
	case c.Model == "" && c.Predictor == "":
		return errors.New("--bench with --data asks a model: name it with --model or --predictor")
	case c.Untrained || len(c.Task) > 0 || len(c.Lang) > 0 || len(c.Texts) > 0:
		return errors.New("--task, --lang, --texts and --untrained are not for --bench, which says what is asked")
	case c.Out == "" && (c.Annotations != "" || c.Submission != "" || c.Shard.hosts > 1):
		return errors.New("--out FOLDER is missing: where the answers are kept")
	case c.Predictor != "" && c.VisualTokens != "":
		return errors.New("--visual-tokens is for a --model, whose image encoder makes them")
	case c.Concurrency < 0:
		return fmt.Errorf("--concurrency must be 1 or more, not %d", c.Concurrency)
	case c.PredictorTimeout <= 0:
		return fmt.Errorf("--predictor-timeout must be above 0, not %v", c.PredictorTimeout)
	case c.PredictorRetries < 0:
		return fmt.Errorf("--predictor-retries must be 0 or more, not %d", c.PredictorRetries)
	case c.PriceIn < 0 || c.PriceOut < 0:
		return errors.New("--price-in and --price-out must be 0 or more")
	}
	return nil
}

// namedBenchmark returns the benchmark with METEOR's and WordNet's tables, if they are given.
func (con *console) namedBenchmark(name, meteorData, wordNetData string) (benchmarks.Benchmark, error) {
	bench, err := con.program.Benchmarks.Named(name)
	if err == nil && meteorData != "" {
		var scorer *meteor.Scorer
		if scorer, err = meteor.Open(meteorData); err == nil {
			bench, err = bench.WithMETEOR(scorer)
		}
	}
	if err == nil && wordNetData != "" {
		bench, err = bench.WithWordNet(wordNetData)
	}
	return bench, err
}

// runBench asks a model the questions of a benchmark and scores its answers.
func (c evalCommand) runBench(ctx context.Context, con *console) error {
	bench, err := con.namedBenchmark(c.Bench, c.MeteorData, c.WordNetData)
	if err != nil {
		return err
	}
	if bench, err = c.maskFlags.addTo(bench, c.backendFlag, con); err != nil {
		return err
	}
	if err := c.checkSubmission(&bench); err != nil {
		return err
	}
	ask, err := c.asker(ctx, con, &bench)
	if err != nil {
		return err
	}
	if c.Out == "" {
		con.warn("answers are not kept: name a folder for them with --out, and a killed run resumes from it")
	}
	return con.onData(c.Data, func(d mixture.Data) error {
		run, err := ask(d)
		if run != nil {
			c.tellRun(con, run)
		}
		if err != nil {
			return resumable(ctx, con, err)
		}
		if err := c.scoreFiles(ctx, con, &bench, run); err != nil {
			return err
		}
		return c.printRun(con, run)
	})
}

// asker returns the function that asks the model.
func (c evalCommand) asker(ctx context.Context, con *console, bench *benchmarks.Benchmark) (func(mixture.Data) (*evalsuite.BenchmarkRun, error), error) {
	if c.Predictor == "" {
		method, choices, err := c.method()
		if err != nil {
			return nil, err
		}
		be, trained, err := c.openRun(c.Model, con)
		if err != nil {
			return nil, err
		}
		if bench.Task == benchmarks.Retrieval {
			embedder, err := evalsuite.NewEmbedder(be, trained)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Model, err)
			}
			return func(d mixture.Data) (*evalsuite.BenchmarkRun, error) {
				o, end := c.benchOptions(con)
				defer end()
				return evalsuite.RunRetrievalBenchmark(ctx, embedder, c.Model, d, bench, o)
			}, nil
		}
		return func(d mixture.Data) (*evalsuite.BenchmarkRun, error) {
			o, end := c.benchOptions(con)
			defer end()
			if !c.decodes() {
				return evalsuite.RunTrainedBenchmark(ctx, be, trained, d, bench, nil, nil, o)
			}
			return evalsuite.RunTrainedBenchmark(ctx, be, trained, d, bench, &method, choices, o)
		}, nil
	}
	if bench.Task == benchmarks.Retrieval {
		return nil, fmt.Errorf("%s ranks embeddings, which a --predictor does not make: give a --model that compares images with texts, or --image-embeddings", bench.Name)
	}
	p, identity, err := c.predictor(con, bench)
	if err != nil {
		return nil, err
	}
	return func(d mixture.Data) (*evalsuite.BenchmarkRun, error) {
		o, end := c.benchOptions(con)
		defer end()
		o.Identity, o.Decoding = identity, fmt.Sprintf("temperature %g, at most %d tokens, seed %d", c.Temperature, c.maxTokens(bench), c.Seed)
		return evalsuite.RunBenchmark(ctx, p, d, bench, o)
	}, nil
}

// predictor returns the model that --predictor names, and what its answers depend on.
func (c evalCommand) predictor(con *console, bench *benchmarks.Benchmark) (evalsuite.Predictor, map[string]string, error) {
	flags := c.decodingFlags
	flags.Seed, flags.Temperature, flags.MaxLength = 0, 0, 0
	if flags != (decodingFlags{}) {
		return nil, nil, errors.New("of the flags of decoding, a --predictor takes --temperature, --max-length and --seed")
	}
	if line, ok := strings.CutPrefix(c.Predictor, "cmd:"); ok {
		return c.command(con, bench, line)
	}
	if strings.HasPrefix(c.Predictor, "https://") || strings.HasPrefix(c.Predictor, "http://") {
		return c.endpoint(con, bench)
	}
	return nil, nil, fmt.Errorf("--predictor %s: want a command, as in 'cmd:python3 my.py', or the address of an endpoint, as in https://host/v1", c.Predictor)
}

// endpoint returns the endpoint that --predictor names.
func (c evalCommand) endpoint(con *console, bench *benchmarks.Benchmark) (evalsuite.Predictor, map[string]string, error) {
	e := &predictors.Endpoint{
		URL: c.Predictor, Model: c.PredictorModel, Concurrency: c.Concurrency, Timeout: c.PredictorTimeout, Retries: c.PredictorRetries,
		MaxTokens: c.maxTokens(bench), Temperature: c.Temperature, Seed: c.Seed,
	}
	if e.Retries == 0 {
		e.Retries = -1 // none
	}
	if e.Model == "" {
		return nil, nil, errors.New("--predictor-model NAME is missing: the name of the endpoint's model")
	}
	if c.PredictorKeyEnv != "" {
		if e.Key = os.Getenv(c.PredictorKeyEnv); e.Key == "" {
			return nil, nil, fmt.Errorf("--predictor-key-env: the environment variable %s is empty or not set", c.PredictorKeyEnv)
		}
	}
	if c.PredictorExtra != "" {
		if err := jsonerr.Explain(json.Unmarshal([]byte(c.PredictorExtra), &e.Extra)); err != nil {
			return nil, nil, fmt.Errorf("--predictor-extra: %w", err)
		}
	}
	if err := e.Check(); err != nil {
		return nil, nil, fmt.Errorf("--predictor: %w", err)
	}
	if e.Key != "" && e.Clear() {
		con.warn("the key is sent to " + e.URL + " without encryption: use https")
	}
	identity, err := e.Identity()
	return e, identity, err
}

// command returns the command that --predictor names.
func (c evalCommand) command(con *console, bench *benchmarks.Benchmark, line string) (evalsuite.Predictor, map[string]string, error) {
	if c.PredictorModel != "" || c.PredictorKeyEnv != "" || c.PredictorExtra != "" {
		return nil, nil, errors.New("--predictor-model, --predictor-key-env and --predictor-extra are for an endpoint")
	}
	command, err := predictors.ParseCommand(line)
	if err != nil {
		return nil, nil, err
	}
	command.Base64, command.InFlight, command.Timeout = c.PredictorImages == "base64", c.Concurrency, c.PredictorTimeout
	command.MaxTokens, command.Temperature, command.Seed = c.maxTokens(bench), c.Temperature, c.Seed
	command.Stderr, command.Warn = con.err, con.warn
	identity, err := command.Identity()
	return command, identity, err
}

// maxTokens returns the most tokens of an answer.
func (c evalCommand) maxTokens(bench *benchmarks.Benchmark) int {
	if c.MaxLength > 0 {
		return c.MaxLength
	}
	return bench.Decoding.MaxTokens
}

// benchOptions returns the options of a run, and what ends its progress line.
func (c evalCommand) benchOptions(con *console) (o evalsuite.BenchmarkOptions, end func()) {
	line := &predicting{con: con}
	return evalsuite.BenchmarkOptions{
		Out: c.Out, Fresh: c.Fresh, Split: c.Split, Samples: c.Samples, Seed: c.Seed, LabelsPerPrompt: c.Labels, Shard: c.Shard.host, Shards: c.Shard.hosts,
		Prompt: strings.ReplaceAll(c.Prompt, `\n`, "\n"), Pattern: c.AnswerPattern, Cache: c.Cache, Batch: c.Batch,
		Score: benchmarks.Options{
			Bootstrap: metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed}, Partial: c.Partial, Protocols: c.Protocol,
		},
		Progress: func(done, total int) { line.set(c.Bench, done, total) },
		Warn:     con.warn,
	}, line.end
}

// checkSubmission returns an error, before a model is asked, if its answers make no submission.
func (c evalCommand) checkSubmission(bench *benchmarks.Benchmark) error {
	switch {
	case c.Submission == "":
		return nil
	case bench.Task == benchmarks.Retrieval:
		return fmt.Errorf("leave out --submission: %s ranks embeddings, and a submission has predictions", bench.Name)
	case bench.Task == benchmarks.Boxes && c.Annotations == "":
		return fmt.Errorf("--submission of %s needs --annotations, a file with the images and categories", bench.Name)
	case bench.Task != benchmarks.Boxes && (bench.Submission.ID == "" || bench.Submission.Source == ""):
		return fmt.Errorf("leave out --submission: %s has no server whose form of predictions is known here", bench.Name)
	}
	return nil
}

// scoreFiles scores the answers on the owner's files and writes a submission, if that is asked for.
func (c evalCommand) scoreFiles(ctx context.Context, con *console, bench *benchmarks.Benchmark, run *evalsuite.BenchmarkRun) error {
	if bench.Task == benchmarks.Retrieval {
		c.ImageEmbeddings = filepath.Join(c.Out, evalsuite.EmbeddingsFile)
	} else {
		c.Predictions = filepath.Join(c.Out, evalsuite.BenchmarkPredictionsFile)
	}
	submit := c.submit
	if bench.Task == benchmarks.Boxes && c.Submission != "" {
		submit = c.submitBoxes
	}
	if err := submit(ctx, con, bench); err != nil || c.Annotations == "" {
		return err
	}
	how := c.scoring()
	if m, err := evalsuite.ReadBenchmarkManifest(c.Out); err == nil {
		how.Prompt = m.Prompt
	}
	result, err := benchmarks.ScoreInto(c.Out, how, func(o benchmarks.Options) (*benchmarks.Result, error) {
		return bench.Score(ctx, c.files(), o)
	})
	if err != nil {
		return fmt.Errorf("scoring %s on %s: %w", c.Bench, c.Annotations, err)
	}
	run.Result = result
	return nil
}

// files returns the benchmark's files.
func (c evalCommand) files() benchmarks.Files {
	return c.retrievalFlags.addTo(benchmarks.Files{
		Annotations: c.Annotations, Questions: c.Questions, Instances: c.Instances, Classes: c.Classes, Labels: c.ImageLabels, Hierarchy: c.Hierarchy, Choices: c.ChoicesFile,
		Predictions: c.Predictions, Split: c.Split,
	})
}

// scoring returns how a benchmark is scored.
func (c evalCommand) scoring() benchmarks.Options {
	return benchmarks.Options{Bootstrap: metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed}, Partial: c.Partial, Protocols: c.Protocol}
}

// tellRun says on standard error what a run did.
func (c evalCommand) tellRun(con *console, run *evalsuite.BenchmarkRun) {
	var parts []string
	for _, of := range []struct {
		count int
		what  string
	}{
		{run.Asked, "asked"}, {run.Found, "answered before"}, {run.Cached, "from the cache"}, {run.Copied, "equal to another"},
	} {
		if of.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", of.count, of.what))
		}
	}
	con.info(fmt.Sprintf("%s: %s", plural(run.Questions, "question"), strings.Join(parts, ", ")))
	if n := run.Calls.Prompt + run.Calls.Completion; n > 0 {
		con.info(fmt.Sprintf("tokens: %d in, %d out, in %s", run.Calls.Prompt, run.Calls.Completion, plural(run.Calls.Calls, "call")))
	}
	if cost := c.cost(run); cost > 0 {
		con.info(fmt.Sprintf("cost: %.4f", cost))
	}
	if n := run.Calls.Uncounted; n > 0 && c.PriceIn+c.PriceOut > 0 {
		con.warn(fmt.Sprintf("%d answers came without a count of tokens and are not in the cost", n))
	}
	if run.Cache != nil {
		con.info(fmt.Sprintf("cache %s: %d bytes, %d answers added", run.Cache.Dir, run.Cache.Bytes, run.Cache.Added))
	}
}

// benchRunJSON is what a run of a benchmark prints as JSON: the members of the result, and the run.
type benchRunJSON struct {
	*benchmarks.Result
	Run  *evalsuite.BenchmarkRun `json:"run"`
	Cost float64                 `json:"cost,omitempty"` // in the unit of the prices
}

// cost returns what the tokens of a run cost.
func (c evalCommand) cost(run *evalsuite.BenchmarkRun) float64 {
	return (float64(run.Calls.Prompt)*c.PriceIn + float64(run.Calls.Completion)*c.PriceOut) / 1e6
}

// printRun prints the scores of a run.
func (c evalCommand) printRun(con *console, run *evalsuite.BenchmarkRun) error {
	if run.Result != nil {
		for _, problem := range run.Result.Problems {
			con.warn(problem.String())
		}
	}
	if c.JSON {
		return con.printJSON(benchRunJSON{run.Result, run, c.cost(run)})
	}
	if run.Result == nil {
		con.printf("%s is not scored: %s\n", c.Bench, run.Unscored)
	} else if err := run.Result.WriteText(con.out); err != nil {
		return err
	}
	if c.Out != "" {
		file := evalsuite.BenchmarkPredictionsFile
		if bench, err := con.program.Benchmarks.Named(c.Bench); err == nil && bench.Task == benchmarks.Retrieval {
			file = evalsuite.EmbeddingsFile
		}
		con.printf("\nwrote %s: the answers in %s", c.Out, file)
		if run.Result != nil {
			con.printf(", their scores in %s and %s", benchmarks.ResultFile, benchmarks.ScoredFile)
		}
		con.printf("\n")
	}
	if c.Shard.hosts > 1 {
		con.printf("Next: %s eval merge MERGED %s ... (all %d parts), then %s eval rescore MERGED\n", con.program.Name, quoted(c.Out), c.Shard.hosts, con.program.Name)
	} else if c.Out != "" && c.Data != "" && run.Result != nil {
		con.printf("Next: %s report %s --data %s --out report.html\n", con.program.Name, quoted(c.Out), quoted(c.Data))
	}
	return nil
}

// evalMerge joins the parts of a run.
type evalMerge struct {
	Out     string   `arg:"" placeholder:"OUT" help:"Folder to write the merged run to."`
	Parts   []string `arg:"" placeholder:"PART" help:"Folders of the parts, which eval --shard has written."`
	Data    string   `placeholder:"DATASET" help:"The dataset, to name missing questions; by default where it was."`
	Partial bool     `help:"Merge what is there, and count what is missing."`
	Fresh   bool     `help:"Replace a run in OUT."`
	JSON    bool     `help:"Print one JSON object."`
}

func (c evalMerge) Run(ctx context.Context, con *console) error {
	o := evalsuite.MergeOptions{Partial: c.Partial, Fresh: c.Fresh, Warn: con.warn}
	o.IDs = c.ids(ctx, con)
	did, err := evalsuite.MergeBenchmarks(c.Out, c.Parts, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(did)
	}
	con.printf("wrote %s: %d answers to %d questions, from %s\n", c.Out, did.Predictions, did.Questions, plural(did.Parts, "part"))
	con.printf("Next: %s eval rescore %s\n", con.program.Name, quoted(c.Out))
	return nil
}

// ids returns the ids of all questions, or nil if the dataset is not at hand: then missing
// questions have no names.
func (c evalMerge) ids(ctx context.Context, con *console) (ids []string) {
	m, err := evalsuite.ReadBenchmarkManifest(c.Parts[0])
	if err != nil {
		return nil // merging says what is wrong
	}
	bench, err := con.program.Benchmarks.Named(m.Bench)
	if err != nil {
		return nil
	}
	if c.Data == "" {
		c.Data = m.Dataset
	}
	err = con.onData(c.Data, func(d mixture.Data) (err error) {
		ids, err = evalsuite.BenchmarkIDs(ctx, d, &bench, m)
		return err
	})
	if err != nil {
		con.info(fmt.Sprintf("missing questions cannot be named without their dataset: %v", err))
	}
	return ids
}

// evalRescore scores the answers of a run again.
type evalRescore struct {
	Out           string   `arg:"" placeholder:"OUT" help:"Folder of a run of a benchmark."`
	Data          string   `placeholder:"DATASET" help:"The dataset that was asked; by default where it was."`
	Partial       bool     `help:"Score the questions that have an answer."`
	Protocol      []string `placeholder:"NAME" help:"Also score by these rules; all takes every one."`
	MeteorData    string   `placeholder:"FOLDER" help:"Folder with METEOR's tables."`
	WordNetData   string   `name:"wordnet-data" placeholder:"FOLDER" help:"Folder with the tables of WUPS."`
	AnswerPattern string   `placeholder:"REGEX" help:"Finds the answer in what the model said; by default that of the run."`
	Resamples     int      `default:"1000" help:"Bootstrap resamples for the intervals."`
	Seed          uint64   `default:"0" help:"Seed of the resamples."`
	JSON          bool     `help:"Print one JSON object."`
}

func (c evalRescore) Run(ctx context.Context, con *console) error {
	if c.Resamples < 1 {
		return fmt.Errorf("--resamples must be 1 or more, not %d", c.Resamples)
	}
	m, err := evalsuite.ReadBenchmarkManifest(c.Out)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is no run of a benchmark: it has no %s", c.Out, evalsuite.ManifestFile)
	}
	if err != nil {
		return err
	}
	bench, err := con.namedBenchmark(m.Bench, c.MeteorData, c.WordNetData)
	if err != nil {
		return err
	}
	if c.Data == "" {
		c.Data = m.Dataset
	}
	return con.onData(c.Data, func(d mixture.Data) error {
		run, err := evalsuite.RescoreBenchmark(ctx, c.Out, d, &bench, evalsuite.BenchmarkOptions{
			Pattern: c.AnswerPattern, Warn: con.warn,
			Score: benchmarks.Options{Bootstrap: metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed}, Partial: c.Partial, Protocols: c.Protocol},
		})
		if err != nil {
			return err
		}
		shown := evalCommand{Data: c.Data, Bench: m.Bench, Out: c.Out, JSON: c.JSON}
		return shown.printRun(con, run)
	})
}

// share is part i of n, from 1.
type share struct{ host, hosts int }

// UnmarshalText reads i/n.
func (s *share) UnmarshalText(text []byte) error {
	host, hosts, ok := strings.Cut(string(text), "/")
	h, err1 := strconv.Atoi(host)
	n, err2 := strconv.Atoi(hosts)
	if !ok || err1 != nil || err2 != nil || h < 1 || n < h {
		return fmt.Errorf("%q: want i/n, for example 1/2", text)
	}
	*s = share{h, n}
	return nil
}
