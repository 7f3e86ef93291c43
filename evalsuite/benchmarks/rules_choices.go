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
)

// Rules that read yes or no out of the prediction.
var popeRules = rules{"accuracy", []rule{
	word(Official, "no if the first sentence has No, no or not, else yes", "RUCAIBox/POPE, evaluate.py", metrics.POPEYesNo),
	word(LMMsEval, "yes or no and nothing else; its yes_ratio, which is that of the labels, is left out", "tasks/pope/utils.py", metrics.LMMsEvalYesNo),
	word(VLMEvalKit, "one of yes and no among the words", "dataset/utils/yorn.py, YOrN_Extraction and POPE_rating", metrics.VLMEvalKitYesNo),
	word(BigVision, "yes or no and nothing else", "pope.py", metrics.BigVisionYesNo),
}}
