package metrics_test

import (
	"context"
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// ExampleRankEmbeddings ranks two images and three texts, of which the first two are of the first
// image.
func ExampleRankEmbeddings() {
	images := metrics.Vectors{Width: 2, Values: []float32{1, 0, 0, 1}}
	texts := metrics.Vectors{Width: 2, Values: []float32{0.9, 0.1, 0.2, 0.8, 0.1, 0.9}}
	pairs := []metrics.Pair{{Image: 0, Text: 0}, {Image: 0, Text: 1}, {Image: 1, Text: 2}}
	imageToText, textToImage, err := metrics.RankEmbeddings(context.Background(), images, texts, pairs)
	if err != nil {
		panic(err)
	}
	bootstrap := metrics.Bootstrap{}
	fmt.Printf("image to text: R@1 %.2f, mAP %.2f\n", bootstrap.Mean(imageToText.Ranks.RecallAt(1)).Value, bootstrap.Mean(imageToText.AveragePrecision).Value)
	fmt.Printf("text to image: R@1 %.2f, median rank %g\n", bootstrap.Mean(textToImage.Ranks.RecallAt(1)).Value, textToImage.Ranks.Median())
	// Output:
	// image to text: R@1 1.00, mAP 1.00
	// text to image: R@1 0.67, median rank 1
}
