// Package metrics has the common metrics as pure functions of strings and matrices. They equal
// their reference implementations and are tested against them.
//
// Answers, one value from 0 to 1 per question:
//
//	VQAAccuracy            VQA v2, official              GT-Vision-Lab/VQA, vqaEval.py
//	LMMsEvalVQAAccuracy    VQA v2 as in lmms-eval        tasks/vqav2/utils.py
//	VLMEvalKitVQAAccuracy  VQA v2 as in VLMEvalKit       dataset/utils/vqa_eval.py
//	EvalAIAccuracy         TextVQA, official             facebookresearch/mmf, EvalAIAnswerProcessor
//	SoftAccuracy           OKVQA, A-OKVQA                allenai/aokvqa, eval_predictions.py
//	VizWizAccuracy         VizWiz-VQA                    VizWiz's vqaEval.py
//	VizWizUnanswerable     VizWiz-VQA, second task       VizWiz's vqaEval.py, scikit-learn
//	ANLS                   DocVQA, InfographicVQA, ...   rrc.cvc.uab.es, infographicsvqa_eval.py
//	ANLSPix2Struct         the same as in big_vision     pix2struct/metrics.py
//	RelaxedAccuracy        ChartQA                       pix2struct/metrics.py
//	TokenF1, SQuADExact    SQuAD                         evaluate-v1.1.py
//	ExactMatch             short texts                   (ours: NFC, white space)
//
// [PTBTokenize] makes the tokens on which [CaptionCIDEr] (CIDEr-D) and [CaptionBLEU] score captions
// as pycocoevalcap does. [Similarities] gives recall at k between images and texts.
//
// Most return one value per question, image or query, and [Bootstrap] computes their mean with an
// interval; BLEU is a statistic of the whole corpus.
//
// [Bootstrap.Compare] compares two models on the same items, [Holm] and [BenjaminiHochberg] adjust
// for several comparisons, and [Power] says how many items a comparison needs.
//
// The package imports no other package of this module except random.
package metrics
