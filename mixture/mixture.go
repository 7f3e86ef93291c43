// Package mixture turns datasets into training batches by a recipe. Most users need [ParseRecipe]
// and [Open], and then [Stream.Batch]:
//
//	recipe, err := mixture.ParseRecipe(yaml, "mine.yaml", nil)
//	stream, err := mixture.Open(recipe, mixture.Options{Workers: 4})
//	batch, err := stream.Batch(ctx, step)
//
// A recipe mixes tasks. A [Task] makes one kind of example (a caption, an answer, a corrupted text)
// from one split of one dataset, with PaLI's prompt or its own. A [Kind] is a value: append your
// own to a [Registry] and parse recipes with it.
//
// The batch of a step is a pure function of (recipe, seed, step). It does not depend on the number
// of workers and hosts, nor on where a run was resumed:
//
//	open.go     recipe: datasets, vocabulary, image ops
//	scan.go     dataset: the samples that each task can use            (source.go, columns.go)
//	draw.go     step, row: a position of the stream
//	            position: which task, and that task's example index    (plan.go, languages.go)
//	            index: which sample, in which epoch                    (order.go)
//	example.go  sample: prompt and target, then ids                    (kinds.go, kind_*.go, denoise.go)
//	images.go   image: pixels
//	place.go    ids: the row of the batch, truncated to the recipe's lengths (shape.go, batch.go)
//
// After any number of examples each task has had its share of them to within one, also where
// shares change ([Recipe.Curriculum]) or a task is used up ([Task.Epochs]). The order of samples is
// a keyed permutation evaluated at a position, so a run resumes by asking for the next step. The
// order has versions (version.go): a run keeps the one that it began with. A sample that cannot be
// used is replaced by another, always the same, and is reported by [Stream.Skipped].
//
// With [Packing] a row holds several examples (packed.go, segments.go). A program adds kinds to its
// [Registry], and [Rows] that are no datasets. Package batchfile writes batches as Arrow, and
// package serve sends them to trainers in other languages.
//
// The package owns what the model is asked and what it should answer. It knows no network and no
// optimizer.
package mixture
