package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/stages"
)

// evalCommand scores a trained model on a split of a dataset, or any model's predictions on a
// dataset or a benchmark.
type evalCommand struct {
	Model string   `placeholder:"RUN" help:"Run folder of the trained model to score, folder of a published one, or hf:owner/name@revision: captions and answers for PaLI-3, retrieval for SigLIP."`
	Out   string   `placeholder:"FOLDER" help:"Write evaluation-SPLIT.json and predictions/ here, from which an interrupted evaluation resumes. Default: the run folder; nothing is written for a published model. With --bench: write result.json and scored.jsonl here, for report and eval compare."`
	Data  string   `placeholder:"DATASET" help:"Dataset folder to score on."`
	Split string   `placeholder:"SPLIT" help:"Split of the dataset, where all takes every sample; with --bench, of files that have several splits."`
	Task  []string `placeholder:"TASK" help:"caption, vqa, ocr, object_vqa, match, retrieval or classify; by default those of caption, vqa and retrieval that the model was trained on and the data has."`
	Lang  []string `placeholder:"LANG" help:"Languages of captions and questions (BCP-47); by default all."`
	Texts []string `placeholder:"KIND" help:"Kinds of text that count as captions (caption, alt, title); by default those that the run was trained on, else any."`

	Samples   int  `placeholder:"N" help:"Score at most N samples, drawn by --seed."`
	Blind     bool `default:"true" negatable:"" help:"Score baselines that do not see the images: the model given a grey image, the best constant answer, chance."`
	Untrained bool `help:"Also score the model before training."`
	NoShots   bool `help:"Ask without the solved examples that the model's tasks had before each question; otherwise they are drawn from the dataset's training split."`
	Batch     int  `placeholder:"N" help:"Queries answered together; default 64."`

	decodingFlags

	Bench       string   `placeholder:"BENCH" help:"Score a published benchmark: predictions on its own files or, with --data, a model: ${benchmarks}."`
	Annotations string   `placeholder:"FILE" help:"With --bench: the benchmark's annotations."`
	Questions   string   `placeholder:"FILE" type:"existingfile" help:"With --bench: the benchmark's questions, if they are a separate file; checked against the annotations."`
	Instances   string   `placeholder:"FILE" type:"existingfile" help:"With --bench: boxes and images (RefCOCO); by default instances.json beside the annotations."`
	Classes     string   `placeholder:"FILE" type:"existingfile" help:"With --bench: names of classes (Open Images)."`
	ImageLabels string   `placeholder:"FILE" type:"existingfile" help:"With --bench: labels of images (Open Images), which say of which classes detections count; of imagenet-real, ReaL's real.json."`
	Hierarchy   string   `placeholder:"FILE" type:"existingfile" help:"With --bench: the hierarchy of classes (Open Images, bbox_labels_600_hierarchy.json), along which boxes and labels are expanded; leave it out for the owner's expanded files."`
	ChoicesFile string   `placeholder:"FILE" type:"existingfile" help:"With --bench: valid and plausible answers (GQA's choices file), for validity and plausibility."`
	Predictions string   `placeholder:"FILE" help:"Predictions of any model, instead of --model: JSON lines of id and prediction; with --bench also in the format of the benchmark's server."`
	Partial     bool     `help:"With --bench: score the questions that have a prediction, and count missing, unknown and second predictions and bad lines instead of failing."`
	Submission  string   `placeholder:"FILE" help:"With --bench: write the predictions in the form of the benchmark's server; without --annotations nothing is scored."`
	MeteorData  string   `placeholder:"FOLDER" help:"Folder with meteor-1.5.jar and data/paraphrase-en.gz, whose tables make METEOR's score of English captions exact. The jar is read, not run."`
	WordNetData string   `name:"wordnet-data" placeholder:"FOLDER" help:"With --bench nextqa-oe: NLTK's folder of data (corpora/wordnet, averaged_perceptron_tagger_eng, punkt_tab) or one with these files and WordNet 3.0's dict, for WUPS."`
	Protocol    []string `placeholder:"NAME" help:"With --bench: also score by these rules, which --list names; all takes every one."`
	List        bool     `help:"List the benchmarks: what is asked, metrics, splits, published scores."`

	retrievalFlags
	benchRunFlags
	classFlags
	maskFlags

	Items string `placeholder:"FILE" help:"Also write the scored items here, for eval compare. With --model they are in the run folder anyway."`

	modelFlags
	Resamples int  `default:"1000" help:"Bootstrap resamples for the intervals."`
	JSON      bool `help:"Print one JSON object."`
}

