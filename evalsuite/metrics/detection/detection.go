// Package detection scores the boxes and masks that a model finds in images, as the owners'
// programs do: average precision and recall by the rules of COCO (pycocotools, cocoeval.py), of
// LVIS (lvis-api, eval.py) and of Open Images (tensorflow/models, research/object_detection).
//
// Most users need [Evaluate], which matches the detections of all images to the annotated objects
// once, and [Evaluation.Scores], which returns the rule's scores:
//
//	e, err := detection.Evaluate(images, detection.Options{Rule: detection.COCO})
//	scores, categories := e.Scores(nil) // of detection.COCO.Names(): ap, ap50, ap75, ...
//
// Scores also takes a weight for each image, so that an interval draws images with replacement and
// nothing is matched again.
//
// A [Mask] has the run lengths of COCO's mask API: [ParseMask] reads and [Mask.String] writes their
// text form, [PolygonMask] draws polygons, [MaskIoU] and [BoxIoU] compare, [Overlap] counts pixels.
//
// All functions are pure and may be called concurrently. The package reads no files: package
// benchmarks does.
package detection

import (
	"fmt"
	"math"
)

// Rule says by whose rules detections are scored.
type Rule int

const (
	// COCO is the rule of pycocotools: 12 scores, at most 100 detections of a category per image.
	COCO Rule = iota
	// LVIS is the rule of lvis-api: 13 scores, at most 300 detections per image. An image counts
	// for the categories that it has and those that it is known to lack.
	LVIS
	// OpenImages is the rule of the Open Images challenge: one score, the mean average precision of
	// boxes at an intersection over union of 0.5. A group of objects ([Truth.Crowd]) is found by
	// boxes within it, and counts once. Detections of a category count in images that have a label
	// or an object of it. An object is matched to the detection with the highest score first, of
	// equal ones the last.
	OpenImages
)

// Region says what is compared.
type Region int

const (
	Boxes Region = iota
	Masks
)

// Options say how to evaluate.
type Options struct {
	Rule    Rule
	Compare Region
	// Frequencies holds, for LVIS, each category's frequency in the training images.
	Frequencies []Frequency
	// GroupWeight is, for OpenImages, how much a group counts: 1 in the challenges, 0 in the
	// earlier metric of Open Images V2, where detections within a group do not count.
	GroupWeight float64
	// AllDetections counts, for OpenImages, detections of categories about which the image has no
	// label, too, as in Open Images V2.
	AllDetections bool
}

// Frequency is how often a category occurs, by LVIS.
type Frequency byte

// Frequencies of LVIS: below 10, below 100, and more training images.
const (
	Rare     Frequency = 'r'
	Common   Frequency = 'c'
	Frequent Frequency = 'f'
)

// Image holds the objects of an image, in the order of the files.
type Image struct {
	Truths     []Truth
	Detections []Detection
	// Absent are the categories that the image is known not to show, and Incomplete those of which
	// not all objects are annotated. They are for LVIS. For OpenImages, Absent are the categories
	// about which people labelled the image, by yes or no.
	Absent, Incomplete []int32
}

// Truth is an annotated object.
type Truth struct {
	Category int32 // from 0
	Box      Box
	Mask     *Mask // nil if boxes are compared
	// Area is the area of the object in pixels, as the annotation gives it.
	Area float64
	// Crowd is COCO's iscrowd: a group of objects that may be matched several times and does not
	// count itself; for OpenImages, IsGroupOf. LVIS has none.
	Crowd bool
	// Ignore is LVIS' ignore: an object that does not count. COCO's program overwrites it by
	// iscrowd.
	Ignore bool
	// ZeroID says that the annotation's id is 0. The owners' programs take that id for no match, so
	// a detection of this object counts as wrong.
	ZeroID bool
}

// Detection is an object that a model found.
type Detection struct {
	Category int32
	Box      Box
	Mask     *Mask // nil if boxes are compared
	// Area decides whether an unmatched detection counts as small, medium or large. pycocotools
	// takes it from the boxes if the first result of a file has one, and from the masks otherwise.
	Area  float64
	Score float64 // higher first; equal scores are in the order of images and of Detections
}

const (
	thresholds = 10  // of the intersection over union: 0.50, 0.55, ..., 0.95
	recalls    = 101 // 0, 0.01, ..., 1
	areas      = 4   // all, small, medium, large
	limits     = 3   // of detections per image and category
)

// areaRanges are the areas of objects in pixels: all, small, medium and large ones.
var areaRanges = [areas][2]float64{{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}}

// iouThresholds are np.linspace(.5, .95, 10), to the last bit.
var iouThresholds = linspace[[thresholds]float64](.5, .95)

// recallThresholds are np.linspace(0, 1, 101).
var recallThresholds = linspace[[recalls]float64](0, 1)

// linspace returns numbers from first to last at equal distances, as NumPy computes them.
func linspace[A [thresholds]float64 | [recalls]float64](first, last float64) (all A) {
	step := (last - first) / float64(len(all)-1)
	for i := range len(all) - 1 {
		all[i] = float64(float64(i)*step) + first
	}
	all[len(all)-1] = last
	return all
}

// mostCategories bounds the numbers of categories.
const mostCategories = 1 << 20

// check returns an error for what cannot be scored.
func check(images []Image, o Options) error {
	if o.Rule != COCO && o.Rule != LVIS && o.Rule != OpenImages || o.Compare != Boxes && o.Compare != Masks || o.Rule == OpenImages && o.Compare == Masks {
		return fmt.Errorf("rule %d on regions %d, want COCO or LVIS on boxes or masks, or OpenImages on boxes", o.Rule, o.Compare)
	}
	if !(o.GroupWeight >= 0 && o.GroupWeight <= 1) {
		return fmt.Errorf("a weight of groups of %g, want 0 to 1", o.GroupWeight)
	}
	for c, f := range o.Frequencies {
		if f != Rare && f != Common && f != Frequent {
			return fmt.Errorf("category %d: frequency %q, want r, c or f", c, f)
		}
	}
	for n := range images {
		for i := range images[n].Truths {
			t := &images[n].Truths[i]
			err := checkRegion(t.Category, t.Box, t.Mask, t.Area, o)
			if err == nil && o.Rule == LVIS && int(t.Category) >= len(o.Frequencies) {
				err = fmt.Errorf("category %d has no frequency, and there are %d", t.Category, len(o.Frequencies))
			}
			if err != nil {
				return fmt.Errorf("image %d: object %d: %w", n, i, err)
			}
		}
		for i := range images[n].Detections {
			d := &images[n].Detections[i]
			err := checkRegion(d.Category, d.Box, d.Mask, d.Area, o)
			if err == nil && d.Score != d.Score {
				err = fmt.Errorf("score %g", d.Score)
			}
			if err != nil {
				return fmt.Errorf("image %d: detection %d: %w", n, i, err)
			}
		}
	}
	return nil
}

func checkRegion(category int32, box Box, mask *Mask, area float64, o Options) error {
	if category < 0 || category >= mostCategories {
		return fmt.Errorf("category %d, want 0 to %d", category, mostCategories-1)
	}
	if math.IsNaN(area) || math.IsInf(area, 0) {
		return fmt.Errorf("area %g", area)
	}
	if o.Compare == Masks {
		if mask == nil {
			return fmt.Errorf("no mask")
		}
		return mask.Check()
	}
	for _, v := range box {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("box %v has an edge that is no number", box)
		}
	}
	return nil
}
