package report

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// Options of a report.
type Options struct {
	// Samples is the number of images in each random gallery; default 12. The other parts show more
	// or fewer images in proportion.
	Samples int
	// Seed selects the images.
	Seed uint64
	// Registry holds what the runs' recipes name; nil for what is built in.
	Registry *stages.Registry
	// Images is a folder, and Data a dataset, in which the images of a benchmark or of a comparison
	// are found by their keys. Without either, items are shown without images.
	Images, Data string
	// Benchmarks describes benchmarks; nil for the built-in ones.
	Benchmarks benchmarks.Table
}

// maxSamples bounds Options.Samples.
const maxSamples = 100

func (o *Options) fill() error {
	if o.Samples == 0 {
		o.Samples = 12
	}
	if o.Benchmarks == nil {
		o.Benchmarks = benchmarks.Builtin()
	}
	if o.Images != "" && o.Data != "" {
		return errors.New("give a folder of images or a dataset, not both")
	}
	if o.Samples < 1 || o.Samples > maxSamples {
		return fmt.Errorf("%d images: must be 1 to %d", o.Samples, maxSamples)
	}
	return nil
}

// Build reads one run folder, several run folders to compare, one project folder, or the folder of
// a scored benchmark, and returns the report.
func Build(ctx context.Context, runs []string, o Options) (*Report, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, errors.New("no run folder given")
	}
	p := &page{Options: o, report: &Report{}, datasets: map[string]*shards.Dataset{}}
	defer p.close()
	if len(runs) == 1 && isBenchmark(runs[0]) {
		if err := p.openImages(); err != nil {
			return nil, err
		}
		return p.benchmark(runs[0])
	}
	for _, dir := range runs {
		if isBenchmark(dir) {
			return nil, fmt.Errorf("%s is the folder of a benchmark: two of them are compared by eval compare A B --out PAGE", dir)
		}
	}
	if o.Images != "" || o.Data != "" {
		return nil, errors.New("a folder of images, or a dataset of them, is for the folder of a benchmark that was scored")
	}
	if len(runs) == 1 && !isRun(runs[0]) {
		return p.project(ctx, runs[0])
	}
	var opened []*run
	for _, dir := range runs {
		if len(projectRuns(dir)) > 0 && !isRun(dir) {
			return nil, fmt.Errorf("%s is a project; to compare runs, give run folders such as %s", dir, projectRuns(dir)[0])
		}
		r, err := openRun(dir, p.Registry)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(opened, func(other *run) bool { return same(other.dir, r.dir) }) {
			return nil, fmt.Errorf("%s is given twice", dir)
		}
		opened = append(opened, r)
	}
	distinguish(opened)
	if len(opened) == 1 {
		return p.single(ctx, opened[0])
	}
	return p.sideBySide(ctx, opened)
}

// page is a report that is being built.
type page struct {
	Options
	album
	report   *Report
	datasets map[string]*shards.Dataset // open, by folder; nil where there is none
	find     finder                     // of images by key, or nil
	unfound  int                        // images that were not found
}

func (p *page) close() {
	for _, d := range p.datasets {
		if d != nil {
			d.Close()
		}
	}
}

func (p *page) note(format string, args ...any) {
	p.report.Notes = append(p.report.Notes, fmt.Sprintf(format, args...))
}

func (p *page) miss(what, command string) {
	p.report.Missing = append(p.report.Missing, Missing{What: what, Command: command})
}

// dataset opens a dataset, once. It returns nil if the dataset cannot be opened.
func (p *page) dataset(dir string) *shards.Dataset {
	if dir == "" {
		return nil
	}
	d, known := p.datasets[dir]
	if !known {
		d, _ = p.Registry.OpenDataset(context.Background(), dir)
		p.datasets[dir] = d
	}
	return d
}

// done adds the notes about thumbnails and returns the report.
func (p *page) done() *Report {
	if p.unfound > 0 {
		p.note("%d images of the items shown were not found in %s.", p.unfound, p.Images+p.Data)
	}
	p.report.Notes = append(p.report.Notes, p.album.notes()...)
	return p.report
}

