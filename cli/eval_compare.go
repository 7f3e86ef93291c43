package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/report"
)

// evalGroup holds the commands about scores. Without the name of one, it scores.
type evalGroup struct {
	Score   evalCommand `cmd:"" default:"withargs" help:"Score a model, or predictions of any model: what eval does without a subcommand."`
	Compare evalCompare `cmd:"" help:"Say whether one scored model is better than another on the same items."`
	Merge   evalMerge   `cmd:"" help:"Join the parts of a benchmark that eval --shard has asked."`
	Rescore evalRescore `cmd:"" help:"Score the answers to a benchmark again, without the model."`
	Power   evalPower   `cmd:"" help:"Say which difference a number of items can find."`

	Contamination evalContamination `cmd:"" help:"Find a benchmark in training data; score clean and contaminated items."`
}

// evalCompare compares two scored models.
type evalCompare struct {
	A string `arg:"" placeholder:"A" help:"Run folder that eval has scored, folder of a benchmark that eval --out wrote (or of several such folders), or a file of scored items."`
	B string `arg:"" placeholder:"B" help:"The same of the other model."`

	Split     string   `placeholder:"SPLIT" help:"Split of the run folders; by default the only one that both have scored."`
	Metric    []string `placeholder:"METRIC" help:"Metrics to compare; default: all that both have."`
	Margin    float64  `default:"0" help:"Loss of B that is accepted, in the metric's unit: 0.01 is one point of an accuracy."`
	Flips     int      `default:"5" help:"Changed items to print, by metric and direction."`
	Partial   bool     `help:"Compare the items that both have, where one has more or other ones."`
	Resamples int      `default:"1000" help:"Bootstrap resamples for the intervals, and permutations of the tests."`
	Seed      uint64   `default:"0" help:"Seed of the resamples."`
	Out       string   `placeholder:"FILE" help:"Also write a page (HTML) with the verdict, groups and changed items."`
	Images    string   `placeholder:"FOLDER" help:"With --out: folder of the images, which are found by name."`
	Data      string   `placeholder:"DATASET" help:"With --out: dataset with the images, instead of --images."`
	JSON      bool     `help:"Print one JSON object."`
}

func (c evalCompare) Run(_ context.Context, con *console) error {
	if c.Resamples < 1 || c.Flips < 0 {
		return errors.New("--resamples must be 1 or more, and --flips 0 or more")
	}
	if c.Out == "" && (c.Images != "" || c.Data != "") {
		return errors.New("--images and --data are for the page: name it by --out")
	}
	a, b, err := scoredItems(c.A, c.B, c.Split)
	if err != nil {
		return err
	}
	result, err := compare.Compare(c.A, a, c.B, b, compare.Options{
		Metrics: c.Metric, Margin: c.Margin, Flips: c.Flips, Partial: c.Partial, Lower: con.lowerIsBetter, Statistics: con.statistics(),
		Bootstrap: metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed},
	})
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := c.page(con, result); err != nil {
			return err
		}
	}
	if c.JSON {
		return con.printJSON(result)
	}
	if err := result.WriteText(con.out); err != nil || c.Out == "" {
		return err
	}
	con.printf("wrote %s\n", c.Out)
	return nil
}

// page writes the page about a comparison.
func (c evalCompare) page(con *console, result *compare.Result) error {
	page, err := report.Compare(result, report.Options{Registry: con.registry(), Images: c.Images, Data: c.Data, Benchmarks: con.program.Benchmarks})
	if err != nil {
		return err
	}
	for _, note := range page.Notes {
		con.warn(note)
	}
	return report.WriteFile(c.Out, page)
}

// lowerIsBetter reports whether lower values of a metric are better.
func (con *console) lowerIsBetter(metric string) bool {
	for _, b := range con.program.Benchmarks {
		if slices.ContainsFunc(b.Metrics, func(m benchmarks.Metric) bool { return m.Name == metric && m.LowerIsBetter }) {
			return true
		}
	}
	return slices.ContainsFunc(append(evalsuite.BuiltinMetrics(), con.program.Metrics...), func(m evalsuite.Metric) bool {
		return m.Name == metric && m.LowerIsBetter
	})
}

// statistics returns the scores of all items together of the program's benchmarks.
func (con *console) statistics() (all []compare.Statistic) {
	for n := range con.program.Benchmarks {
		all = append(all, con.program.Benchmarks[n].Statistics()...)
	}
	return all
}

// scoredItems reads the scored items of two models.
func scoredItems(pathA, pathB, split string) (a, b []compare.Item, err error) {
	filesA, err := scoredFiles(pathA, split)
	if err != nil {
		return nil, nil, err
	}
	filesB, err := scoredFiles(pathB, split)
	if err != nil {
		return nil, nil, err
	}
	if split == "" && isFolder(pathA) && isFolder(pathB) && filepath.Base(filesA[0]) != filepath.Base(filesB[0]) {
		return nil, nil, fmt.Errorf("%s has %s and %s has %s: score both on the same split", pathA, filepath.Base(filesA[0]), pathB, filepath.Base(filesB[0]))
	}
	if a, err = readScored(filesA); err != nil {
		return nil, nil, err
	}
	b, err = readScored(filesB)
	return a, b, err
}

