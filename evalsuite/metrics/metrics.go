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
//	SameText               GQA, OCR-VQA, AI2D            GQA's eval.py; big_vision
//	MMMUOpen               MMMU, open questions          mmmu/utils/eval_utils.py
//	OCRBenchCorrect        OCRBench                      Yuliang-Liu/MultimodalOCR, example.py
//	RealWorldQACorrect     RealWorldQA                   lmms-eval, tasks/realworldqa
//	TallyQACorrect         TallyQA                       big_vision, transfers/tallyqa.py
//
// Rules that read a choice, yes or no, or a number out of a response return an [Extraction]; a
// response that they cannot read is an outcome of its own and never a guess:
//
//	ExactChoice            A-OKVQA                       allenai/aokvqa, eval_predictions.py
//	ScienceQAChoice        ScienceQA                     lupantech/ScienceQA, run_gpt3.py
//	LLaVAChoice            ScienceQA as in LLaVA         llava/eval/eval_science_qa.py
//	MMMUChoice             MMMU                          mmmu/utils/eval_utils.py
//	MMStarChoice           MMStar                        MMStar-Benchmark/MMStar, mmstar.py
//	LMMsEvalChoice         MMStar, RealWorldQA           lmms-eval, mcq_extract.py
//	LMMsEvalAI2DChoice     AI2D                          lmms-eval, tasks/ai2d
//	VLMEvalKitChoice       all, without a judge          VLMEvalKit, matching_util.py
//	POPEYesNo              POPE                          RUCAIBox/POPE, evaluate.py
//	MMEYesNo               MME                           MME's eval_tool/calculation.py
//	VLMEvalKitYesNo        both, without a judge         VLMEvalKit, yorn.py
//	VLMEvalKitCount        TallyQA                       VLMEvalKit, tallyqa.py
//
// [BinaryCounts] gives POPE's accuracy, precision, recall, F1 and yes ratio, [MME] accuracy and
// accuracy+, [CountRMSE] TallyQA's second metric, and [GQA] all scores of GQA's eval.py.
//
// Package benchmarks says which benchmark is scored by which of these rules, and scores one file of
// predictions by all of them. [NormalizeLenient] and [LenientChoice] are lenient rules of ours.
//
// [References] scores captions by CIDEr-D, BLEU and ROUGE-L as pycocoevalcap does, on the tokens of
// [PTBTokenize]; [CaptionCIDEr], [CaptionBLEU] and [CaptionROUGEL] are the same in one call.
// Package meteor has METEOR.
//
// [RankEmbeddings] ranks images and texts by their embeddings, block by block, for recall at k,
// median and mean rank, mean reciprocal rank and mean average precision; [Similarities] ranks by a
// matrix. Recalls equal those of big_vision's image_text_retrieval.py. [TopClasses], [TopHit] and
// [MeanPerClass] score zero-shot classification, also with several right classes, as ReaL has.
//
// Of texts, [CountSacreBLEU] counts for sacreBLEU's corpus BLEU with its tokenizers 13a, intl, char
// and zh, [CountCHRF] and [CountCHRFPlus] for its chrF and chrF++, [CountWordErrors] and
// [CountCharacterErrors] for jiwer's WER and CER. [CalibrationError] is the expected calibration
// error of confidences.
//
// Most return one value per question, image or query, and [Bootstrap] computes their mean with an
// interval; BLEU is a statistic of the whole corpus.
//
// [Bootstrap.Compare] compares two models on the same items, [Holm] and [BenjaminiHochberg] adjust
// for several comparisons, and [Power] says how many items a comparison needs.
//
// The package imports no other package of this module except random and a matrix product.
package metrics
