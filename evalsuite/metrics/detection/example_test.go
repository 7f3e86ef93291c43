package detection_test

import (
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
)

// One image with two objects of category 0. The model finds one of them, and something else.
func ExampleEvaluate() {
	images := []detection.Image{{
		Truths: []detection.Truth{
			{Box: detection.Box{10, 10, 100, 50}, Area: 5000},
			{Box: detection.Box{200, 20, 20, 20}, Area: 400},
		},
		Detections: []detection.Detection{
			{Box: detection.Box{12, 10, 100, 50}, Area: 5000, Score: 0.9},
			{Box: detection.Box{300, 300, 10, 10}, Area: 100, Score: 0.4},
		},
	}}
	e, err := detection.Evaluate(images, detection.Options{Rule: detection.COCO, Compare: detection.Boxes})
	if err != nil {
		fmt.Println(err)
		return
	}
	scores, _ := e.Scores(nil)
	for i, name := range detection.COCO.Names()[:5] {
		fmt.Printf("%s %.3f\n", name, scores[i])
	}
	// Output:
	// ap 0.505
	// ap50 0.505
	// ap75 0.505
	// ap_small 0.000
	// ap_medium 1.000
}

// A polygon of a small image, in COCO's text form.
func ExamplePolygonMask() {
	mask, err := detection.PolygonMask([][]float64{{1, 1, 4, 1, 4, 3, 1, 3}}, 4, 6)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mask, mask.Area(), mask.Box())
	// Output: 5220007 6 [1 1 3 2]
}