// single builds the report of one run.
func (p *page) single(ctx context.Context, r *run) (*Report, error) {
	p.report.Title = r.name
	p.report.Summary = aboutRecipe(r.recipe)
	p.report.Facts = facts(r)
	p.report.Seconds = r.seconds()
	p.take(r)
	if err := p.data(r); err != nil {
		return nil, err
	}
	if err := p.mixtureOf(ctx, r); err != nil {
		return nil, err
	}
	p.missingValidation(r)
	stage := r.stage()
	stage.Name, stage.About, stage.Seconds = "", sentence(r.kept()), 0
	p.report.Stages = []Stage{stage}
	for _, e := range p.evaluations(r) {
		p.report.Scores = append(p.report.Scores, e.table(e.Split)...)
		p.report.Breakdown = append(p.report.Breakdown, e.breakdown(words(e.Split)+": ")...)
		if o := e.outputs(p, r); o != nil {
			if err := p.galleries(o); err != nil {
				return nil, err
			}
		} else if writes(r.recipe) {
			p.miss("Captions and answers on "+e.Split+" are not shown, because the predictions or the dataset are missing. Create predictions with", p.evalCommand(r, e.Split))
		}
	}
	p.report.Reproduce = commands(r)
	return p.done(), nil
}

// sentence turns a clause into a sentence.
func sentence(clause string) string {
	if clause == "" {
		return ""
	}
	return strings.ToUpper(clause[:1]) + clause[1:] + "."
}

// missingValidation says how to train with validation, if the run was trained without.
func (p *page) missingValidation(r *run) {
	if !r.known || len(r.curves.evaluations) > 0 {
		return
	}
	every := max(1, r.recipe.Steps/10)
	p.miss(r.name+" was trained without validation, so there is no validation curve. Train with validation by",
		fmt.Sprintf("pali3 train --recipe %s --set eval.every=%d --set eval.split=%s --out %s", word(filepath.Join(r.dir, stages.RecipeFile)), every, word(p.heldOut(r)), word(filepath.Clean(r.dir)+"-again")))
}

// heldOut returns the name of a held-out split of the run's data, or val if none has a usual name.
func (p *page) heldOut(r *run) string {
	if d := p.dataset(r.recipe.Mixture.Data); d != nil {
		for _, name := range []string{"val", "validation", "test", "held_out"} {
			if d.Manifest().Totals.Splits[name] > 0 {
				return name
			}
		}
	}
	return "val"
}

// take copies the notes about a run.
func (p *page) take(r *run) {
	p.report.Notes = append(p.report.Notes, r.notes...)
	p.report.Missing = append(p.report.Missing, r.missing...)
}

// facts returns the main figures of a run's recipe.
func facts(r *run) []Fact {
	if !r.known {
		return nil
	}
	steps := number(int64(r.recipe.Steps))
	if r.lastStep() != r.recipe.Steps {
		steps = number(int64(r.lastStep())) + " of " + steps
	}
	return []Fact{
		{Label: "Family", Value: r.recipe.Family}, {Label: "Steps", Value: steps}, {Label: "Batch", Value: fmt.Sprint(r.recipe.Mixture.Batch)},
		{Label: "Optimizer", Value: r.recipe.Optimizer.Name}, {Label: "Learning rate", Value: fmt.Sprint(r.recipe.Optimizer.LearningRate)},
		{Label: "Seed", Value: fmt.Sprint(r.recipe.Mixture.Seed)},
	}
}

// data adds the run's datasets and its tokenizer, unless the page has them already.
func (p *page) data(r *run) error {
	if !r.known {
		return nil
	}
	model := p.tokenizer(r)
	for _, dir := range datasetsOf(r.recipe) {
		d := p.dataset(dir)
		if d == nil {
			p.missingData(r, dir)
			continue
		}
		if slices.ContainsFunc(p.report.Data, func(shown Data) bool { return shown.Name == dataName(p, d) }) {
			continue
		}
		shown, err := p.album.data(d, model, trainSplit(r.recipe, dir), min(96, 8*p.Samples), p.Seed)
		if err != nil {
			p.note("%s cannot be read: %v.", dir, err)
			continue
		}
		shown.Name = dataName(p, d)
		if shown.Curation, err = curationOf(d); err != nil {
			p.note("The rejects of %s cannot be read: %v.", dir, err)
		} else if shown.Curation == nil {
			p.miss("The dataset is not curated. Curate it with", "pali3 curate "+word(dir)+" --recipe RECIPE --to NEW")
		}
		p.report.Data = append(p.report.Data, shown)
		if p.report.Tokenizer == nil && model != nil {
			if p.report.Tokenizer, err = tokenizerFit(model, d); err != nil {
				p.note("The texts of %s cannot be read: %v.", dir, err)
			}
		}
	}
	return nil
}

