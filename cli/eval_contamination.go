package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/contamination"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/report"
	"github.com/pali3/pali3/ingest"
	layouts "github.com/pali3/pali3/ingest/benchmarks"
	"github.com/pali3/pali3/shards"
)

// evalContamination looks for a benchmark in training data.
type evalContamination struct {
	Train      []string `placeholder:"DATASET" help:"Training datasets to search: folders or URLs; repeat the flag."`
	TrainSplit []string `placeholder:"SPLIT" help:"Search only these splits of the training datasets."`

	Data        string `placeholder:"DATASET" help:"The benchmark, as a dataset."`
	Split       string `placeholder:"SPLIT" help:"Split of the benchmark; by default all of it."`
	Bench       string `placeholder:"BENCH" help:"The benchmark by its owner's files, with --annotations; with --data, the benchmark that the dataset was made of."`
	Annotations string `placeholder:"FILE" help:"With --bench: the benchmark's annotations."`
	Questions   string `placeholder:"FILE" type:"existingfile" help:"With --bench: the benchmark's questions, if they are a separate file."`
	Instances   string `placeholder:"FILE" type:"existingfile" help:"With --bench: boxes and images (RefCOCO)."`
	Classes     string `placeholder:"FILE" type:"existingfile" help:"With --bench: names of classes (Open Images)."`
	Images      string `placeholder:"FOLDER" help:"With --bench: folder of the images, without which only texts are searched for."`

	Rule   []string `placeholder:"RULE" help:"Rules to apply, or all; --list names them."`
	Bits   int      `default:"6" help:"Difference of hashes, of 64 bits, up to which images are alike."`
	Colour int      `default:"12" help:"Difference of thumbnails, of 255 levels, up to which images are alike."`
	List   bool     `help:"List the rules with their sources."`

	Scored    string `placeholder:"FILE" help:"Scored items of a model on the benchmark, or its run folder: adds its scores on all, clean and contaminated items."`
	Resamples int    `default:"1000" help:"Bootstrap resamples for the intervals."`
	Seed      uint64 `default:"0" help:"Seed of the resamples."`

	Shard share    `placeholder:"i/n" help:"Search only part i of n of the training data, from 1, and write OUT/part.jsonl; --part joins the parts."`
	Part  []string `placeholder:"FOLDER" help:"Instead of a search: join what --shard wrote, by the same other flags; one folder or file for each part."`

	Out     string  `placeholder:"FOLDER" help:"Write contamination.jsonl (the items found), contamination.json (the summary) and contamination.html here."`
	Samples int     `default:"24" help:"Items to show on the page."`
	Workers workers `help:"Goroutines that search; default one per core."`
	JSON    bool    `help:"Print the summary as one JSON object."`
}

func (c evalContamination) Run(ctx context.Context, con *console) error {
	if c.List {
		return c.list(con)
	}
	if err := c.check(); err != nil {
		return err
	}
	var scored []compare.Item
	if c.Scored != "" {
		files, err := scoredFiles(c.Scored, c.Split)
		if err != nil {
			return err
		}
		if scored, err = readScored(files); err != nil {
			return err
		}
	}
	return con.onDatasets(c.Train, func(train []*shards.Dataset) error { return c.audit(ctx, con, train, scored) })
}

// check returns an error if flags are missing or conflict.
func (c evalContamination) check() error {
	switch {
	case len(c.Train) == 0:
		return errors.New("--train DATASET is missing: the training data to search")
	case c.Data == "" && c.Bench == "":
		return errors.New("name the benchmark: --data DATASET, or --bench BENCH --annotations FILE")
	case c.Data == "" && c.Annotations == "":
		return errors.New("--bench needs the benchmark's --annotations, or --data, a dataset made of it")
	case c.Data != "" && (c.Annotations != "" || c.Images != "" || c.Questions != "" || c.Instances != "" || c.Classes != ""):
		return errors.New("give the benchmark as --data or by its owner's files; not both")
	case c.Out == "" && !c.JSON:
		return errors.New("--out FOLDER is missing: where the items found are written; or give --json for the summary alone")
	case c.Shard.hosts > 0 && (c.Out == "" || c.Scored != "" || len(c.Part) > 0 || c.JSON):
		return errors.New("--shard writes a part to --out; --scored, --json and --part belong to the command that joins the parts")
	case c.Resamples < 1 || c.Samples < 0:
		return errors.New("--resamples must be 1 or more, and --samples 0 or more")
	}
	for _, train := range c.Train {
		if c.Data != "" && filepath.Clean(train) == filepath.Clean(c.Data) && (c.Split == "" || len(c.TrainSplit) == 0) {
			return fmt.Errorf("%s is both the training data and the benchmark: name the splits with --train-split and --split", train)
		}
	}
	return nil
}

