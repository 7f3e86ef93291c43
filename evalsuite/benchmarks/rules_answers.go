package benchmarks

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Rules of short answers. The functions of package metrics are compared with the files that are
// named here.
var (
	vqaRules = textRules("vqa_accuracy",
		text(Official, "agreement with ten people, rule of VQA v2", "GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation/vqaEval.py", metrics.VQAAccuracy),
		text(LMMsEval, "the same, answers always processed", "tasks/vqav2/utils.py", metrics.LMMsEvalVQAAccuracy),
		text(VLMEvalKit, "the same, with its own marks and contractions", "dataset/utils/vqa_eval.py, vqa_score", metrics.VLMEvalKitVQAAccuracy))

	textvqaRules = textRules("vqa_accuracy",
		text(Official, "agreement with ten people, answers processed by EvalAI's rule", "facebookresearch/mmf, EvalAIAnswerProcessor and TextVQAAccuracyEvaluator", metrics.EvalAIAccuracy),
		text(LMMsEval, "the owner's rule", "tasks/textvqa/utils.py", metrics.EvalAIAccuracy),
		text(VLMEvalKit, "with its own marks and contractions", "dataset/utils/vqa_eval.py, vqa_score", metrics.VLMEvalKitVQAAccuracy),
		text(BigVision, "rule of VQA v2", "vqav2.py", metrics.VQAAccuracy))

	okvqaRules = textRules("vqa_accuracy",
		text(Official, "agreement with ten people, rule of VQA v2", "GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation/vqaEval.py", metrics.VQAAccuracy),
		text(LMMsEval, "answers processed by EvalAI's rule", "tasks/ok_vqa/utils.py", metrics.EvalAIAccuracy),
		text(BigVision, "one third for each equal answer, at most 1", "vqa.py", metrics.SoftAccuracy))

	vizwizRules = textRules("vqa_accuracy",
		text(Official, "agreement with ten people, rule of VizWiz", "vizwiz.org, vqaEval.py", metrics.VizWizAccuracy),
		text(LMMsEval, "answers processed by EvalAI's rule", "tasks/vizwiz_vqa/utils.py", metrics.EvalAIAccuracy),
		text(VLMEvalKit, "with its own marks and contractions", "dataset/utils/vqa_eval.py, vqa_score", metrics.VLMEvalKitVQAAccuracy),
		text(BigVision, "one third for each equal answer, at most 1", "vqa.py", metrics.SoftAccuracy))

	softRules = textRules("soft_accuracy",
		text(Official, "one third for each equal answer, at most 1", "allenai/aokvqa, evaluation/eval_predictions.py", metrics.SoftAccuracy),
		text(BigVision, "the owner's rule", "vqa.py", metrics.SoftAccuracy))

	anlsRules = textRules("anls",
		text(Official, "average normalised Levenshtein similarity, 0 below one half", "rrc.cvc.uab.es, infographicsvqa_eval.py; Biten et al., Scene Text VQA, equation 1", metrics.ANLS),
		text(LMMsEval, "the owner's rule", "api/metrics.py, anls", metrics.ANLS),
		text(VLMEvalKit, "the owner's rule", "dataset/utils/vqa_eval.py, anls", metrics.ANLS),
		text(BigVision, "0 up to one half", "vqa.py; google-research/pix2struct, pix2struct/metrics.py", metrics.ANLSPix2Struct))

	relaxedRules = textRules("relaxed_accuracy",
		text(Official, "numbers within 5%, other answers equal in any case", "google-research/pix2struct, pix2struct/metrics.py; Masry et al., ChartQA, section 5.1", metrics.RelaxedAccuracy),
		text(LMMsEval, "the owner's rule", "tasks/chartqa/utils.py", metrics.RelaxedAccuracy),
		text(VLMEvalKit, "the owner's rule, without outer white space", "dataset/utils/vqa_eval.py, relaxed_accuracy", metrics.VLMEvalKitRelaxedAccuracy),
		text(BigVision, "the owner's rule", "chartqa.py", metrics.RelaxedAccuracy))

	// exactRules are those of answers of any text. Visual Genome and easy-VQA publish none.
	exactRules = textRules("exact_match",
		text(Official, "equal to a right answer, apart from white space", "pali3, metrics.ExactMatch", rightOrWrong(func(prediction string, references []string) bool {
			return metrics.ExactMatch(prediction, references...)
		})))

	ocrvqaRules = textRules("exact_match",
		text(Official, "equal to the answer, in any case", "google-research/big_vision, evaluators/proj/paligemma/transfers/vqa.py, to_lower", rightOrWrong(metrics.SameTextAnyCase)),
		text(LMMsEval, "equal in any case, without punctuation", "api/metrics.py, exact_match", rightOrWrong(metrics.LMMsEvalSameText)),
		text(VLMEvalKit, "equal in any case, without outer white space", "dataset/utils/vqa_eval.py, accuracy", rightOrWrong(metrics.VLMEvalKitSameText)))

	gqaRules = textRules("accuracy",
		text(Official, "equal to the answer", gqaEval, rightOrWrong(metrics.SameText)),
		text(LMMsEval, "equal in any case, without punctuation", "tasks/gqa/gqa.yaml; api/metrics.py, exact_match", rightOrWrong(metrics.LMMsEvalSameText)),
		text(VLMEvalKit, "equal in any case, without outer white space", "dataset/utils/vqa_eval.py, accuracy", rightOrWrong(metrics.VLMEvalKitSameText)))

	tallyqaRules = textRules("accuracy",
		text(Official, "the same count, in digits or words up to twenty", "google-research/big_vision, evaluators/proj/paligemma/transfers/tallyqa.py; Acharya et al., TallyQA, section 5",
			tallyqaRight),
		word(VLMEvalKit, "the first number of the response", "dataset/utils/tallyqa.py", metrics.VLMEvalKitCount))

	nlvrRules = textRules("accuracy",
		text(Official, "true or false, in any case", nlvrEval, rightOrWrong(metrics.SameTextAnyCase)))

	nlvr2Rules = textRules("accuracy",
		text(Official, "true or false, in any case", nlvr2Eval, rightOrWrong(metrics.SameTextAnyCase)))

	ocrbenchRules = textRules("accuracy",
		rule{Official, "a right answer is in the response; of formulas without spaces", "Yuliang-Liu/MultimodalOCR, OCRBench/example.py", ocrbenchRule(metrics.OCRBenchCorrect)},
		rule{LMMsEval, "the same, full-width letters read as plain ones", "tasks/ocrbench/utils.py", ocrbenchRule(metrics.LMMsEvalOCRBenchCorrect)},
		rule{VLMEvalKit, "the owner's rule", "dataset/image_vqa.py, OCRBench", ocrbenchRule(metrics.OCRBenchCorrect)})

	countbenchRules = textRules("accuracy",
		text(Official, "the same count, in digits or words up to twenty", "google-research/big_vision, evaluators/proj/paligemma/transfers/tallyqa.py, with which PaliGemma is scored", tallyqaRight),
		text(LMMsEval, "the same digits, without outer white space", "tasks/countbenchqa/utils.py", rightOrWrong(func(prediction string, references []string) bool {
			return slices.Contains(references, strings.TrimSpace(prediction))
		})),
		word(VLMEvalKit, "the first number of the response", "dataset/utils/tallyqa.py", metrics.VLMEvalKitCount))

	vsrRules = textRules("accuracy",
		text(Official, "true or false, in any case; the owner's code classifies", "cambridgeltl/visual-spatial-reasoning, data/README.md", rightOrWrong(metrics.SameTextAnyCase)))

	videoQARules = textRules("accuracy",
		text(Official, "equal to the answer", "google-research/big_vision, evaluators/proj/paligemma/transfers/vqa.py; Xu et al., section 5", rightOrWrong(metrics.SameText)))
)

// tallyqaRight is 1 if the prediction is the same count as a right answer.
func tallyqaRight(prediction string, references []string) float64 {
	return one(slices.ContainsFunc(references, func(right string) bool { return metrics.TallyQACorrect(prediction, right) }))
}
