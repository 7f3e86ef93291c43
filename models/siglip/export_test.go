package siglip

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// LossOfEmbeddings is the loss of embeddings.
func LossOfEmbeddings(s *weights.Scope, c Config, images, texts *graph.Node) *graph.Node {
	loss, _, _ := lossOfEmbeddings(s, c, images, texts)
	return loss
}
