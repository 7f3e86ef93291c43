package benchmarks

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	layouts "github.com/pali3/pali3/ingest/benchmarks"
)

// Scene is what people marked in an image.
type Scene = layouts.Scene

// averagePrecisions are the scores of boxes and masks by a rule. Those of masks have the prefix
// mask_, and are left out if the predictions have none.
func averagePrecisions(rule detection.Rule, source string) []Metric {
	var all []Metric
	for _, of := range []struct {
		region         detection.Region
		prefix, plural string
	}{{detection.Boxes, "", "boxes"}, {detection.Masks, "mask_", "masks"}} {
		family := detectedFamily(detection.Options{Rule: rule, Compare: of.region})
		for part, name := range rule.Names() {
			all = append(all, Metric{Name: of.prefix + name, About: aboutPrecision(name) + " of " + of.plural, Source: source, Family: family, Part: part})
		}
	}
	return all
}

// aboutPrecision describes a score by its name.
func aboutPrecision(name string) string {
	about := map[string]string{
		"ap": "average precision, the mean over thresholds of 0.50 to 0.95", "ap50": "average precision at the threshold 0.50", "ap75": "average precision at the threshold 0.75",
		"ap_small": "average precision of objects below 32·32 pixels", "ap_medium": "average precision of objects to 96·96 pixels", "ap_large": "average precision of larger objects",
		"ap_rare": "average precision of rare categories", "ap_common": "average precision of common categories", "ap_frequent": "average precision of frequent categories",
		"ar_1": "average recall with one detection", "ar_10": "average recall with 10 detections", "ar_100": "average recall with 100 detections", "ar_300": "average recall with 300 detections",
		"ar_small": "average recall of objects below 32·32 pixels", "ar_medium": "average recall of objects to 96·96 pixels", "ar_large": "average recall of larger objects",
	}
	return about[name]
}

// detectedFamily is the scores of boxes or masks by a rule.
func detectedFamily(o detection.Options) *Family {
	name := "boxes"
	if o.Compare == detection.Masks {
		name = "masks"
	}
	return &Family{
		Prepare:      func(c *Corpus) (*Statistics, error) { return detected(c, o) },
		Name:         name,
		Evidence:     func(c *Corpus) ([]map[string]string, error) { return matchesAsText(c, o) },
		FromEvidence: func(evidence []map[string]string) (*Statistics, error) { return detectedFromText(evidence, o.Rule) },
	}
}

// detected matches what was found to what is marked. Its groups are the categories.
func detected(c *Corpus, o detection.Options) (*Statistics, error) {
	if o.Compare == detection.Masks && !hasMasks(c.Items) || len(c.Items) == 0 {
		return nil, nil
	}
	matches, err := matched(c, o)
	if err != nil {
		return nil, err
	}
	categories := c.Items[0].Scene.Categories
	if o.Frequencies, err = frequenciesOf(categories, o.Rule); err != nil {
		return nil, err
	}
	var names []string
	for _, category := range categories {
		names = append(names, category.Name)
	}
	return detectedStatistics(matches, o, names), nil
}

// matched returns the matches of each item.
func matched(c *Corpus, o detection.Options) ([]detection.Matches, error) {
	return once(c, fmt.Sprintf("matches %v", o), func(items []Item) (_ []detection.Matches, err error) {
		images := make([]detection.Image, len(items))
		for n := range items {
			if images[n], err = imageOf(&items[n], o.Compare); err != nil {
				return nil, err
			}
		}
		if o.Frequencies, err = frequenciesOf(items[0].Scene.Categories, o.Rule); err != nil {
			return nil, err
		}
		return detection.Match(images, o)
	})
}

// frequenciesOf returns the frequencies of categories, which LVIS' rule needs.
func frequenciesOf(categories []layouts.Category, rule detection.Rule) (all []detection.Frequency, err error) {
	if rule != detection.LVIS {
		return nil, nil
	}
	for _, category := range categories {
		if len(category.Frequency) != 1 {
			return nil, fmt.Errorf("category %s (%s) has the frequency %q, want r, c or f", category.ID, category.Name, category.Frequency)
		}
		all = append(all, detection.Frequency(category.Frequency[0]))
	}
	return all, nil
}