func (c evalContamination) list(con *console) error {
	rules := contamination.Rules()
	if c.JSON {
		return con.printJSON(rules)
	}
	for _, r := range rules {
		byDefault := ""
		if r.Default {
			byDefault = "  (by default)"
		}
		con.printf("%-16s %s%s\n%-16s %s\n%-16s from: %s\n", r.Name, r.Kind, byDefault, "", r.About, "", r.Source)
	}
	return nil
}

// audit searches the training data and reports what was found.
func (c evalContamination) audit(ctx context.Context, con *console, train []*shards.Dataset, scored []compare.Item) (err error) {
	var bar *progress
	a, err := contamination.New(contamination.Options{
		Rules: c.Rule, Bits: c.Bits, Colour: c.Colour, Splits: c.TrainSplit, Workers: int(c.Workers),
		Progress: func(done, _ int) { bar.Set(int64(done), 0) },
	})
	if err != nil {
		return err
	}
	source, err := c.source(con)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	if err := source.add(ctx, a); err != nil {
		return err
	}
	rows := 0
	for _, d := range train {
		rows += d.Len()
	}
	if len(c.Part) == 0 {
		bar = con.progress("search", "rows", int64(rows))
	}
	if c.Shard.hosts > 0 {
		return c.searchPart(ctx, con, a, train, bar)
	}
	result, err := c.search(ctx, a, train)
	if bar != nil {
		bar.End()
	}
	if err != nil {
		return err
	}
	if scored != nil {
		if err := result.Score(scored, metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed}); err != nil {
			return fmt.Errorf("%s: %w", c.Scored, err)
		}
	}
	if c.Out != "" {
		if err := c.write(ctx, result, source, train); err != nil {
			return err
		}
	}
	if c.JSON {
		for _, note := range result.Notes() {
			con.warn(note)
		}
		return con.printJSON(result)
	}
	if err := result.WriteText(con.out); err != nil {
		return err
	}
	con.printf("\nwrote %s, contamination.json and contamination.html\n", filepath.Join(c.Out, contamination.ItemsFile))
	return nil
}

// partFile is the file in a folder that --shard writes.
const partFile = "part.jsonl"

// searchPart searches a part of the training data.
func (c evalContamination) searchPart(ctx context.Context, con *console, a *contamination.Audit, train []*shards.Dataset, bar *progress) error {
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return err
	}
	path := filepath.Join(c.Out, partFile)
	err := a.SearchPart(ctx, train, contamination.Shard{Index: c.Shard.host - 1, Of: c.Shard.hosts}, path)
	bar.End()
	if err != nil {
		return err
	}
	con.printf("wrote %s: part %d of %d\nNext: the same command with --part %s ... (all %d parts) instead of --shard\n", path, c.Shard.host, c.Shard.hosts, quoted(c.Out), c.Shard.hosts)
	return nil
}

// search searches the training data, or joins the parts of a search.
func (c evalContamination) search(ctx context.Context, a *contamination.Audit, train []*shards.Dataset) (*contamination.Result, error) {
	if len(c.Part) == 0 {
		return a.Search(ctx, train)
	}
	var paths []string
	for _, path := range c.Part {
		if isFolder(path) {
			path = filepath.Join(path, partFile)
		}
		paths = append(paths, path)
	}
	return a.Merge(train, paths)
}

// write writes the result and its page.
func (c evalContamination) write(ctx context.Context, result *contamination.Result, source *benchmarkSource, train []*shards.Dataset) error {
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return err
	}
	if err := result.Write(c.Out); err != nil {
		return err
	}
	page, err := report.BuildContamination(ctx, result, report.ContaminationOptions{
		Benchmark: source.name, Samples: c.Samples, Train: train,
		Images: func(keys map[string]bool) (map[string][]shards.Image, error) { return source.images(ctx, keys) },
	})
	if err != nil {
		return err
	}
	return report.WriteFile(filepath.Join(c.Out, "contamination.html"), page)
}