func (c evalCommand) Run(ctx context.Context, con *console) error {
	if c.Bench != "" { // before its files, which depend on it
		if _, err := con.program.Benchmarks.Named(c.Bench); err != nil {
			return err
		}
	}
	if err := cmp.Or(c.check(), c.checkIdle()); err != nil {
		return err
	}
	switch {
	case c.List:
		return c.list(con)
	case c.Bench != "" && c.Data != "":
		return c.runBench(ctx, con)
	case c.Bench != "":
		return c.bench(ctx, con)
	case c.Predictions != "":
		return c.file(ctx, con)
	}
	return c.model(ctx, con)
}

// check returns an error if flags are missing or conflict.
func (c evalCommand) check() error {
	if err := cmp.Or(c.retrievalFlags.check(c.Bench, c.Predictions), c.classFlags.check(c.Model, c.Task)); err != nil {
		return err
	}
	if err := c.maskFlags.check(c.Bench); err != nil {
		return err
	}
	switch {
	case c.List && (c.Bench != "" || c.Model != "" || c.Data != "" || c.Predictions != ""):
		return errors.New("--list lists the benchmarks and scores nothing: give it alone, or with --json")
	case c.List:
		return nil
	case c.Resamples < 1:
		return fmt.Errorf("--resamples must be 1 or more, not %d", c.Resamples)
	case c.Samples < 0:
		return fmt.Errorf("--samples must be 0 or more, not %d", c.Samples)
	case c.Bench != "" && (c.Model != "" || c.Data != "" || c.Predictor != ""):
		return c.checkBenchRun()
	case c.VisualTokens != "" && c.Model == "":
		return errors.New("--visual-tokens needs a --model, whose image encoder makes them")
	case c.benchRunFlags.given():
		return errors.New("--predictor, --prompt, --answer-pattern, --shard, --cache, --concurrency and --fresh ask a model about a benchmark: name --bench BENCH and --data DATASET")
	case c.Bench != "" && c.Items != "":
		return errors.New("--items is for --data: with --bench, --out FOLDER writes the scored items")
	case c.Bench != "" && c.Predictions != "" && c.Submission != "":
		return nil
	case c.Bench != "" && c.Annotations == "":
		return errors.New("--bench needs the benchmark's --annotations")
	case c.Bench != "" && c.Predictions == "" && c.ImageEmbeddings == "":
		return errors.New("--bench needs --predictions; to ask a model, turn the benchmark into a dataset (ingest benchmark), and name it with --data and the model with --model or --predictor")
	case c.Bench != "":
		return nil
	case c.Annotations != "" || c.Questions != "" || c.Instances != "" || c.Classes != "" || c.ImageLabels != "" || c.Hierarchy != "" || c.ChoicesFile != "":
		return errors.New("--annotations, --questions, --instances, --classes, --image-labels, --hierarchy and --choices-file are files of a benchmark: name it with --bench")
	case c.Partial || len(c.Protocol) > 0 || c.Submission != "" || c.WordNetData != "":
		return errors.New("--partial, --protocol, --submission and --wordnet-data need a --bench")
	case c.Model != "" && c.Predictions != "":
		return errors.New("give --model, to predict and score, or --predictions, to score a file; not both")
	case c.Model == "" && c.Predictions == "":
		return errors.New("nothing to score: give --model RUN or --predictions FILE, each with --data DATASET --split SPLIT; or --bench with its files")
	case c.Data == "":
		return errors.New("--data DATASET is missing: the dataset to score on")
	case c.Predictions != "" && (c.Untrained || c.NoShots || c.Out != "" || c.decodes()):
		return errors.New("--untrained, --no-shots, --out and flags of decoding need a --model")
	}
	return nil
}

