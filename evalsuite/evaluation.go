package evalsuite

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/atomicfile"
)

// Tasks that are scored.
const (
	CaptionTask   = "caption"
	VQATask       = "vqa"
	RetrievalTask = "retrieval"
)

// Metrics are the names of all scores, in the order in which they are shown.
var Metrics = []string{
	"caption_cider", "caption_exact", "caption_bleu4", "vqa_accuracy",
	"i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10",
}

// Scores compare a trained model with its baselines.
type Scores struct {
	Model metrics.Score `json:"model"`
	// Untrained is the same network before training.
	Untrained *metrics.Score `json:"untrained,omitempty"`
	// Blind is the better of the model before a grey image and the best constant answer; for
	// retrieval it is chance.
	Blind *metrics.Score `json:"blind,omitempty"`
}

// Evaluation is what scoring a model on a split found.
type Evaluation struct {
	// Model is the run's folder, or the file of predictions.
	Model string `json:"model"`
	// Data is the dataset's folder.
	Data  string `json:"data"`
	Split string `json:"split"`
	// Samples is how many samples with an image were looked at.
	Samples int `json:"samples"`
	// Scores by metric: see Metrics.
	Scores map[string]Scores `json:"scores"`
	// BlindBy says by metric which baseline Blind is: "grey image", "constant" or "chance".
	BlindBy map[string]string `json:"blind_by"`
	// ByLanguage holds scores by metric and language.
	ByLanguage map[string]map[string]Scores `json:"by_language,omitempty"`
	// ByKind holds scores by metric and kind of question.
	ByKind map[string]map[string]Scores `json:"by_kind,omitempty"`
	// LeftOut counts the samples that a task could not use.
	LeftOut []LeftOut `json:"left_out,omitempty"`
	// Failed counts by task what the model gave no answer to, as about an image that cannot be
	// read. It counts as wrong.
	Failed map[string]int `json:"failed,omitempty"`
	// Predictions compares a file of predictions with the dataset, where such a file was scored.
	Predictions *PredictionCount `json:"predictions,omitempty"`

	// Captions and Answers are what the model said, with truths and scores, and Blind what the
	// blind baseline answered.
	Captions, Answers, Blind []Item `json:"-"`
	// BlindCaptions are the captions of the blind baseline, by CIDEr.
	BlindCaptions []Item `json:"-"`
}

// EvaluationFile returns the name of the file of a split's evaluation in a run folder.
func EvaluationFile(split string) string { return "evaluation-" + fileName(split) + ".json" }

// PredictionsFolder is the folder of prediction files in a run folder.
const PredictionsFolder = "predictions"

// fileName is the name of a split in a file name: what is no letter, digit, dash, dot or underscore
// becomes an underscore.
func fileName(split string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, split)
}

// Write writes the evaluation into a run folder; the file appears when it is whole.
func (e *Evaluation) Write(dir string) (path string, err error) {
	content, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, EvaluationFile(e.Split))
	return path, atomicfile.WriteBytes(path, append(content, '\n'))
}

// tell records what a task could not use, if there is any.
func (e *Evaluation) tell(left LeftOut, warn func(string)) {
	if left.Count == 0 {
		return
	}
	e.LeftOut = append(e.LeftOut, left)
	warn(left.String())
}

// slice records the scores of a part of what was said.
func slice(into *map[string]map[string]Scores, metric, name string, s Scores) {
	if *into == nil {
		*into = map[string]map[string]Scores{}
	}
	if (*into)[metric] == nil {
		(*into)[metric] = map[string]Scores{}
	}
	(*into)[metric][name] = s
}
