package evalsuite

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/atomicfile"
)

// Tasks that are scored.
const (
	CaptionTask   = "caption"
	VQATask       = "vqa"
	RetrievalTask = "retrieval"
	ClassifyTask  = "classify"
	OCRTask       = "ocr"        // texts that are read out of images
	ObjectVQATask = "object_vqa" // questions about the objects of images
	MatchTask     = "match"      // whether a text describes an image
)

// Scores compares a trained model with its baselines.
type Scores struct {
	Model metrics.Score `json:"model"`
	// Untrained is the same network before training.
	Untrained *metrics.Score `json:"untrained,omitempty"`
	// Blind is the better of the model given a grey image and the best constant answer. For
	// retrieval it is chance.
	Blind *metrics.Score `json:"blind,omitempty"`
}

// Evaluation holds the scores of a model on a split.
type Evaluation struct {
	// Model is the run folder, or the file of predictions.
	Model string `json:"model"`
	// Data is the dataset's folder.
	Data  string `json:"data"`
	Split string `json:"split"`
	// Samples is the number of samples that have an image.
	Samples int `json:"samples"`
	// Scores by metric.
	Scores map[string]Scores `json:"scores"`
	// Metrics describes the metrics in Scores that are not built in.
	Metrics []Metric `json:"metrics,omitempty"`
	// BlindBy names by metric the baseline that Blind is: "grey image", "constant" or "chance".
	BlindBy map[string]string `json:"blind_by"`
	// ByLanguage holds scores by metric and language.
	ByLanguage map[string]map[string]Scores `json:"by_language,omitempty"`
	// ByKind holds scores by metric and kind of question.
	ByKind map[string]map[string]Scores `json:"by_kind,omitempty"`
	// ByClass holds the share of images of each class that are classified rightly.
	ByClass map[string]map[string]Scores `json:"by_class,omitempty"`
	// LeftOut counts the samples that a task could not use.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Failed counts by task the requests that the model could not answer, for example because an
	// image cannot be read. They count as wrong.
	Failed map[string]int `json:"failed,omitempty"`
	// Predictions compares a file of predictions with the dataset, if such a file was scored.
	Predictions *PredictionCount `json:"predictions,omitempty"`

	// Captions and Answers are the model's, with references and scores. Blind holds the answers,
	// and BlindCaptions the captions, of the blind baseline; captions are compared by CIDEr.
	Captions, Answers, Blind, BlindCaptions []Item `json:"-"`
	// Readings holds the texts that the model read in images.
	Readings []Item `json:"-"`
	// Objects and Matches are answers of the tasks object_vqa and match.
	Objects, Matches []Item `json:"-"`
	// Ranked holds the model's recalls of each image and language, in Values.
	Ranked []Item `json:"-"`
	// Classified holds the class of each image, with the right ones.
	Classified []Item `json:"-"`
}

// describe records the further metrics that have a score.
func (e *Evaluation) describe(further []Metric) {
	for _, m := range further {
		if _, ok := e.Scores[m.Name]; ok {
			e.Metrics = append(e.Metrics, Metric{Name: m.Name, Help: m.Help, Task: m.Task, Max: m.Max, LowerIsBetter: m.LowerIsBetter})
		}
	}
}

// MetricNames lists the metrics that have a score, except details, in the order in which they are
// shown: the built-in ones, then the others.
func (e *Evaluation) MetricNames() (names []string) { return e.metricNames(false) }

func (e *Evaluation) metricNames(details bool) (names []string) {
	for _, m := range append(BuiltinMetrics(), e.Metrics...) {
		if _, ok := e.Scores[m.Name]; ok && m.Detail == details {
			names = append(names, m.Name)
		}
	}
	return names
}

// Unclear lists the metrics, except details, by which the model is not clearly better than the
// blind baseline: the intervals overlap, or the baseline is better.
func (e *Evaluation) Unclear() (names []string) {
	for _, m := range append(BuiltinMetrics(), e.Metrics...) {
		s, ok := e.Scores[m.Name]
		if !ok || s.Blind == nil || m.Detail {
			continue
		}
		if !m.LowerIsBetter && s.Model.Lo <= s.Blind.Hi || m.LowerIsBetter && s.Model.Hi >= s.Blind.Lo {
			names = append(names, m.Name)
		}
	}
	return names
}

// EvaluationFile returns the name of the file in a run folder that holds the evaluation of a split.
func EvaluationFile(split string) string { return "evaluation-" + fileName(split) + ".json" }

// ItemsFile returns the name of the file in a run folder that holds the scored items of a split,
// for package compare.
func ItemsFile(split string) string { return "scored-" + fileName(split) + ".jsonl" }

// PredictionsFolder is the folder of prediction files in a run folder.
const PredictionsFolder = "predictions"

// fileName returns the name of a split as a part of a file name: every character other than
// letters, digits, dash, dot and underscore becomes an underscore.
func fileName(split string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, split)
}

// Write writes the evaluation and its scored items into a folder, which it makes, each atomically,
// and returns the path of the evaluation.
func (e *Evaluation) Write(dir string) (path string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := compare.Write(filepath.Join(dir, ItemsFile(e.Split)), e.Items()); err != nil {
		return "", err
	}
	content, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, EvaluationFile(e.Split))
	return path, atomicfile.WriteBytes(path, append(content, '\n'))
}

// leaveOut records what a task could not use, unless it is nothing.
func (e *Evaluation) leaveOut(left LeftOut, warn func(string)) {
	if left.Count == 0 {
		return
	}
	e.LeftOut = append(e.LeftOut, left)
	warn(left.String())
}

// addSlice records the scores of a part of the predictions, such as one language.
func addSlice(into *map[string]map[string]Scores, metric, name string, s Scores) {
	if *into == nil {
		*into = map[string]map[string]Scores{}
	}
	if (*into)[metric] == nil {
		(*into)[metric] = map[string]Scores{}
	}
	(*into)[metric][name] = s
}
