// Package stages trains: stage 0 (SigLIP; UL2), stage 1 (multimodal mixture, frozen image encoder),
// stage 2 (higher resolution, all unfrozen) and transfer are recipes for one trainer.
//
//	recipe, err := stages.ParseRecipe(yaml, "stage1.yaml", "data=web", "steps=2000")
//	result, err := stages.Run(ctx, recipe, "runs/stage1", stages.Options{Backend: be})
//	trained, err := stages.Open(be, "runs/stage1", nil) // its weights, vocabulary, image ops
//
// A recipe says what is fed, what learns, from which earlier run it takes weights and what stays
// frozen. Run joins them and calls [Train], the loop, which knows no recipe: its model is a
// function that builds a loss, its data a [Stream]. Whoever brings a network of their own begins
// there.
//
// A run folder ([Folder]) can be killed at any moment and gone on with; losses and weights are then
// the same to the bit as those of a run in one go, on the same backend and kind of processor.
// Checkpoints appear whole or not at all.
//
// It owns optimizers, schedules, freezing, checkpoints and run folders. It knows no metric.
package stages
