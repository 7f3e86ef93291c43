// Package evalsuite runs models on evaluation data and scores their outputs.
//
// Most users need four functions. [Evaluate] scores a trained model on a split of a dataset,
// [Predict] writes a model's predictions to a file, and [ScorePredictions] scores such a file, of
// any model. [RunBenchmark] asks any model the questions of a published benchmark.
//
// Below them, a [TrainedPredictor] answers queries with a trained PaLI-3 and an [Embedder] embeds
// images and texts with a trained SigLIP. Any other model is a [Predictor]. [Captions] and
// [Questions] make queries and items from samples, [Ask] fills in the predictions, [ScoreCaptions]
// and [ScoreAnswers] score them, and [Retrieve] ranks images and texts. Compare each score with its
// baselines: a model that sees a grey image ([Blinded]), the best constant answer
// ([AnswerWithConstant]), and [Chance]. [Metric] adds a metric of your own.
//
//	metrics      scores as pure functions, equal to their reference implementations
//	benchmarks   published benchmarks in their own files, for predictions of any model
//	predictors   models outside of this process: commands and endpoints
//	report       an HTML page about runs
//
// The package trains nothing.
package evalsuite