// dataName returns the path of a dataset, relative to the current folder if it is inside.
func dataName(_ *page, d *shards.Dataset) string {
	if shards.IsURL(d.Dir()) {
		return d.Dir()
	}
	here, err := os.Getwd()
	if err != nil {
		return d.Dir()
	}
	absolute, err := filepath.Abs(d.Dir())
	if err != nil {
		return d.Dir()
	}
	if relative, err := filepath.Rel(here, absolute); err == nil && !strings.HasPrefix(relative, "..") {
		return filepath.ToSlash(relative)
	}
	return absolute
}

func (p *page) missingData(r *run, dir string) {
	what := fmt.Sprintf("%s: its dataset %s is missing or damaged, so data and mixture are left out.", r.name, dir)
	if !slices.ContainsFunc(p.report.Missing, func(m Missing) bool { return m.What == what }) {
		p.miss(what, "")
	}
}

// tokenizer opens a run's tokenizer. It returns nil if it cannot be opened.
func (p *page) tokenizer(r *run) *sentencepiece.Model {
	path := r.own().Mixture.Tokenizer.Model
	if strings.HasPrefix(path, "pali3:") {
		content, err := p.Registry.Mixture().ReadTokenizer(path)
		if err != nil {
			return nil
		}
		model, _ := sentencepiece.Parse(content)
		return model
	}
	model, err := sentencepiece.Open(path)
	if err != nil {
		p.note("%s: its tokenizer cannot be opened: %v.", r.name, err)
		return nil
	}
	return model
}

// datasetsOf lists the datasets of a recipe without repetition.
func datasetsOf(r stages.Recipe) (dirs []string) {
	for _, t := range r.Mixture.Tasks {
		dir := t.Data
		if dir == "" {
			dir = r.Mixture.Data
		}
		if t.Weight > 0 && dir != "" && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// trainSplit returns the split of a dataset that a recipe trains on; "" means all.
func trainSplit(r stages.Recipe, dir string) string {
	for _, t := range r.Mixture.Tasks {
		if t.Data == dir || t.Data == "" && r.Mixture.Data == dir {
			switch t.Split {
			case "":
				return "train"
			case "all":
				return ""
			}
			return t.Split
		}
	}
	return "train"
}

// mixtureOf adds examples of what a run is trained on.
func (p *page) mixtureOf(ctx context.Context, r *run) error {
	if !r.known || slices.ContainsFunc(datasetsOf(r.recipe), func(dir string) bool { return p.dataset(dir) == nil }) {
		return nil
	}
	fed, err := p.album.mixture(ctx, r.name, r.own().Mixture, max(1, p.Samples/4))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		p.note("%s: its training examples cannot be shown: %v.", r.name, err)
		return nil
	}
	p.report.Mixtures = append(p.report.Mixtures, fed)
	return nil
}

// evaluations returns the evaluations of a run. If it has none, the page says how to create them.
func (p *page) evaluations(r *run) []evaluation {
	found := p.readEvaluations(r.dir)
	if len(found) > 0 || !looks(r.recipe) {
		return found
	}
	if r.done {
		p.miss(r.name+" was not scored after training. Score it with", p.evalCommand(r, ""))
	}
	return nil
}

// evalCommand returns the command that scores a run on a split. If split is empty it chooses one.
func (p *page) evalCommand(r *run, split string) string {
	data := r.recipe.Mixture.Data
	if split == "" {
		split = p.heldOut(r)
	}
	return fmt.Sprintf("pali3 eval --model %s --data %s --split %s", word(r.dir), word(data), word(split))
}

// galleries adds the best, the worst and randomly drawn predictions on a split.
func (p *page) galleries(o *outputs) error {
	few := max(1, p.Samples/2)
	worst, err := p.album.extremes(o, few, p.Seed, false)
	if err != nil {
		return err
	}
	best, err := p.album.extremes(o, few, p.Seed, true)
	if err != nil {
		return err
	}
	drawn, err := p.album.random(o, p.Samples, p.Seed)
	if err != nil {
		return err
	}
	p.report.Galleries = append(append(append(p.report.Galleries, worst...), best...), drawn)
	return nil
}

// commands returns the commands that train the runs again.
func commands(runs ...*run) (lines []string) {
	for _, r := range runs {
		if r.known {
			lines = append(lines, "pali3 train --recipe "+word(filepath.Join(r.dir, stages.RecipeFile))+" --out "+word(filepath.Clean(r.dir)+"-again"))
		}
	}
	return lines
}
