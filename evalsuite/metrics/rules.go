package metrics

import (
	"slices"
	"strings"
)

// Protocols whose rules differ. Official is the owner's rule or, where the owner has published
// none, the one that the source of the rule names.
const (
	Official   = "official"
	LMMsEval   = "lmms-eval"
	VLMEvalKit = "vlmevalkit" // without a judge model
	BigVision  = "big_vision"
	LLaVA      = "llava"
	// Lenient is ours. It is the greater of the official score and the official score after
	// [NormalizeLenient], so it is never below the official one, except for choices, which it reads
	// with [LenientChoice].
	Lenient = "lenient"
)

// Rule is how a protocol scores one response for a metric.
type Rule struct {
	Metric   string // as in JSON, such as "vqa_accuracy"
	Protocol string
	Source   string // the file that the rule is from
	// Score never fails and is safe for concurrent use.
	Score func(response string, q Question) Outcome
}

// Question is what the rules need of a question.
type Question struct {
	// Answers are the right answers. That to a multiple-choice question is the letter or the text
	// of a choice.
	Answers []string
	// Choices are the texts of the choices of a multiple-choice question, in order.
	Choices []string
}

// Outcome is a response's score, from 0 to 1, and what the rule read. A response that is not parsed
// scores 0.
type Outcome struct {
	Score float64
	Extraction
}

// RuleMetrics returns the names of the metrics that have rules, in the order of the table.
func RuleMetrics() []string {
	var names []string
	for _, rule := range rules() {
		if !slices.Contains(names, rule.Metric) {
			names = append(names, rule.Metric)
		}
	}
	return names
}

// Rules returns the rules of a metric, the official one first, or none for an unknown metric.
func Rules(metric string) []Rule {
	var of []Rule
	for _, rule := range rules() {
		if rule.Metric == metric {
			of = append(of, rule)
		}
	}
	return of
}