// decodes reports whether a flag of decoding is set.
func (c evalCommand) decodes() bool {
	flags := c.decodingFlags
	flags.Seed = 0 // of the resamples, too
	return flags != decodingFlags{}
}

// bench scores a file of predictions on a benchmark's files.
func (c evalCommand) bench(ctx context.Context, con *console) error {
	bench, err := con.namedBenchmark(c.Bench, c.MeteorData, c.WordNetData)
	if err != nil {
		return err
	}
	if bench, err = c.maskFlags.addTo(bench, c.backendFlag, con); err != nil {
		return err
	}
	if bench.Task == benchmarks.Boxes && c.Submission != "" {
		return c.submitBoxes(ctx, con, &bench)
	}
	if err := c.submit(ctx, con, &bench); err != nil || c.Annotations == "" {
		return err
	}
	result, err := benchmarks.ScoreInto(c.Out, c.scoring(), func(o benchmarks.Options) (*benchmarks.Result, error) {
		return bench.Score(ctx, c.files(), o)
	})
	if err != nil {
		return fmt.Errorf("scoring %s: %w", c.Bench, err)
	}
	for _, problem := range result.Problems {
		con.warn(problem.String())
	}
	if c.JSON {
		return con.printJSON(result)
	}
	if err := result.WriteText(con.out); err != nil || c.Out == "" {
		return err
	}
	con.printf("\nwrote %s and %s\n", filepath.Join(c.Out, benchmarks.ResultFile), filepath.Join(c.Out, benchmarks.ScoredFile))
	con.printf("Next: %s report %s --out report.html, or %s eval compare %s OTHER\n", con.program.Name, quoted(c.Out), con.program.Name, quoted(c.Out))
	return nil
}

// meteor returns the scorer with METEOR's tables, or nil without --meteor-data.
func (c evalCommand) meteor() (*meteor.Scorer, error) {
	if c.MeteorData == "" {
		return nil, nil
	}
	return meteor.Open(c.MeteorData)
}

