package siglip_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// BenchmarkStep times a training step of a small pair of towers on 120 images of 64 pixels and
// texts of 16 ids.
func BenchmarkStep(b *testing.B) {
	c := siglip.Config{
		Image: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 16, Image: vit.Side(64)},
		Text:  siglip.Text{Width: 128, Depth: 3, MLP: 512, Heads: 4, Vocab: 4352, Length: 16},
	}
	specs, err := siglip.Specs(modeltest.Backend(b), c)
	if err != nil {
		b.Fatal(err)
	}
	modeltest.NewStep(b, weights.Initial(specs, 1), 1e-3, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{siglip.Loss(s, c, in[0], in[1])}
	}, modeltest.Floats("images", 120, 64, 64, 3), modeltest.IDs("texts", c.Text.Vocab, 120, 16)).Time(b)
}
