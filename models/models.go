// Package models holds the networks of PaLI-3 as GoMLX graphs: the SigLIP image and text towers,
// the UL2 encoder-decoder, their assembly, decoding, and weights in safetensors under transformers'
// names.
//
//	weights   which weights a model has, their initial values, files       backend   where graphs run
//	block     attention, norms, perceptrons, T5's relative position bias
//	vit       the image encoder        siglip   image and text towers and the sigmoid loss
//	ul2       the encoder-decoder      pali3    vit + projection + ul2, and its loss
//
// A model is a Config and functions from a weights.Scope and graph nodes to graph nodes:
//
//	specs, err := pali3.Specs(be, config)
//	set := weights.Initial(specs, seed)
//	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
//		scope := weights.Bind(specs, in[4:])
//		loss := pali3.Loss(scope, config, pali3.Inputs{Images: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]})
//		return append([]*graph.Node{loss}, graph.Gradient(loss, in[4:]...)...)
//	})
//
// It owns tensors. It knows no dataset, no recipe and no optimizer.
package models
