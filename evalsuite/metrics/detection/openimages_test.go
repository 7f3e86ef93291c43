package detection

import (
	"cmp"
	"math"
	"os"
	"slices"
	"testing"
)

// openGolden is what parity/openimages_goldens.py writes. Boxes are class, y0, x0, y1, x1, and
// whether it is a group or the score.
type openGolden struct {
	Cases []struct {
		Images []struct {
			Labels             []int32
			Truths, Detections [][6]float64
		}
		Scores []struct {
			Weight, Mean float64
			Labelled     bool
			Each         []*float64
		}
	}
}

func cornersBox(v [6]float64) Box { return Box{v[2], v[1], v[4] - v[2], v[3] - v[1]} }

func TestEvaluate_OpenImagesEqualsTheOwners(t *testing.T) {
	var all openGolden
	readJSON(t, cmp.Or(os.Getenv("OPENIMAGES_GOLDENS"), "testdata/openimages.json"), &all)
	for n, c := range all.Cases {
		var images []Image
		for _, i := range c.Images {
			image := Image{Absent: i.Labels}
			for _, v := range i.Truths {
				image.Truths = append(image.Truths, Truth{Category: int32(v[0]), Box: cornersBox(v), Crowd: v[5] == 1})
			}
			for _, v := range i.Detections {
				image.Detections = append(image.Detections, Detection{Category: int32(v[0]), Box: cornersBox(v), Score: v[5]})
			}
			images = append(images, image)
		}
		for _, want := range c.Scores {
			o := Options{Rule: OpenImages, GroupWeight: want.Weight, AllDetections: !want.Labelled}
			e, err := Evaluate(images, o)
			if err != nil {
				t.Fatal(err)
			}
			got, each := e.Scores(nil)
			if len(got) != 1 || math.Abs(got[0]-want.Mean) > 1e-12 {
				t.Errorf("case %d, %+v: %v, want %v", n, o, got, want.Mean)
			}
			for class, value := range want.Each {
				switch {
				case value == nil && class < len(each) && each[class][0] != -1,
					value != nil && (class >= len(each) || math.Abs(each[class][0]-*value) > 1e-12):
					t.Errorf("case %d, %+v: class %d: %v", n, o, class, each)
				}
			}
			// An image that counts twice is two images.
			weights, twice := slices.Repeat([]int32{1}, len(images)), []Image(nil)
			for at := range images {
				twice = append(twice, images[at])
				if weights[at] = int32(1 + at%2); weights[at] == 2 {
					twice = append(twice, images[at])
				}
			}
			double, err := Evaluate(twice, o)
			if err != nil {
				t.Fatal(err)
			}
			weighted, _ := e.Scores(weights)
			alone, _ := double.Scores(nil)
			if n%3 != 2 && math.Abs(weighted[0]-alone[0]) > 1e-12 { // the third cases have equal scores
				t.Errorf("case %d, %+v: weighted %v, doubled %v", n, o, weighted, alone)
			}
		}
	}
}
