// Package stages trains models from recipes. The stages of PaLI-3 are recipes for the same trainer:
// stage 0 trains a SigLIP and a UL2, stage 1 joins them on a multimodal mixture with a frozen image
// encoder, stage 2 unfreezes everything at a higher resolution, and transfer adapts to a task.
//
//	recipe, err := stages.ParseRecipe(yaml, "stage1.yaml", "data=web", "steps=2000")
//	result, err := stages.Run(ctx, recipe, "runs/stage1", stages.Options{Backend: be})
//	trained, err := stages.Open(be, "runs/stage1", nil) // its weights, vocabulary, image ops
//
// A [Recipe] names the data, the model, the earlier runs to take weights from, and what stays
// frozen. [Run] reads it and calls [Train], the training loop. Train knows no recipes: its model is
// a function that builds a loss, its data a [Stream]. To train a network of your own, call Train.
//
// A run can be killed at any point and resumed from its folder ([Folder]), bit for bit: losses and
// weights equal those of an uninterrupted run on the same backend and kind of processor.
// Checkpoints appear whole or not at all.
//
// To read the code, follow Run: run.go, network.go, held_out.go, folder.go, checkpoint.go,
// resume.go, init.go, visual_tokens.go, validation.go, train.go, step.go, optimizer.go, metrics.go,
// batches.go, best.go, report.go.
package stages