// benchmarkSource reads a benchmark: a split of a dataset, or the owner's files.
type benchmarkSource struct {
	evalContamination
	con   *console
	name  string
	bench *benchmarks.Benchmark
	data  *shards.Dataset // nil for the owner's files
}

func (c evalContamination) source(con *console) (*benchmarkSource, error) {
	s := &benchmarkSource{evalContamination: c, con: con, name: c.Bench}
	if c.Bench != "" {
		bench, err := con.program.Benchmarks.Named(c.Bench)
		if err != nil {
			return nil, err
		}
		s.bench = &bench
	}
	if c.Data == "" {
		return s, nil
	}
	s.name = strings.TrimSpace(c.Data + " " + c.Split)
	var err error
	s.data, err = con.open(c.Data)
	return s, err
}

func (s *benchmarkSource) close() error {
	if s.data == nil {
		return nil
	}
	return s.data.Close()
}

// add adds the benchmark to the audit.
func (s *benchmarkSource) add(ctx context.Context, a *contamination.Audit) error {
	if s.data != nil {
		var items func(*shards.Sample) []benchmarks.Item
		if s.bench != nil {
			items = func(sample *shards.Sample) []benchmarks.Item { return s.bench.Items(sample, "", nil) }
		}
		return a.AddDataset(ctx, s.data, s.Split, items)
	}
	err := a.AddBenchmark(ctx, s.bench, benchmarks.Files{
		Annotations: s.Annotations, Questions: s.Questions, Instances: s.Instances, Classes: s.Classes, Split: s.Split,
	})
	if err != nil || s.Images == "" {
		return err
	}
	rejected := 0
	err = s.eachImage(ctx, func(sample *shards.Sample, bad error) error {
		if bad != nil {
			if rejected++; rejected <= 3 {
				s.con.warn(fmt.Sprintf("image of the benchmark: %s: %v", sample.Key, bad))
			}
			return nil
		}
		if a.Asks(sample.Key) {
			a.Add(sample, nil)
		}
		return nil
	})
	if rejected > 3 {
		s.con.warn(fmt.Sprintf("%d records of the benchmark have no readable image", rejected))
	}
	return err
}

// eachImage calls visit for the samples with images that the owner's files make.
func (s *benchmarkSource) eachImage(ctx context.Context, visit func(*shards.Sample, error) error) error {
	from, err := layouts.New(layouts.Options{
		Layout: s.bench.Layout, Annotations: s.Annotations, Questions: s.Questions, Classes: s.Classes, Instances: s.Instances, Images: s.Images, Split: s.Split,
	})
	if err != nil {
		return err
	}
	for r := range from.Records(ctx, ingest.Cursor{}) {
		bad := r.Err
		if bad == nil && r.Reason != "" {
			bad = errors.New(r.Reason)
		}
		if err := visit(&r.Sample, bad); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// images returns the images of some samples of the benchmark.
func (s *benchmarkSource) images(ctx context.Context, keys map[string]bool) (map[string][]shards.Image, error) {
	found := map[string][]shards.Image{}
	take := func(sample *shards.Sample) {
		if keys[sample.Key] && len(sample.Images) > 0 {
			found[sample.Key] = sample.Images
		}
	}
	switch {
	case len(keys) == 0:
	case s.data != nil:
		for sample, err := range s.data.Samples() {
			if err != nil {
				return nil, err
			}
			take(&sample)
		}
	case s.Images != "":
		err := s.eachImage(ctx, func(sample *shards.Sample, bad error) error {
			if bad == nil {
				take(sample)
			}
			return nil
		})
		return found, err
	}
	return found, nil
}

// onDatasets calls do with open datasets.
func (con *console) onDatasets(names []string, do func([]*shards.Dataset) error) (err error) {
	var open []*shards.Dataset
	defer func() {
		for _, d := range open {
			err = errors.Join(err, d.Close())
		}
	}()
	for _, name := range names {
		d, err := con.open(name)
		if err != nil {
			return err
		}
		open = append(open, d)
	}
	return do(open)
}
