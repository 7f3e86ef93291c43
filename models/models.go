// Package models describes the networks of PaLI-3, which its subpackages hold as GoMLX graphs:
//
//	backend    opens what computes graphs
//	weights    declares, initialises, loads and binds a model's parameters
//	block      attention, norms, perceptrons, positions, convolutions
//	family     what a kind of network can do: the seam to the rest of the program
//	vit        the image encoder
//	siglip     the image and text towers and their losses
//	t5         the encoder-decoder that UL2 trains, and its loss
//	pali3      vit, a projection and t5 in one model, and its loss
//	gemma      the decoder of Gemma 1 and 2
//	paligemma  vit, a projection and gemma in one model, and its loss
//	t5gemma2   vit, Gemma 3 as encoder and as decoder, and their loss
//	maskvae    the autoencoder that makes 16 tokens of a segmentation mask
//	decode     generates text: greedy, beam search, sampling
//
// Names of weights and their layout in files are those of transformers.
//
// A model is a Config and functions from a weights.Scope and graph nodes to graph nodes:
//
//	specs, err := pali3.Specs(be, config)
//	set := weights.Initial(specs, seed)
//	step, err := graph.NewExec(be, func(in []*graph.Node) []*graph.Node {
//		scope := weights.Bind(specs, in[4:])
//		inputs := pali3.Inputs{Images: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]}
//		loss := pali3.Loss(scope, config, inputs)
//		return append([]*graph.Node{loss}, graph.Gradient(loss, in[4:]...)...)
//	})
//
// The packages know tensors, but no dataset, recipe or optimizer. They return the errors that GoMLX
// throws as panics.
package models
