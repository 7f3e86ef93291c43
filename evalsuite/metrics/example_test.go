package metrics_test

import (
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics"
)

func ExampleVQAAccuracy() {
	answers := []string{"two", "2", "2", "3", "3", "3", "3", "four", "many", "5"}
	fmt.Printf("%.1f %.1f %.1f\n",
		metrics.VQAAccuracy("Two", answers), metrics.VQAAccuracy("3.", answers), metrics.VQAAccuracy("seven", answers))
	// Output: 0.9 1.0 0.0
}

func ExampleNormalizeVQA() {
	fmt.Println(metrics.NormalizeVQA("The dog's (two) t-shirts, dont?"))
	// Output: dog's 2 t shirts don't
}

func ExamplePTBTokenize() {
	for _, tokens := range metrics.PTBTokenize([]string{
		`A man's dog can't reach the "U.S." sign (it's 3.5 m high).`,
		"犬が走る。",
	}) {
		fmt.Println(tokens)
	}
	// Output:
	// a man 's dog ca n't reach the u.s. sign -lrb- it 's 3.5 m high -rrb-
	// 犬が走る 。
}

func ExampleCaptionCIDEr() {
	scores, err := metrics.CaptionCIDEr(
		[]string{"A dog runs on the grass.", "a red car"},
		[][]string{
			{"A dog running on grass.", "The dog runs on the grass"},
			{"A bus parked in front of a house."},
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	mean := metrics.Bootstrap{}.Mean(scores)
	fmt.Printf("%.3f and %.3f, mean %.3f\n", scores[0], scores[1], mean.Value)
	// Output: 5.059 and 0.000, mean 2.530
}

func ExampleExactMatch() {
	fmt.Println(metrics.ExactMatch(" cafe\u0301  noir", "café noir"), metrics.ExactMatch("Café noir", "café noir"))
	// Output: true false
}

func ExampleSimilarities() {
	s := metrics.Similarities{
		Images: 2, Texts: 3,
		Values: []float32{
			0.9, 0.2, 0.4, // image 0
			0.1, 0.3, 0.8, // image 1
		},
		ImageOf: []int{0, 0, 1},
	}
	images, _ := s.ImageToText()
	texts, _ := s.TextToImage()
	bootstrap := metrics.Bootstrap{}
	fmt.Printf("image to text R@1 %.2f, text to image R@1 %.2f\n",
		bootstrap.Mean(images.RecallAt(1)).Value, bootstrap.Mean(texts.RecallAt(1)).Value)
	// Output: image to text R@1 1.00, text to image R@1 0.67
}

// Two models answered the same four questions about two images. The questions of an image are kept
// together.
func ExampleBootstrap_Compare() {
	d, err := metrics.Bootstrap{}.Compare(metrics.Pairs{
		A:       []float64{0, 1, 0, 1},
		B:       []float64{1, 1, 1, 1},
		Cluster: []int{0, 0, 1, 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+.2f, p = %.2f by %s of %d images\n", d.Value, d.P, d.Test, d.Clusters)
	// Output: +0.50, p = 0.50 by permutation of 2 images
}

// How many questions does it take to find a difference of one point, where the models differ with a
// standard deviation of 0.4?
func ExamplePower_Needed() {
	n, err := metrics.Power{Deviation: 0.4}.Needed(0.01, 0.8)
	fmt.Println(n, err)
	// Output: 12559 <nil>
}
