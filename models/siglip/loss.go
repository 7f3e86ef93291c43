package siglip

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// Loss returns the loss of images [B, H, W, 3] and their texts [B·K, L], K for each image. The
// sigmoid loss classifies each of the B·B·K pairs as matching or not, and divides the sum of these
// losses by the number of texts, or of images: see Config.Average. With one text per image it is
// algorithm 1 of arXiv 2303.15343. For the softmax loss see [SoftmaxLoss].
func Loss(s *weights.Scope, c Config, images, texts *Node) *Node {
	loss, _, _ := LossByExample(s, c, images, texts)
	return loss
}

// LossByExample returns the [Loss] and, for each image [B], its sum and its count. The loss is the
// total of the sums divided by the total of the counts.
func LossByExample(s *weights.Scope, c Config, images, texts *Node) (loss, sums, counts *Node) {
	return lossOfEmbeddings(s, c, EmbedImages(s, c, images), EmbedTexts(s, c, texts))
}

// lossOfEmbeddings is [LossByExample] for embeddings [B, E] and [B·K, E].
func lossOfEmbeddings(s *weights.Scope, c Config, images, texts *Node) (loss, sums, counts *Node) {
	scale, bias := scaleAndBias(s, c)
	each := texts.Shape().Dimensions[0] / images.Shape().Dimensions[0]
	switch {
	case c.Objective == "softmax":
		return softmaxLossByExample(logits(images, texts, scale, bias))
	case c.LossBlock > 0:
		sums = blockwise(images, texts, scale, bias, c.LossBlock)
		loss = DivScalar(ReduceAllSum(sums), float64(texts.Shape().Dimensions[0]))
	default:
		loss, sums = sigmoidLossByExample(logits(images, texts, scale, bias))
	}
	counts = MulScalar(OnesLike(sums), float64(each))
	if c.Average == "images" {
		loss, counts = MulScalar(loss, float64(each)), OnesLike(sums)
	}
	return loss, sums, counts
}

// SigmoidLoss returns -1/(B·K) · sum of log sigmoid(z·logits) for logits [B, B·K]. Texts i·K to
// i·K+K-1 match image i; z is 1 for matching pairs and -1 for others.
func SigmoidLoss(logits *Node) *Node {
	loss, _ := sigmoidLossByExample(logits)
	return loss
}

// sigmoidLossByExample returns the [SigmoidLoss] and each image's sum over all texts [B].
func sigmoidLossByExample(logits *Node) (loss, sums *Node) {
	wrong := Where(matching(logits), Neg(logits), logits) // -z·logits, [B, B·K]
	losses := softplus(wrong)
	return DivScalar(ReduceAllSum(losses), float64(logits.Shape().Dimensions[1])), ReduceSum(losses, 1)
}

// softplus is log(1 + exp(x)) = -log sigmoid(-x), for large x too.
func softplus(x *Node) *Node { return Add(Max(x, ZerosLike(x)), Log1P(Exp(Neg(Abs(x))))) }

// matching tells which pairs of B images and B·K texts match, [B, B·K].
func matching(logits *Node) *Node {
	images, texts := logits.Shape().Dimensions[0], logits.Shape().Dimensions[1]
	pairs := shapes.Make(dtypes.Int32, images, texts)
	return Equal(Iota(logits.Graph(), pairs, 0), DivScalar(Iota(logits.Graph(), pairs, 1), texts/images))
}

// SoftmaxLoss returns CLIP's loss for logits [B, B·K] of images and K texts of each (big_vision,
// _deprecated_contrastive.py, softmax_loss): half the mean over images of the cross-entropy of
// their texts among all texts, and half the mean over texts of the cross-entropy of their image
// among all images. With several texts, an image's cross-entropy is the mean over its texts.
func SoftmaxLoss(logits *Node) *Node {
	loss, _, _ := softmaxLossByExample(logits)
	return loss
}

func softmaxLossByExample(logits *Node) (loss, sums, counts *Node) {
	images, texts := logits.Shape().Dimensions[0], logits.Shape().Dimensions[1]
	each := float64(texts / images)
	match := matching(logits)
	ofMatches := func(x *Node) *Node { return ReduceSum(Where(match, x, ZerosLike(x)), 1) } // [B]
	toTexts := logSumExp(logits, 1)                                                         // [B, 1]
	toImages := logSumExp(logits, 0)                                                        // [1, B·K]
	norms := MulScalar(Add(MulScalar(Reshape(toTexts, images), each), ofMatches(BroadcastToDims(toImages, images, texts))), 0.5)
	sums = DivScalar(Sub(norms, ofMatches(logits)), each)
	counts = OnesLike(sums)
	return ReduceAllMean(sums), sums, counts
}

// logSumExp is log(sum(exp(x))) over an axis, which stays with the dimension 1.
func logSumExp(x *Node, axis int) *Node {
	largest := StopGradient(ReduceAndKeep(x, ReduceMax, axis))
	return Add(Log(ReduceAndKeep(Exp(Sub(x, largest)), ReduceSum, axis)), largest)
}
