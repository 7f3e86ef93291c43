package benchmarks

import (
	"context"
	"errors"
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// vqav2 is VQA v2.0 (Goyal et al., CVPR 2017) in its official files: questions as {"questions":
// [{"question_id", "image_id", "question"}]}, annotations as {"annotations": [{"question_id",
// "image_id", "question_type", "answer_type", "answers": [{"answer", "answer_confidence",
// "answer_id"}]}]}, predictions as [{"question_id", "answer"}]. OK-VQA is published in the same
// form.
var vqav2 = Benchmark{
	Name:  "vqav2",
	About: "VQA v2.0, official accuracy, by answer type and question type",
	Score: scoreVQAv2,
}

type vqaAnnotation struct {
	QuestionID   questionID `json:"question_id"`
	QuestionType string     `json:"question_type"`
	AnswerType   string     `json:"answer_type"`
	Answers      []struct {
		Answer *string `json:"answer"`
	} `json:"answers"`
}

func scoreVQAv2(ctx context.Context, files Files, bootstrap metrics.Bootstrap) (*Result, error) {
	asked, err := readQuestionIDs(ctx, files.Questions)
	if err != nil {
		return nil, err
	}
	predicted, err := readPredictions(ctx, files.Predictions)
	if err != nil {
		return nil, err
	}
	var all []float64
	slice := map[string]map[string][]float64{"answer_type": {}, "question_type": {}}
	annotated := map[questionID]bool{}
	var missing []questionID
	err = eachRecord(ctx, files.Annotations, "annotations", func(_ int, a *vqaAnnotation) error {
		answers, err := a.texts()
		if err != nil {
			return err
		}
		if asked != nil && !asked[a.QuestionID] {
			return fmt.Errorf("question %s is not in %s", a.QuestionID, files.Questions)
		}
		if annotated[a.QuestionID] {
			return fmt.Errorf("question %s is annotated twice", a.QuestionID)
		}
		annotated[a.QuestionID] = true
		prediction, ok := predicted.take(a.QuestionID)
		if !ok {
			missing = append(missing, a.QuestionID)
			return nil
		}
		accuracy := metrics.VQAAccuracy(prediction, answers)
		all = append(all, accuracy)
		for name, group := range map[string]string{"answer_type": a.AnswerType, "question_type": a.QuestionType} {
			if group != "" {
				slice[name][group] = append(slice[name][group], accuracy)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(missing) > 0:
		return nil, fmt.Errorf("%s has no prediction for %d of %d questions of %s: %s",
			files.Predictions, len(missing), len(annotated), files.Annotations, few(missing))
	case len(annotated) == 0:
		return nil, fmt.Errorf("%s annotates no question", files.Annotations)
	}
	if err := predicted.unasked(files.Annotations); err != nil {
		return nil, err
	}
	return vqaResult("vqav2", all, slice, bootstrap), nil
}

// texts returns the answers, or an error that says what the annotation lacks.
func (a *vqaAnnotation) texts() ([]string, error) {
	if a.QuestionID == "" {
		return nil, errors.New(`no "question_id"`)
	}
	if len(a.Answers) == 0 {
		return nil, fmt.Errorf(`question %s has no "answers"`, a.QuestionID)
	}
	answers := make([]string, len(a.Answers))
	for i, answer := range a.Answers {
		if answer.Answer == nil {
			return nil, fmt.Errorf(`question %s: answer %d has no "answer"`, a.QuestionID, i)
		}
		answers[i] = *answer.Answer
	}
	return answers, nil
}

func vqaResult(bench string, all []float64, slice map[string]map[string][]float64, bootstrap metrics.Bootstrap) *Result {
	scores := func(values []float64) Scores { return Scores{"vqa_accuracy": bootstrap.Mean(values)} }
	result := &Result{Bench: bench, Scores: scores(all), Slices: map[string]map[string]Scores{}}
	for name, groups := range slice {
		result.Slices[name] = map[string]Scores{}
		for group, values := range groups {
			result.Slices[name][group] = scores(values)
		}
	}
	return result
}

// readQuestionIDs returns the ids of a questions file, or nil without one.
func readQuestionIDs(ctx context.Context, path string) (map[questionID]bool, error) {
	if path == "" {
		return nil, nil
	}
	ids := map[questionID]bool{}
	type question struct {
		QuestionID questionID `json:"question_id"`
	}
	err := eachRecord(ctx, path, "questions", func(_ int, q *question) error {
		if q.QuestionID == "" {
			return errors.New(`no "question_id"`)
		}
		if ids[q.QuestionID] {
			return fmt.Errorf("question %s occurs twice", q.QuestionID)
		}
		ids[q.QuestionID] = true
		return nil
	})
	return ids, err
}
