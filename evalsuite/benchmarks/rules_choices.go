package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics"

// matchingUtil is the rule of VLMEvalKit for all questions with choices.
var matchingUtil = choice(VLMEvalKit, "the only letter, or the only choice whose text is in the response", "utils/matching_util.py", metrics.VLMEvalKitChoice)

// Rules that read a choice out of the prediction. Where the owner draws a choice at random because
// it reads none, the prediction is wrong here and counted.
var (
	aokvqaChoiceRules = choiceRules("accuracy",
		choice(Official, "the text of the right choice", "allenai/aokvqa, evaluation/eval_predictions.py", metrics.ExactChoice),
		matchingUtil)

	ai2dRules = choiceRules("accuracy",
		choice(Official, "the text of the right choice", "google-research/big_vision, evaluators/proj/paligemma/transfers/vqa.py", metrics.ExactChoice),
		choice(LMMsEval, "a letter at the beginning", "tasks/ai2d/utils.py", metrics.LMMsEvalAI2DChoice),
		matchingUtil)

	scienceqaRules = choiceRules("accuracy",
		choice(Official, "The answer is A.", "lupantech/ScienceQA, models/run_gpt3.py", metrics.ScienceQAChoice),
		choice(LLaVA, "a letter, or The answer is A.", "eval_science_qa.py", metrics.LLaVAChoice),
		choice(LMMsEval, "a letter", "tasks/scienceqa/utils.py", metrics.LMMsEvalScienceQAChoice),
		choice(BigVision, "the answer is a.", "science_qa.py", metrics.BigVisionScienceQAChoice),
		matchingUtil)

	mmstarRules = choiceRules("accuracy",
		choice(Official, "a letter at the beginning", "MMStar-Benchmark/MMStar, eval/vlmeval/evaluate/mmstar.py", metrics.MMStarChoice),
		choice(LMMsEval, "a letter in one of many forms", "tasks/mmstar/utils.py; tasks/_task_utils/mcq_extract.py", metrics.LMMsEvalChoice),
		matchingUtil)

	realworldqaRules = choiceRules("accuracy",
		rule{Official, "a letter in one of many forms, or the same words", "EvolvingLMMs-Lab/lmms-eval, tasks/realworldqa/utils.py", realWorldQA},
		matchingUtil)

	mmmuRules = choiceRules("accuracy",
		mmmuRule(choice(Official, "the last letter that is named, or the last choice; open questions by numbers and words", "MMMU-Benchmark/MMMU, mmmu/utils/eval_utils.py", metrics.MMMUChoice), mmmuOpen),
		mmmuRule(choice(LMMsEval, "the same, the letter may end a word", "tasks/_task_utils/mmmu_mcq_utils.py", metrics.LMMsEvalMMMUChoice), mmmuOpen),
		mmmuRule(matchingUtil, mmmuKitOpen))

	mmbenchRules = choiceRules("accuracy",
		choice(Official, "each rotation by itself: the only letter, or the only choice whose text is in the response", "open-compass/VLMEvalKit, vlmeval/utils/matching_util.py", metrics.VLMEvalKitChoice),
		choice(LMMsEval, "each rotation by itself: a letter in one of many forms", "tasks/mmbench/mmbench_evals.py, static; tasks/_task_utils/mcq_extract.py", metrics.LMMsEvalChoice))

	seedbenchRules = choiceRules("accuracy",
		choice(Official, "a letter and nothing else", "AILab-CVC/SEED-Bench, eval.py", metrics.LetterChoice),
		choice(LMMsEval, "the first character", "tasks/seedbench/utils.py", metrics.LMMsEvalSEEDChoice),
		matchingUtil)

	nextqaRules = choiceRules("accuracy",
		choice(Official, "the text of the right choice; the owner's code compares numbers of choices", "doc-doc/NExT-QA, eval_mc.py", metrics.ExactChoice),
		choice(LMMsEval, "the last letter that is named, or the last choice", "tasks/nextqa/utils.py", metrics.LMMsEvalMMMUChoice),
		matchingUtil)
)

// realWorldQA scores by [metrics.RealWorldQACorrect].
func realWorldQA(i *Item) float64 {
	for n, right := range i.References {
		is, read := metrics.RealWorldQACorrect(i.Prediction, right)
		if is || n == len(i.References)-1 {
			return i.extracted(read, func(string) bool { return is })
		}
	}
	return 0
}

// Rules that read yes or no out of the prediction.
var popeRules = rules{"accuracy", []rule{
	word(Official, "no if the first sentence has No, no or not, else yes", "RUCAIBox/POPE, evaluate.py", metrics.POPEYesNo),
	word(LMMsEval, "yes or no and nothing else; its yes_ratio, which is that of the labels, is left out", "tasks/pope/utils.py", metrics.LMMsEvalYesNo),
	word(VLMEvalKit, "one of yes and no among the words", "dataset/utils/yorn.py, YOrN_Extraction and POPE_rating", metrics.VLMEvalKitYesNo),
	word(BigVision, "yes or no and nothing else", "pope.py", metrics.BigVisionYesNo),
}}
