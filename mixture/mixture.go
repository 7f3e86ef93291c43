// Package mixture turns datasets into training batches by a recipe. Most users need [ReadRecipe]
// and [Open], and then [Stream.Batch]:
//
//	recipe, err := mixture.ReadRecipe(yaml, "mine.yaml")
//	stream, err := mixture.Open(recipe, mixture.Options{Workers: 4})
//	batch, err := stream.Batch(ctx, step)
//
// A recipe mixes tasks. A [Task] is one kind of example (a caption, an answer, a corrupted text;
// see [Kinds]) made from one split of one dataset, with PaLI's prompt or one of its own.
//
// The batch of a step is a pure function of (recipe, seed, step), whatever the number of workers
// and hosts and wherever a run resumed:
//
//	step, row ─▶ position ─▶ mix: which task, and its how-manieth example    (mix.go)
//	                         order: which sample, in which epoch             (order.go)
//	                         kind: prompt and target, drawn by a counter     (kinds.go, denoise.go)
//	                         vocabulary: ids, cut to the recipe's lengths    (stream.go)
//
// Weights are met exactly in every block of examples. The order of samples is a keyed permutation
// evaluated at a position, so to resume is to ask for the next step. A sample that cannot be used
// gives its place to another, always the same, and is reported by [Stream.Skipped].
//
// The package owns what the model is asked and what it should answer. It knows no network and no
// optimizer.
package mixture
