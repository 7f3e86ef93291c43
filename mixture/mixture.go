// Package mixture turns datasets into training batches by a recipe: tasks with weights, prompts,
// UL2's denoisers, and a stream in which the batch of step n is a pure function of (recipe, seed, n).
//
// It owns what the model is asked and what it should answer. It knows no network and no optimizer.
package mixture
