package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// outputs holds a model's predictions for the images of a split, with their scores.
type outputs struct {
	Split   string
	Samples []shards.Sample // Sample of an Item is a position among these
	// Image returns the file of a sample's first image. If it is nil, Samples have their images.
	Image func(sample int) ([]byte, error)
	// Captions and Answers of the model. Blind holds the answers of the blind baseline, if any.
	Captions, Answers, Blind []evalsuite.Item

	cider []float64 // of Captions
	bad   int       // number of lines in prediction files that cannot be read
}

// readOutputs reads the predictions in a folder's files (*.jsonl) about a split of a dataset, and
// scores them. Tasks are those of the run's recipe, which say what texts count as captions; without
// one for captions all do.
//
// If there are files whose names begin with the split, as pali3 eval names them, the others are
// passed over. So are those of an untrained model; those with "blind" in their name are the
// baseline's. Questions and captions without a prediction are left out.
func readOutputs(d *shards.Dataset, split, dir string, tasks ...mixture.Task) (*outputs, error) {
	o := &outputs{Split: split}
	rows, err := o.read(d)
	if err != nil {
		return nil, err
	}
	o.Image = func(sample int) ([]byte, error) {
		s, err := d.Row(rows[sample])
		if err != nil {
			return nil, err
		}
		return s.Images[0].Bytes, nil
	}
	o.Captions = asked(o.Samples, taskOf(tasks, "caption"))
	o.Answers = asked(o.Samples, taskOf(tasks, "vqa"))
	o.Blind = slices.Clone(o.Answers)
	if err := o.answer(dir); err != nil {
		return nil, err
	}
	return o, o.score()
}

// taskOf returns the recipe's task of a kind, or a task that takes everything.
func taskOf(tasks []mixture.Task, kind string) mixture.Task {
	t := mixture.Task{Kind: kind}
	if i := slices.IndexFunc(tasks, func(t mixture.Task) bool { return t.Kind == kind }); i >= 0 {
		t.Texts, t.Questions = tasks[i].Texts, tasks[i].Questions
	}
	return t
}

// asked is all that a task asks of the samples, with the ids that evalsuite gives it: one that
// comes twice is made unique by the sample's key.
func asked(samples []shards.Sample, t mixture.Task) (items []evalsuite.Item) {
	registry := mixture.Builtin()
	seen := map[string]bool{}
	for i := range samples {
		for n, ask := range registry.Asks(t, &samples[i]) {
			for again := n; seen[ask.ID]; again++ {
				ask.ID = fmt.Sprintf("%s#%d", samples[i].Key, again)
			}
			seen[ask.ID] = true
			items = append(items, evalsuite.Item{Sample: i, Language: ask.Language, Kind: ask.Kind, ID: ask.ID, Question: ask.Question, References: ask.Truths})
		}
	}
	return items
}

// read reads the split's samples without their images, and returns their rows.
func (o *outputs) read(d *shards.Dataset) (rows []int, err error) {
	view, err := d.Select("key", "split", "texts", "questions", "images.format")
	if err != nil {
		return nil, err
	}
	row := 0
	for s, err := range view.Samples() {
		if err != nil {
			return nil, err
		}
		if (s.Split == o.Split || o.Split == evalsuite.AllSplits) && len(s.Images) > 0 {
			o.Samples, rows = append(o.Samples, s), append(rows, row)
		}
		row++
	}
	return rows, nil
}

// answer fills in the predictions of all files, and drops items without a prediction.
func (o *outputs) answer(dir string) error {
	files, err := filepath.Glob(filepath.Join(escaped(dir), "*.jsonl"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	begin := strings.TrimSuffix(strings.TrimPrefix(evalsuite.EvaluationFile(o.Split), evaluationPrefix), ".json") + "-"
	ofSplit := func(path string) bool { return strings.HasPrefix(filepath.Base(path), begin) }
	if slices.ContainsFunc(files, ofSplit) {
		files = slices.DeleteFunc(files, func(path string) bool { return !ofSplit(path) })
	}
	model, blind := map[string]*prediction{}, map[string]*prediction{}
	for i := range o.Captions {
		model["caption "+o.Captions[i].ID] = nil
	}
	for i := range o.Answers {
		model["vqa "+o.Answers[i].ID], blind["vqa "+o.Answers[i].ID] = nil, nil
	}
	for _, file := range files {
		name := filepath.Base(file)
		into := model
		switch {
		case strings.Contains(name, "untrained"):
			continue
		case strings.Contains(name, "blind"):
			into = blind
		}
		if err := o.readFile(file, into); err != nil {
			return err
		}
	}
	o.Captions = answered(o.Captions, "caption ", model)
	o.Answers = answered(o.Answers, "vqa ", model)
	o.Blind = answered(o.Blind, "vqa ", blind)
	return nil
}

// escaped quotes the characters of a folder's name that are special in patterns.
func escaped(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// readFile puts the predictions of a file into those that are wanted. If a line does not name its
// task, the id decides.
func (o *outputs) readFile(path string, wanted map[string]*prediction) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var p evalsuite.Prediction
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if json.Unmarshal(lines.Bytes(), &p) != nil || p.ID == "" {
			o.bad++
			continue
		}
		if strings.HasPrefix(p.Weights, "initial:") {
			continue
		}
		for _, task := range []string{"caption ", "vqa "} {
			if p.Task != "" && !strings.HasPrefix(task, p.Task) {
				continue
			}
			if have, asked := wanted[task+p.ID]; asked && have == nil {
				wanted[task+p.ID] = &prediction{p.Prediction, p.Error}
			}
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) { // the rest of the file cannot be read
		o.bad++
		return nil
	}
	if lines.Err() != nil {
		return fmt.Errorf("reading %s: %w", path, lines.Err())
	}
	return nil
}

// prediction is a predicted text, or why there is none.
type prediction struct{ text, failed string }

func answered(all []evalsuite.Item, task string, predictions map[string]*prediction) (items []evalsuite.Item) {
	for _, s := range all {
		if p := predictions[task+s.ID]; p != nil {
			s.Prediction, s.Error = p.text, p.failed
			items = append(items, s)
		}
	}
	return items
}

// score scores the predictions.
func (o *outputs) score() error {
	once := metrics.Bootstrap{Resamples: 1} // the intervals are not used
	if _, _, err := evalsuite.ScoreCaptions(o.Captions, once); err != nil {
		return err
	}
	evalsuite.ScoreAnswers(o.Answers, once)
	evalsuite.ScoreAnswers(o.Blind, once)
	return o.scoreCIDEr()
}

// scoreCIDEr scores each caption, with the document frequencies of its language's references.
func (o *outputs) scoreCIDEr() error {
	o.cider = make([]float64, len(o.Captions))
	members := map[string][]int{}
	for i := range o.Captions {
		members[o.Captions[i].Language] = append(members[o.Captions[i].Language], i)
	}
	for _, of := range members {
		var candidates []string
		var references [][]string
		for _, i := range of {
			candidates, references = append(candidates, o.Captions[i].Prediction), append(references, o.Captions[i].References)
		}
		scores, err := metrics.CaptionCIDEr(candidates, references)
		if err != nil {
			return err
		}
		for j, i := range of {
			o.cider[i] = scores[j]
		}
	}
	return nil
}

// image returns the file of a sample's first image.
func (o *outputs) image(sample int) ([]byte, error) {
	if o.Image != nil {
		return o.Image(sample)
	}
	return o.Samples[sample].Images[0].Bytes, nil
}
