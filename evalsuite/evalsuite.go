// Package evalsuite asks models and scores what they say.
//
// Most users need [Evaluate], which scores a trained model on a split of a dataset, [Predict],
// which writes down what it says, and [ScorePredictions], which scores such a file of any model.
//
// Below them, an [TrainedPredictor] lets a trained PaLI-3 answer queries, an [Embedder] embeds with a
// trained SigLIP; any other model is a [Predictor]. [Captions] and [Questions] ask about the samples
// of a split, [ScoreCaptions] and [ScoreAnswers] score what was said, [Retrieve] ranks, and
// baselines.go holds what a score must be compared with: a blind model, the best constant answer,
// chance.
//
//	metrics      the scores as pure functions, equal to their references
//	benchmarks   published tests in their own files, for predictions of any model
//	report       a page for people
//
// The package owns benchmarks, baselines, intervals and reports. It trains nothing.
package evalsuite