// readScored reads the scored items of several files.
func readScored(files []string) (all []compare.Item, err error) {
	for _, file := range files {
		items, err := compare.Read(file)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	return all, nil
}

// scoredFiles returns the paths of the scored items in a run folder, in the folder of a benchmark,
// or in a folder of several benchmarks' folders. The path of a file is returned as it is.
func scoredFiles(path, split string) ([]string, error) {
	if !isFolder(path) {
		return []string{path}, nil
	}
	if split != "" {
		file := filepath.Join(path, evalsuite.ItemsFile(split))
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("%s was not scored on the split %s: run eval --model %s --data DATASET --split %s first (its predictions are kept)", path, split, path, split)
		}
		return []string{file}, nil
	}
	if file := filepath.Join(path, benchmarks.ScoredFile); exists(file) {
		return []string{file}, nil
	}
	files, err := filepath.Glob(filepath.Join(globEscape(path), strings.Replace(evalsuite.ItemsFile("SPLIT"), "SPLIT", "*", 1)))
	if err == nil && len(files) == 0 {
		if files, err = filepath.Glob(filepath.Join(globEscape(path), "*", benchmarks.ScoredFile)); len(files) > 0 {
			return files, nil
		}
	}
	switch {
	case err != nil:
		return nil, err
	case len(files) == 0:
		return nil, fmt.Errorf("%s has no scored items: run eval --model %s --data DATASET --split SPLIT, or eval --bench BENCH with --out %s, first", path, path, path)
	case len(files) > 1:
		var names []string
		for _, file := range files {
			names = append(names, filepath.Base(file))
		}
		return nil, fmt.Errorf("%s has several: %s; choose by --split", path, strings.Join(names, ", "))
	}
	return files, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// globEscape escapes the characters of a path that have a meaning in a pattern.
func globEscape(path string) string {
	return strings.NewReplacer(`[`, `[[]`, `*`, `[*]`, `?`, `[?]`).Replace(path)
}

// evalPower plans a comparison.
type evalPower struct {
	A string `arg:"" optional:"" placeholder:"A" help:"Run folder or file of scored items, from which the deviation is taken."`
	B string `arg:"" optional:"" placeholder:"B" help:"The same of another model."`

	Split       string  `placeholder:"SPLIT" help:"Split of the run folders."`
	Metric      string  `placeholder:"METRIC" help:"The metric, if the files have several."`
	Deviation   float64 `placeholder:"SD" help:"Without files: standard deviation of the difference on an item."`
	Items       int     `placeholder:"N" help:"Number of items; of A and B the number of clusters, by default that which they have."`
	Difference  float64 `default:"0.01" help:"The true difference to find."`
	Probability float64 `default:"0.8" help:"Probability with which it is to be found."`
	Level       float64 `default:"0.05" help:"Probability of finding a difference that is not there."`
	JSON        bool    `help:"Print one JSON object."`
}

// planned is what power prints as JSON.
type planned struct {
	Deviation   float64 `json:"deviation"`
	Items       int     `json:"items"`
	Difference  float64 `json:"difference"`
	Probability float64 `json:"probability"`
	Level       float64 `json:"level"`
	Found       float64 `json:"found"`    // probability that the items find the difference
	Smallest    float64 `json:"smallest"` // difference that the items find with the probability
	Needed      int     `json:"needed"`   // items that find the difference with the probability
}

func (c evalPower) Run(_ context.Context, con *console) (err error) {
	p := planned{Deviation: c.Deviation, Items: c.Items, Difference: c.Difference, Probability: c.Probability, Level: c.Level}
	switch {
	case c.A != "" && c.B == "":
		return errors.New("two models are needed for the deviation of their difference: power A B; or give --deviation and --items")
	case c.A != "" && c.Deviation != 0:
		return errors.New("--deviation is for a plan without files: leave out A and B")
	case c.A != "":
		if err := c.measure(con, &p); err != nil {
			return err
		}
	case c.Deviation <= 0 || c.Items < 1:
		return errors.New("give two scored models, or --deviation and --items")
	}
	power := metrics.Power{Deviation: p.Deviation, Level: c.Level}
	p.Found = power.Detect(c.Difference, p.Items)
	if p.Smallest, err = power.Smallest(c.Probability, p.Items); err != nil {
		return err
	}
	if p.Needed, err = power.Needed(c.Difference, c.Probability); err != nil {
		return err
	}
	if c.JSON {
		return con.printJSON(p)
	}
	unit := "item"
	if c.A != "" {
		unit = "cluster" // of items that depend on each other, such as the questions about an image
	}
	con.printf("On %s whose difference has a standard deviation of %.4g, at the level %g:\n", plural(p.Items, unit), p.Deviation, p.Level)
	con.printf("  a true difference of %g is found with a probability of %.2f\n", p.Difference, p.Found)
	con.printf("  the smallest difference found with a probability of %g is %.4g\n", p.Probability, p.Smallest)
	con.printf("  to find %g with a probability of %g takes %s\n", p.Difference, p.Probability, plural(p.Needed, unit))
	return nil
}

// measure takes the deviation, and the number of items or clusters, from two scored models.
func (c evalPower) measure(con *console, p *planned) error {
	a, b, err := scoredItems(c.A, c.B, c.Split)
	if err != nil {
		return err
	}
	var names []string
	if c.Metric != "" {
		names = []string{c.Metric}
	}
	result, err := compare.Compare(c.A, a, c.B, b, compare.Options{Metrics: names, Partial: true, Bootstrap: metrics.Bootstrap{Resamples: 1}})
	if err != nil {
		return err
	}
	if len(result.Metrics) > 1 {
		var have []string
		for _, m := range result.Metrics {
			have = append(have, m.Name)
		}
		return fmt.Errorf("several metrics: choose by --metric from %s", strings.Join(have, ", "))
	}
	m := result.Metrics[0]
	con.info(fmt.Sprintf("%s of %s in %s", m.Name, plural(m.Difference.N, "item"), plural(m.Difference.Clusters, "cluster")))
	p.Deviation = m.Deviation
	if p.Items == 0 {
		p.Items = m.Difference.Clusters
	}
	return nil
}