// submit writes the predictions in the form of the benchmark's server, if that is asked for.
func (c evalCommand) submit(ctx context.Context, con *console, bench *benchmarks.Benchmark) error {
	if c.Submission == "" {
		return nil
	}
	n := 0
	err := atomicfile.Write(c.Submission, func(w io.Writer) (err error) {
		n, err = bench.WriteSubmission(ctx, c.Predictions, benchmarks.Options{Partial: c.Partial}, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the submission to %s: %w", c.Bench, err)
	}
	if !c.JSON {
		con.printf("wrote %s: %d predictions for %s\n", c.Submission, n, bench.Submission.Source)
	}
	return nil
}

// list prints the benchmarks.
func (c evalCommand) list(con *console) error {
	if c.JSON {
		return con.printJSON(con.program.Benchmarks.Describe())
	}
	return con.program.Benchmarks.WriteText(con.out)
}

// file scores a file of predictions on a split of a dataset.
func (c evalCommand) file(ctx context.Context, con *console) error {
	scorer, err := c.meteor()
	if err != nil {
		return err
	}
	return con.onData(c.Data, func(d mixture.Data) error {
		o := c.options(con)
		o.METEOR = scorer
		e, err := evalsuite.ScorePredictions(ctx, d, c.Predictions, o)
		if err != nil {
			return err
		}
		return c.print(con, e, "")
	})
}

// model scores a run on a split of a dataset.
func (c evalCommand) model(ctx context.Context, con *console) error {
	method, choices, err := c.method()
	if err != nil {
		return err
	}
	scorer, err := c.meteor()
	if err != nil {
		return err
	}
	classify, err := c.classFlags.options()
	if err != nil {
		return err
	}
	be, trained, err := c.openRun(c.Model, con)
	if err == nil {
		err = c.classFlags.crop(con, trained)
	}
	if err != nil {
		return err
	}
	if c.Out == "" && trained.Published == nil {
		c.Out = c.Model
	}
	if c.Out == "" {
		con.warn(fmt.Sprintf("predictions and scores are not kept, because %s is a published model: name a folder for them with --out", c.Model))
	}
	return con.onData(c.Data, func(d mixture.Data) error {
		o := c.options(con)
		line := &predicting{con: con}
		defer line.end()
		if o.Progress = line.set; c.Out != "" {
			o.Dir = filepath.Join(c.Out, evalsuite.PredictionsFolder)
		}
		o.Batch, o.Untrained, o.Method, o.Choices, o.METEOR, o.Classify = c.Batch, c.Untrained, method, choices, scorer, classify
		o.NoShots = c.NoShots
		e, err := evalsuite.Evaluate(ctx, be, trained, d, o)
		if err != nil {
			return resumable(ctx, con, err)
		}
		line.end()
		path := ""
		if c.Out != "" {
			if path, err = e.Write(c.Out); err != nil {
				return err
			}
		}
		return c.print(con, e, path)
	})
}

func (c evalCommand) options(con *console) evalsuite.EvaluateOptions {
	return evalsuite.EvaluateOptions{
		Split: c.Split, Tasks: c.Task, Languages: c.Lang, Texts: c.Texts, Samples: c.Samples, Blind: c.Blind,
		Bootstrap: metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed},
		Metrics:   con.program.Metrics,
		Warn:      con.warn,
	}
}

func (c evalCommand) print(con *console, e *evalsuite.Evaluation, path string) error {
	if c.Items != "" {
		if err := compare.Write(c.Items, e.Items()); err != nil {
			return err
		}
	}
	if c.JSON {
		return con.printJSON(e)
	}
	if err := e.WriteText(con.out); err != nil || path == "" {
		return err
	}
	con.printf("\nwrote %s\n", path)
	if len(e.Captions)+len(e.Answers) > 0 {
		con.printf("wrote %s/, the model's predictions\n", filepath.Join(c.Out, evalsuite.PredictionsFolder))
	}
	if c.Out == c.Model {
		con.printf("Next: %s report %s --out report.html\n", con.program.Name, quoted(c.Model))
	}
	return nil
}

// openRun opens a backend and the folder of a trained model, and says what a published one's made
// the program do.
func openRun(dir string, on backendFlag, con *console) (be compute.Backend, trained *stages.Trained, err error) {
	if be, err = on.openBackend(con); err != nil {
		return nil, nil, err
	}
	if trained, err = stages.Open(be, dir, con.registry()); err == nil {
		con.tellPublished(trained)
	}
	return be, trained, err
}

// onData calls do with an open dataset, or with rows of the program's own.
func (con *console) onData(name string, do func(mixture.Data) error) error {
	d, err := con.registry().Mixture().OpenData(con.ctx, name)
	if err != nil {
		return err
	}
	return errors.Join(do(d), d.Close())
}

// resumable adds the command that resumes to the error of interrupted work.
func resumable(ctx context.Context, con *console, err error) error {
	if _, bySignal := signalOf(ctx); bySignal || ctx.Err() == nil { // the console explains a signal
		return err
	}
	return fmt.Errorf("interrupted; finished work is kept, resume with: %s (%w)", con.commandLine(), err)
}

// predicting shows the progress of predictions, file by file.
type predicting struct {
	con  *console
	name string
	line *progress
}

func (p *predicting) set(name string, done, total int) {
	if p.line == nil || p.name != name {
		p.end()
		p.name, p.line = name, p.con.progress("answer "+name, "queries", int64(total))
	}
	p.line.Set(int64(done), 0)
}

func (p *predicting) end() {
	if p.line != nil {
		p.line.End()
		p.line = nil
	}
}
