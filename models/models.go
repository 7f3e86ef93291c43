// Package models holds the networks of PaLI-3 as GoMLX graphs: the SigLIP image and text towers, the
// UL2 encoder-decoder, their assembly, decoding, and weights in safetensors under transformers' names.
//
// It owns tensors. It knows no dataset, no recipe and no optimizer.
package models
