// Package stages trains: stage 0 (SigLIP; UL2), stage 1 (multimodal mixture, frozen image encoder),
// stage 2 (higher resolution, all unfrozen) and transfer are recipes for one trainer.
//
// It owns optimizers, schedules, freezing, checkpoints and run folders. It knows no metric.
package stages
