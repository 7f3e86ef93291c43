package maskvae

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// Losses are the loss of a batch and its parts, scalars, and what a moving average of the codes
// needs.
type Losses struct {
	// Total is Reconstruction + Config.Commitment·Commitment, and + Codebook if the codes are
	// trained by it.
	Total *Node
	// Reconstruction is the mean squared difference of the decoded masks and the masks, both from
	// -1 to 1.
	Reconstruction *Node
	// Commitment is the mean squared difference of the features and their codes. Its gradient moves
	// the features to the codes.
	Commitment *Node
	// Codebook has the same value; its gradient moves the codes to the features.
	Codebook *Node
	// Features [B, G, G, D] and the IDs [B, G·G] of their codes.
	Features, IDs *Node
	// Masks [B, S, S] are the decoded masks.
	Masks *Node
	// PerMask [B] is the total of each mask; Total is their mean.
	PerMask *Node
}

// Loss returns the training loss for masks [B, S, S, 1] or [B, S, S] with values in [0, 1]. The
// gradient of the decoder's input passes straight through to the encoder, as if the codes were the
// features.
//
// All terms are published (AiT VQVAE.py: VQVAE.forward, VectorQuantizer, VectorQuantizerEMA; there
// with AdamW, batch 512, learning rate 3e-4, cosine, no weight decay, 20 epochs). With [EMA] codes
// have no gradient: call [MoveCodes] after each step.
func Loss(s *weights.Scope, c Config, masks *Node) Losses {
	masks = Reshape(masks, -1, c.Image, c.Image)
	features := Encode(s, c, masks)
	ids := Nearest(s, c, StopGradient(features))
	table := codes(s, c)
	if c.Codebook == EMA {
		table = StopGradient(table)
	}
	nearest := Reshape(block.Embed(table, ids), features.Shape().Dimensions...)
	decoded := reconstruct(s, c, Add(features, StopGradient(Sub(nearest, features))), true)

	reconstruction := meanSquares(Sub(decoded, plusMinus(masks)))
	commitment := meanSquares(Sub(features, StopGradient(nearest)))
	codebook := meanSquares(Sub(nearest, StopGradient(features)))
	total := Add(reconstruction, MulScalar(commitment, c.Commitment))
	if c.Codebook == CodebookLoss {
		total = Add(total, codebook)
	}
	return Losses{
		Total:          ReduceMean(total, 0),
		Reconstruction: ReduceMean(reconstruction, 0),
		Commitment:     ReduceMean(commitment, 0),
		Codebook:       ReduceMean(codebook, 0),
		PerMask:        total,
		Features:       features,
		IDs:            ids,
		Masks:          decoded,
	}
}

// meanSquares is the mean of the squares of each example, [B]. It sums axis by axis: one sum over a
// batch loses digits.
func meanSquares(x *Node) *Node {
	x = Square(x)
	for x.Rank() > 1 {
		x = ReduceMean(x, -1)
	}
	return x
}

// Average is the state of the moving average of the codes: the Codes [K, D] themselves, the average
// number of features nearest to each, Counts [K], and the average of the sum of those, Sums [K, D].
//
// See [AverageSpecs] for how training begins.
type Average struct{ Codes, Counts, Sums *Node }

// AverageSpecs lists what the moving average keeps beside the codes, Counts and Sums, as weights:
// [weights.Initial] gives the published beginning, counts of zero and sums from a standard normal
// distribution, and files have them under AiT's names.
func AverageSpecs(c Config) []weights.Spec {
	return []weights.Spec{
		{Name: "_vq_vae._ema_cluster_size", Shape: []int{c.Codes}, Init: weights.Zeros()},
		{Name: "_vq_vae._ema_w", Shape: []int{c.Codes, c.CodeWidth}, Init: weights.Normal(1)},
	}
}

// averageEpsilon smooths the counts, so that no code is divided by zero (AiT VQVAE.py,
// VectorQuantizerEMA).
const averageEpsilon = 1e-5

// MoveCodes returns the state after a batch with these features [B, G, G, D] and ids [B, G·G],
// those of [Losses].
func MoveCodes(c Config, state Average, features, ids *Node) Average {
	flat := Reshape(features, -1, c.CodeWidth)
	chosen := OneHot(Reshape(ids, -1), c.Codes, features.DType()) // [N, K]
	keep, take := c.Decay, 1-c.Decay

	counts := Add(MulScalar(state.Counts, keep), MulScalar(ReduceSum(chosen, 0), take))
	total := ReduceAllSum(counts)
	counts = Mul(Div(AddScalar(counts, averageEpsilon), AddScalar(total, averageEpsilon*float64(c.Codes))), total)
	sums := Add(MulScalar(state.Sums, keep), MulScalar(DotGeneral(chosen, []int{0}, nil, flat, []int{0}, nil), take))
	return Average{Codes: Div(sums, InsertAxes(counts, -1)), Counts: counts, Sums: sums}
}