// detectedStatistics returns the scores of matches, whose groups are the categories.
func detectedStatistics(matches []detection.Matches, o detection.Options, categories []string) *Statistics {
	e := detection.Gather(matches, o)
	s := &Statistics{Slice: "category", Groups: categories}
	s.Values = func(drawn []int32) (scores, groups []float64) {
		scores, each := e.Scores(drawn)
		groups = make([]float64, len(categories))
		for n := range groups {
			groups[n] = math.NaN()
			if n < len(each) {
				groups[n] = numberOrNaN(each[n][0])
			}
		}
		for n := range scores {
			scores[n] = numberOrNaN(scores[n])
		}
		return scores, groups
	}
	return s
}

// numberOrNaN returns NaN for -1, by which the owners' programs say that no object counts.
func numberOrNaN(v float64) float64 {
	if v < 0 {
		return math.NaN()
	}
	return v
}

// hasMasks reports whether some prediction has a mask.
func hasMasks(items []Item) bool {
	for n := range items {
		for i := range items[n].Found {
			if items[n].Found[i].Mask != nil {
				return true
			}
		}
	}
	return false
}

// imageOf returns an item's image for matching.
func imageOf(i *Item, region detection.Region) (image detection.Image, err error) {
	scene := i.Scene
	if scene == nil {
		return image, fmt.Errorf("image %s: the item has no Scene", i.ID)
	}
	image.Absent, image.Incomplete, image.Detections = scene.Absent, scene.Incomplete, i.Found
	for n := range scene.Regions {
		r := &scene.Regions[n]
		t := detection.Truth{Category: r.Category, Box: r.Box, Area: r.Area, Crowd: r.Crowd, Ignore: r.Ignore, ZeroID: r.ID == "0"}
		if t.Area != t.Area {
			t.Area = t.Box.Area()
		}
		if region == detection.Masks {
			if t.Mask, err = maskOf(r.Outline, scene); err != nil {
				return image, fmt.Errorf("image %s: annotation %s: %w", i.ID, r.ID, err)
			}
		}
		image.Truths = append(image.Truths, t)
	}
	if region == detection.Boxes {
		return image, nil
	}
	image.Detections = append([]detection.Detection(nil), i.Found...)
	for n := range image.Detections {
		d := &image.Detections[n]
		if d.Mask == nil { // as pycocotools does
			if d.Mask, err = detection.BoxMask(d.Box, scene.Height, scene.Width); err != nil {
				return image, fmt.Errorf("image %s: detection %d: %w", i.ID, n, err)
			}
		}
		if d.Mask.Height != scene.Height || d.Mask.Width != scene.Width {
			return image, fmt.Errorf("image %s: detection %d has a mask of %d by %d pixels, height by width, and the image has %d by %d",
				i.ID, n, d.Mask.Height, d.Mask.Width, scene.Height, scene.Width)
		}
	}
	return image, nil
}

// maskOf draws an outline.
func maskOf(o *layouts.Outline, scene *Scene) (*detection.Mask, error) {
	switch {
	case o == nil:
		return nil, fmt.Errorf("it has no segmentation")
	case len(o.Runs) == 0:
		return detection.PolygonMask(o.Polygons, scene.Height, scene.Width)
	case o.Size != [2]int{scene.Height, scene.Width}:
		return nil, fmt.Errorf("a mask of %d by %d pixels, height by width, and the image has %d by %d", o.Size[0], o.Size[1], scene.Height, scene.Width)
	}
	counts := make([]uint32, len(o.Runs))
	for n, run := range o.Runs {
		if run < 0 || run > math.MaxUint32 {
			return nil, fmt.Errorf("run %d has %d pixels", n, run)
		}
		counts[n] = uint32(run)
	}
	return detection.NewMask(counts, scene.Height, scene.Width)
}
