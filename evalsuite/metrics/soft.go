package metrics

import "strings"

// SoftAccuracy is min(1, m/3), m being the number of answers that are the same string as the
// prediction. It is the rule of A-OKVQA's direct answers (allenai/aokvqa, eval_predictions.py), and
// big_vision scores OKVQA, A-OKVQA and VizWiz-VQA with it (evaluators/proj/paligemma/transfers/
// vqa.py). Nothing is normalised.
func SoftAccuracy(prediction string, answers []string) float64 {
	equal := 0
	for _, answer := range answers {
		if answer == prediction {
			equal++
		}
	}
	return min(1, float64(equal)/3)
}

// VizWizAccuracy scores an answer to a VizWiz question as the owners' vqaEval.py does: the VQA rule
// ([VQAAccuracy]) with two differences. The prediction is always processed, with the file's own
// contractions (it writes most apostrophes as ’), and the people's answers are never: VizWiz ships
// them cleaned.
func VizWizAccuracy(prediction string, answers []string) float64 {
	var few [maxVQAAnswers]string
	var places [maxVQAAnswers]int
	texts, of := different(answers, few[:0], places[:0])
	return leaveOneOut(vizWiz.process(cleanVQA(prediction)), texts, of)
}

// EvalAIAccuracy is the VQA rule with the answers processed by EvalAI's processor, as TextVQA's
// owners score (facebookresearch/mmf, EvalAIAnswerProcessor and TextVQAAccuracyEvaluator) and as
// lmms-eval scores TextVQA, OKVQA and VizWiz-VQA: prediction and answers are always processed, and
// a possessive 's becomes a word of its own.
func EvalAIAccuracy(prediction string, answers []string) float64 {
	return processedAccuracy(prediction, answers, NormalizeEvalAI)
}

// NormalizeEvalAI returns the answer as EvalAI's processor compares it.
func NormalizeEvalAI(answer string) string {
	answer = evalAIWords.Replace(pythonLower(answer))
	return evalAI.process(cleanVQA(pythonStrip(answer)))
}

// LMMsEvalVQAAccuracy scores an answer to VQA v2 as lmms-eval does (tasks/vqav2/utils.py):
// [VQAAccuracy], but prediction and answers are processed even if all answers are the same.
func LMMsEvalVQAAccuracy(prediction string, answers []string) float64 {
	return processedAccuracy(prediction, answers, func(answer string) string { return evalAI.process(cleanVQA(answer)) })
}

// VLMEvalKitVQAAccuracy scores an answer as VLMEvalKit does (dataset/utils/vqa_eval.py, method
// vqa_score): prediction and answers are always processed, and a period after a digit stays.
func VLMEvalKitVQAAccuracy(prediction string, answers []string) float64 {
	return processedAccuracy(prediction, answers, func(answer string) string { return vlmEvalKit.process(cleanVQA(answer)) })
}

func processedAccuracy(prediction string, answers []string, process func(string) string) float64 {
	var few [maxVQAAnswers]string
	var places [maxVQAAnswers]int
	texts, of := different(answers, few[:0], places[:0])
	for n := range texts {
		texts[n] = process(texts[n])
	}
	return leaveOneOut(process(prediction), texts, of)
}

var evalAIWords = strings.NewReplacer(",", "", "?", "", "'s", " 's")
