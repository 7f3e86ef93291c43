package benchmarks

import (
	"github.com/pali3/pali3/evalsuite/metrics"
)

// answerMetric returns a metric of a prediction and its references.
func answerMetric(name, about, source string, score func(prediction string, references []string) float64) Metric {
	return Metric{Name: name, About: about, Source: source, Each: func() func(*Item) float64 {
		return func(i *Item) float64 { return score(i.Prediction, i.References) }
	}}
}

// rightOrWrong is a score of 1 or 0.
func rightOrWrong(right func(prediction string, references []string) bool) func(string, []string) float64 {
	return func(prediction string, references []string) float64 {
		return one(right(prediction, references))
	}
}

func one(right bool) float64 {
	if right {
		return 1
	}
	return 0
}

// extracted scores what a rule read out of the prediction. A prediction without an answer is wrong
// and counted.
func (i *Item) extracted(e metrics.Extraction, want string) float64 {
	if !e.Parsed {
		i.Unparsed = e.Reason
		return 0
	}
	return one(e.Answer == want)
}

// choiceAccuracy is the share of right choices, read out of the prediction by a rule.
func choiceAccuracy(about, source string, extract func(response string, choices []string) metrics.Extraction) Metric {
	return Metric{Name: "accuracy", About: "right choices, given as: " + about, Source: source, Each: func() func(*Item) float64 {
		return func(i *Item) float64 {
			return i.extracted(extract(i.Prediction, i.Choices), metrics.LetterOf(i.References[0], i.Choices))
		}
	}}
}

// Sources of the rules.
const (
	vqaEval        = "GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation/vqaEval.py"
	aokvqaEval     = "allenai/aokvqa, evaluation/eval_predictions.py; big_vision, evaluators/proj/paligemma/transfers/vqa.py"
	mmfEval        = "facebookresearch/mmf, EvalAIAnswerProcessor and TextVQAAccuracyEvaluator"
	vizWizEval     = "vizwiz.org, vqaEval.py"
	anlsEval       = "Biten et al., Scene Text VQA, equation 1; rrc.cvc.uab.es, infographicsvqa_eval.py"
	pix2structANLS = "pix2struct/metrics.py; big_vision, evaluators/proj/paligemma/transfers/vqa.py"
	relaxedEval    = "Masry et al., ChartQA, section 5.1; pix2struct/metrics.py, relaxed_correctness"
)

// Metrics of short answers.
var (
	vqaAccuracy = answerMetric("vqa_accuracy", "agreement with ten people, rule of VQA v2", vqaEval, metrics.VQAAccuracy)

	softAccuracy = answerMetric("soft_accuracy", "one third for each equal answer, at most 1", aokvqaEval, metrics.SoftAccuracy)

	evalAIAccuracy = answerMetric("vqa_accuracy", "agreement with ten people, answers processed by EvalAI's rule", mmfEval, metrics.EvalAIAccuracy)

	vizWizAccuracy = answerMetric("vqa_accuracy", "agreement with ten people, rule of VizWiz", vizWizEval, metrics.VizWizAccuracy)

	anls = answerMetric("anls", "average normalised Levenshtein similarity, 0 below one half", anlsEval, metrics.ANLS)

	anlsPix2Struct = answerMetric("anls", "average normalised Levenshtein similarity, 0 up to one half", pix2structANLS, metrics.ANLSPix2Struct)

	relaxedAccuracy = answerMetric("relaxed_accuracy", "numbers within 5%, other answers equal in any case", relaxedEval, metrics.RelaxedAccuracy)

	exactMatch = answerMetric("exact_match", "equal to a right answer, apart from white space", "pali3, metrics.ExactMatch",
		rightOrWrong(func(prediction string, references []string) bool {
			return metrics.ExactMatch(prediction, references...)
		}))
)

// bigVision is the protocol of big_vision, with which PaliGemma was scored.
func bigVision(m ...Metric) Protocol {
	return Protocol{"big_vision", "google-research/big_vision, evaluators/proj/paligemma/transfers", m}
}

// lmmsEval is the protocol of lmms-eval.
func lmmsEval(m ...Metric) Protocol {
	return Protocol{"lmms-eval", "EvolvingLMMs-Lab/lmms-eval, lmms_eval/tasks", m}
}

// vlmEvalKit is the protocol of VLMEvalKit without a judge.
func vlmEvalKit(m ...Metric) Protocol {
	return Protocol{"vlmevalkit", "open-compass/VLMEvalKit, vlmeval/dataset, without a judge", m}
}