func rules() []Rule {
	return slices.Concat(
		texts("vqa_accuracy",
			text(Official, "GT-Vision-Lab/VQA, vqaEval.py", VQAAccuracy),
			text(LMMsEval, "tasks/vqav2/utils.py", LMMsEvalVQAAccuracy),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", VLMEvalKitVQAAccuracy)),
		texts("textvqa_accuracy",
			text(Official, "facebookresearch/mmf, EvalAIAnswerProcessor", EvalAIAccuracy),
			text(LMMsEval, "tasks/textvqa/utils.py", EvalAIAccuracy),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", VLMEvalKitVQAAccuracy),
			text(BigVision, "evaluators/proj/paligemma/transfers/vqav2.py", VQAAccuracy)),
		texts("okvqa_accuracy",
			text(Official, "GT-Vision-Lab/VQA, vqaEval.py", VQAAccuracy),
			text(LMMsEval, "tasks/ok_vqa/utils.py", EvalAIAccuracy),
			text(BigVision, "evaluators/proj/paligemma/transfers/vqa.py", SoftAccuracy)),
		texts("vizwiz_accuracy",
			text(Official, "VizWiz's vqaEval.py", VizWizAccuracy),
			text(LMMsEval, "tasks/vizwiz_vqa/utils.py", EvalAIAccuracy),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", VLMEvalKitVQAAccuracy),
			text(BigVision, "evaluators/proj/paligemma/transfers/vqa.py", SoftAccuracy)),
		texts("aokvqa_accuracy",
			text(Official, "allenai/aokvqa, eval_predictions.py", SoftAccuracy),
			text(BigVision, "evaluators/proj/paligemma/transfers/vqa.py", SoftAccuracy)),
		texts("anls",
			text(Official, "rrc.cvc.uab.es, infographicsvqa_eval.py", ANLS),
			text(LMMsEval, "api/metrics.py", ANLS),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", ANLS),
			text(BigVision, "evaluators/proj/paligemma/transfers/vqa.py", ANLSPix2Struct)),
		texts("relaxed_accuracy",
			text(Official, "google-research/pix2struct, metrics.py", RelaxedAccuracy),
			text(LMMsEval, "tasks/chartqa/utils.py", RelaxedAccuracy),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", func(response string, answers []string) float64 {
				return RelaxedAccuracy(pythonStrip(response), answers)
			}),
			text(BigVision, "evaluators/proj/paligemma/transfers/chartqa.py", RelaxedAccuracy)),
		texts("exact_match",
			text(Official, "equal strings", yes(SameText)),
			text(LMMsEval, "api/metrics.py, exact_match", yes(LMMsEvalSameText)),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", yes(VLMEvalKitSameText)),
			text(BigVision, "evaluators/proj/paligemma/transfers/vqa.py, to_lower", yes(SameTextAnyCase))),
		texts("gqa_accuracy",
			text(Official, "GQA's eval.py", yes(SameText)),
			text(LMMsEval, "tasks/gqa/gqa.yaml", yes(LMMsEvalSameText)),
			text(VLMEvalKit, "dataset/utils/vqa_eval.py", yes(VLMEvalKitSameText))),
		texts("token_f1", text(Official, "SQuAD's evaluate-v1.1.py", TokenF1)),
		texts("tallyqa_accuracy",
			text(Official, "big_vision, transfers/tallyqa.py", yes(anyOf(TallyQACorrect))),
			reading(VLMEvalKit, "dataset/utils/tallyqa.py", VLMEvalKitCount)),
		texts("ocrbench_accuracy",
			text(Official, "Yuliang-Liu/MultimodalOCR, OCRBench/example.py", yes(OCRBenchCorrect)),
			text(VLMEvalKit, "dataset/utils/ocrbench.py", yes(OCRBenchCorrect)),
			text(LMMsEval, "tasks/ocrbench/utils.py", yes(LMMsEvalOCRBenchCorrect))),
		texts("mmmu_open_accuracy", text(Official, "mmmu/utils/eval_utils.py", yes(MMMUOpen))),
		choices("aokvqa_choice_accuracy",
			choice(Official, "allenai/aokvqa, eval_predictions.py", ExactChoice),
			choice(VLMEvalKit, "utils/matching_util.py", VLMEvalKitChoice)),
		choices("scienceqa_accuracy",
			choice(Official, "lupantech/ScienceQA, run_gpt3.py", ScienceQAChoice),
			choice(LLaVA, "llava/eval/eval_science_qa.py", LLaVAChoice),
			choice(LMMsEval, "tasks/scienceqa/utils.py", LMMsEvalScienceQAChoice),
			choice(VLMEvalKit, "utils/matching_util.py", VLMEvalKitChoice),
			choice(BigVision, "evaluators/proj/paligemma/transfers/science_qa.py", BigVisionScienceQAChoice)),
		choices("ai2d_accuracy",
			choice(Official, "big_vision, transfers/vqa.py", ExactChoice),
			choice(LMMsEval, "tasks/ai2d/utils.py", LMMsEvalAI2DChoice),
			choice(VLMEvalKit, "utils/matching_util.py", VLMEvalKitChoice)),
		choices("mmstar_accuracy",
			choice(Official, "MMStar-Benchmark/MMStar, mmstar.py", MMStarChoice),
			choice(LMMsEval, "tasks/mmstar/utils.py", LMMsEvalChoice),
			choice(VLMEvalKit, "utils/matching_util.py", VLMEvalKitChoice)),
		choices("mmmu_accuracy",
			choice(Official, "mmmu/utils/eval_utils.py", MMMUChoice),
			choice(LMMsEval, "tasks/_task_utils/mmmu_mcq_utils.py", LMMsEvalMMMUChoice),
			choice(VLMEvalKit, "utils/matching_util.py", VLMEvalKitChoice)),
		choices("realworldqa_accuracy",
			Rule{Protocol: Official, Source: "lmms-eval, tasks/realworldqa/utils.py", Score: realWorldQA},
			choice(VLMEvalKit, "utils/matching_util.py", VLMEvalKitChoice)),
		named("pope_accuracy",
			reading(Official, "RUCAIBox/POPE, evaluate.py", POPEYesNo),
			reading(LMMsEval, "tasks/pope/utils.py", LMMsEvalYesNo),
			reading(VLMEvalKit, "dataset/utils/yorn.py", VLMEvalKitYesNo),
			reading(BigVision, "evaluators/proj/paligemma/transfers/pope.py", BigVisionYesNo)),
		named("mme_accuracy",
			reading(Official, "MME's eval_tool/calculation.py", MMEYesNo),
			reading(LMMsEval, "tasks/mme/utils.py", LMMsEvalMMEYesNo),
			reading(VLMEvalKit, "dataset/utils/yorn.py", VLMEvalKitYesNo)),
	)
}

