package detection

import (
	"cmp"
	"slices"
)

// openLimit is the number of detections of a category in an image that count.
const openLimit = 10000

// openThreshold is the intersection over union of a match. For groups it is that of the
// intersection over the area of the detection.
const openThreshold = 0.5

// openCategory is what matching by Open Images' rule found for a category.
type openCategory struct {
	entries []openEntry // by score
	objects []openObjects
}

// openEntry is a detection that counts, or a group that was found.
type openEntry struct {
	score float64
	right float64 // 0 for a wrong detection, the weight of a group, else 1
	image int32
	at    int32 // place among the entries of all images
}

// openObjects counts the objects of an image.
type openObjects struct {
	image int32
	count float64
}

// matchOpenImages matches as tensorflow/models, research/object_detection/utils does
// (per_image_evaluation.py, object_detection_evaluation.py: OpenImagesDetectionChallengeEvaluator).
func matchOpenImages(image *Image, o Options) Matches {
	m := openMatcher{image: image, groups: o.GroupWeight, all: o.AllDetections}
	return m.match()
}

// gatherOpenImages collects what was found in the images by category.
func (e *Evaluation) gatherOpenImages(matches []Matches) {
	for number, image := range matches {
		for n := range image {
			m := &image[n]
			for int(m.Category) >= len(e.open) {
				e.open = append(e.open, openCategory{})
			}
			c := &e.open[m.Category]
			if m.openObjects > 0 {
				c.objects = append(c.objects, openObjects{int32(number), m.openObjects})
			}
			for at := range m.open {
				entry := m.open[at]
				entry.image, entry.at = int32(number), int32(len(c.entries))
				c.entries = append(c.entries, entry)
			}
		}
	}
	for n := range e.open {
		// np.argsort(scores)[::-1] has the last of equal ones first.
		slices.SortFunc(e.open[n].entries, func(a, b openEntry) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.at, a.at)) })
	}
}

// openMatcher matches the detections of an image.
type openMatcher struct {
	image  *Image
	groups float64 // weight of a group that is found
	all    bool    // count detections of categories without a label, too
}

// match returns what the image has of each category, by category.
func (m *openMatcher) match() (all Matches) {
	at := map[int32]int{}
	of := func(category int32) *CategoryMatches {
		n, known := at[category]
		if !known {
			n = len(all)
			at[category] = n
			all = append(all, CategoryMatches{Category: category})
		}
		return &all[n]
	}
	truths, detections := map[int32][]int{}, map[int32][]int{}
	counted := map[int32]bool{}
	for _, category := range m.image.Absent {
		counted[category] = true
	}
	for n := range m.image.Truths {
		category := m.image.Truths[n].Category
		truths[category], counted[category] = append(truths[category], n), true
	}
	var categories []int32
	for n := range m.image.Detections {
		d := &m.image.Detections[n]
		if !(d.Box[2] > 0 && d.Box[3] > 0) || !m.all && !counted[d.Category] {
			continue
		}
		if detections[d.Category] == nil {
			categories = append(categories, d.Category)
		}
		detections[d.Category] = append(detections[d.Category], n)
	}
	for category, list := range truths {
		objects := 0.0
		for _, n := range list {
			if m.image.Truths[n].Crowd {
				objects += m.groups
			} else {
				objects++
			}
		}
		if objects > 0 {
			of(category).openObjects = objects
		}
	}
	for _, category := range categories {
		of(category).open = m.matchCategory(truths[category], detections[category])
	}
	slices.SortFunc(all, func(a, b CategoryMatches) int { return cmp.Compare(a.Category, b.Category) })
	return all
}

// matchCategory returns the entries of a category: first each detection is matched to the object
// that it overlaps most, then those that are wrong to the group that covers most of them.
func (m *openMatcher) matchCategory(truths, detections []int) (entries []openEntry) {
	slices.Reverse(detections) // the last of equal ones first
	slices.SortStableFunc(detections, func(a, b int) int { return cmp.Compare(m.image.Detections[b].Score, m.image.Detections[a].Score) })
	detections = detections[:min(len(detections), openLimit)]
	taken, found := map[int]bool{}, map[int]float64{}
	for _, n := range detections {
		d := &m.image.Detections[n]
		if best, overlap := m.best(d, truths, false); overlap >= openThreshold && !taken[best] {
			taken[best] = true
			entries = append(entries, openEntry{score: d.Score, right: 1})
			continue
		}
		if best, overlap := m.best(d, truths, true); overlap >= openThreshold {
			found[best] = max(found[best], d.Score) // 0 at first: the owner's program drops groups found with less
			continue
		}
		entries = append(entries, openEntry{score: d.Score})
	}
	for _, n := range truths {
		if score := found[n]; score > 0 && m.groups > 0 {
			entries = append(entries, openEntry{score: score, right: m.groups})
		}
	}
	return entries
}

// best returns the object, or the group, that a detection overlaps most: the first of equal ones.
func (m *openMatcher) best(d *Detection, truths []int, group bool) (best int, most float64) {
	best, most = -1, -1
	for _, n := range truths {
		t := &m.image.Truths[n]
		if t.Crowd != group {
			continue
		}
		if overlap := BoxIoU(d.Box, t.Box, group); overlap > most {
			best, most = n, overlap
		}
	}
	return best, most
}

// openScores returns the mean average precision, and that of each category; -1 where no object
// counts.
func (e *Evaluation) openScores(weights []int32) (scores []float64, categories [][]float64) {
	if weights == nil {
		weights = e.once
	}
	var all mean
	var steps []openStep
	for n := range e.open {
		value := -1.0
		value, steps = e.open[n].averagePrecision(weights, steps[:0])
		all.add(value)
		categories = append(categories, []float64{value})
	}
	return []float64{all.value()}, categories
}

// openStep is a place in a ranking where recall rises.
type openStep struct{ right, precision float64 }

// averagePrecision is the area below the curve of precision, which never falls, over recall
// (object_detection/utils/metrics.py).
func (c *openCategory) averagePrecision(weights []int32, steps []openStep) (float64, []openStep) {
	objects := 0.0
	for _, o := range c.objects {
		objects += float64(weights[o.image]) * o.count
	}
	if objects == 0 {
		return -1, steps
	}
	right, wrong := 0.0, 0.0
	for n := range c.entries {
		entry := &c.entries[n]
		for range weights[entry.image] {
			if entry.right <= 0 {
				wrong++
				continue
			}
			right += entry.right
			steps = append(steps, openStep{right, right / (right + wrong)})
		}
	}
	area, highest := 0.0, 0.0
	for n := len(steps) - 1; n >= 0; n-- {
		before := 0.0
		if n > 0 {
			before = steps[n-1].right
		}
		highest = max(highest, steps[n].precision)
		area += (steps[n].right/objects - before/objects) * highest
	}
	return area, steps
}