func named(metric string, rules ...Rule) []Rule {
	for n := range rules {
		rules[n].Metric = metric
	}
	return rules
}

// texts adds the lenient rule, which is made from the official one.
func texts(metric string, rules ...Rule) []Rule {
	official := rules[0].Score
	return named(metric, append(rules, Rule{Protocol: Lenient, Source: "NormalizeLenient", Score: func(response string, q Question) Outcome {
		outcome := official(response, q)
		answers := make([]string, len(q.Answers))
		for n, answer := range q.Answers {
			answers[n] = NormalizeLenient(answer)
		}
		normalized := NormalizeLenient(response)
		outcome.Score = max(outcome.Score, official(normalized, Question{Answers: answers}).Score)
		return outcome
	}})...)
}

// text is a rule that compares the response as it is.
func text(protocol, source string, score func(string, []string) float64) Rule {
	return Rule{Protocol: protocol, Source: source, Score: func(response string, q Question) Outcome {
		if strings.TrimFunc(response, isPythonSpace) == "" {
			return Outcome{Score: score(response, q.Answers), Extraction: unparsed("is empty")}
		}
		return Outcome{score(response, q.Answers), parsed(response)}
	}}
}

func yes(right func(string, []string) bool) func(string, []string) float64 {
	return func(response string, answers []string) float64 { return oneIf(right(response, answers)) }
}

func anyOf(right func(prediction, answer string) bool) func(string, []string) bool {
	return func(response string, answers []string) bool {
		return slices.ContainsFunc(answers, func(answer string) bool { return right(response, answer) })
	}
}

func oneIf(right bool) float64 {
	if right {
		return 1
	}
	return 0
}

// reading is a rule that reads a word, which must be one of the answers in lower case.
func reading(protocol, source string, read func(string) Extraction) Rule {
	return Rule{Protocol: protocol, Source: source, Score: func(response string, q Question) Outcome {
		e := read(response)
		right := slices.ContainsFunc(q.Answers, func(answer string) bool { return e.Answer == countDigits(pythonLower(pythonStrip(answer))) })
		return Outcome{oneIf(e.Parsed && right), e}
	}}
}

// choices adds the lenient rule.
func choices(metric string, rules ...Rule) []Rule {
	return named(metric, append(rules, choice(Lenient, "LenientChoice", LenientChoice))...)
}

// choice is a rule that reads the letter of a choice.
func choice(protocol, source string, read func(string, []string) Extraction) Rule {
	return Rule{Protocol: protocol, Source: source, Score: func(response string, q Question) Outcome {
		e := read(response, q.Choices)
		right := slices.ContainsFunc(q.Answers, func(answer string) bool { return e.Answer == LetterOf(answer, q.Choices) })
		return Outcome{oneIf(e.Parsed && right), e}
	}}
}

func realWorldQA(response string, q Question) Outcome {
	outcome := Outcome{Extraction: unparsed(noChoice)}
	for _, answer := range q.Answers {
		if letter := LetterOf(answer, q.Choices); letter != "" {
			answer = letter
		}
		right, e := RealWorldQACorrect(response, answer)
		outcome = Outcome{oneIf(right), e}
		if right {
			break
		}
	}
	return outcome
}
