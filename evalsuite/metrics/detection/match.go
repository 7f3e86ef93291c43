package detection

import (
	"cmp"
	"slices"
)

// Limits of detections: COCO's are for each category of an image, LVIS' is for each image.
var cocoLimits = [limits]int32{1, 10, 100}

const lvisLimit = 300

// mostIoU bounds thresholds, so that equal regions match at 1 in spite of rounding (cocoeval.py).
const mostIoU = 1 - 1e-10

// entry is a detection after matching. Bit t of right or wrong is set if it counts as such at
// threshold t among the objects of an area. It is ignored where neither is set.
type entry struct {
	score        float64
	image        int32
	rank         int32 // among the detections of the category in the image, by score
	right, wrong [areas]uint16
}

// matcher matches the detections of one image after another.
type matcher struct {
	Options
	truths, detections []int // of the image, by category
	order              []ordered
	taken              []bool
	boxes              []Box // of masks
	candidates         []candidate
	from               []int // of each detection: where its candidates begin
}

// candidate is a truth that a detection overlaps enough to match it.
type candidate struct {
	truth int // place among the truths of the category
	iou   float64
}

// ordered is a detection to sort.
type ordered struct {
	category int32
	at       int32
	score    float64
}

// match returns what an image has of each category.
func (m *matcher) match(image *Image) (all Matches) {
	m.sort(image)
	truths, detections := m.truths, m.detections
	entries := make([]entry, len(detections))
	for len(truths) > 0 || len(detections) > 0 {
		category := int32(mostCategories)
		if len(truths) > 0 {
			category = image.Truths[truths[0]].Category
		}
		if len(detections) > 0 {
			category = min(category, image.Detections[detections[0]].Category)
		}
		nt, nd := 0, 0
		for nt < len(truths) && image.Truths[truths[nt]].Category == category {
			nt++
		}
		for nd < len(detections) && image.Detections[detections[nd]].Category == category {
			nd++
		}
		used := nd
		if m.Rule == COCO {
			used = min(nd, int(cocoLimits[limits-1]))
		}
		g := group{matcher: m, image: image, truths: truths[:nt], detections: detections[:used], incomplete: m.Rule == LVIS && slices.Contains(image.Incomplete, category)}
		s := CategoryMatches{Category: category, entries: entries[:used:used]}
		for rank := range s.entries {
			s.entries[rank] = entry{score: image.Detections[detections[rank]].Score, rank: int32(rank)}
		}
		g.match(&s)
		all = append(all, s)
		truths, detections, entries = truths[nt:], detections[nd:], entries[used:]
	}
	return all
}

// sort lists the truths and detections of an image by category, and detections by score. It leaves
// out those that the rule leaves out.
func (m *matcher) sort(image *Image) {
	m.truths, m.detections = m.truths[:0], m.detections[:0]
	for i := range image.Truths {
		if m.Rule == COCO || image.Truths[i].Area > 0 {
			m.truths = append(m.truths, i)
		}
	}
	m.order = m.order[:0]
	for i := range image.Detections {
		m.order = append(m.order, ordered{image.Detections[i].Category, int32(i), image.Detections[i].Score})
	}
	if m.Rule == LVIS {
		if len(m.order) > lvisLimit {
			slices.SortFunc(m.order, byScore)
			m.order = m.order[:lvisLimit]
		}
		m.order = slices.DeleteFunc(m.order, func(o ordered) bool { return !(image.Detections[o.at].Area > 0) || !m.known(image, o.category) })
	}
	slices.SortFunc(m.order, func(a, b ordered) int {
		if a.category != b.category {
			return int(a.category) - int(b.category)
		}
		return byScore(a, b)
	})
	for _, o := range m.order {
		m.detections = append(m.detections, int(o.at))
	}
	slices.SortStableFunc(m.truths, func(a, b int) int { return cmp.Compare(image.Truths[a].Category, image.Truths[b].Category) })
}

// byScore puts the highest score first, and of equal ones the first detection.
func byScore(a, b ordered) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return int(a.at) - int(b.at)
}

// known reports whether the annotations say if the image shows a category.
func (m *matcher) known(image *Image, category int32) bool {
	return slices.Contains(image.Absent, category) ||
		slices.ContainsFunc(m.truths, func(i int) bool { return image.Truths[i].Category == category })
}

// group is the truths and detections of one category in an image.
type group struct {
	*matcher
	image              *Image
	truths, detections []int
	incomplete         bool
}

// match sets the counts of a category and what is right and wrong.
func (g *group) match(s *CategoryMatches) {
	g.findCandidates()
	for area := range areas {
		for _, t := range g.truths {
			if !g.ignored(t, area) {
				s.objects[area]++
			}
		}
		for i := range s.entries {
			if g.from[i] == g.from[i+1] {
				s.entries[i].wrong[area] = g.unmatched(i, area)
			}
		}
		if len(g.candidates) == 0 {
			continue
		}
		for threshold := range thresholds {
			g.matchAt(threshold, area, s.entries)
		}
	}
}

// findCandidates lists the truths that overlap each detection enough for the lowest threshold.
func (g *group) findCandidates() {
	g.candidates, g.from = g.candidates[:0], append(g.from[:0], 0)
	overlap := g.overlaps()
	for i := range g.detections {
		for j := range g.truths {
			if iou := overlap(i, j); iou >= iouThresholds[0] {
				g.candidates = append(g.candidates, candidate{j, iou})
			}
		}
		g.from = append(g.from, len(g.candidates))
	}
}

// overlaps returns the intersection over union of a detection and a truth.
func (g *group) overlaps() func(detection, truth int) float64 {
	detected := func(i int) *Detection { return &g.image.Detections[g.detections[i]] }
	truth := func(j int) *Truth { return &g.image.Truths[g.truths[j]] }
	if g.Compare == Boxes {
		return func(i, j int) float64 {
			t := truth(j)
			return BoxIoU(detected(i).Box, t.Box, t.Crowd && g.Rule == COCO)
		}
	}
	if g.boxes = g.boxes[:0]; len(g.truths) == 0 {
		return nil
	}
	for i := range g.detections {
		g.boxes = append(g.boxes, detected(i).Mask.Box())
	}
	for j := range g.truths {
		g.boxes = append(g.boxes, truth(j).Mask.Box())
	}
	return func(i, j int) float64 {
		t := truth(j)
		crowd := t.Crowd && g.Rule == COCO
		if BoxIoU(g.boxes[i], g.boxes[len(g.detections)+j], crowd) <= 0 {
			return 0
		}
		return maskIoU(detected(i).Mask, t.Mask, crowd)
	}
}

// ignored reports whether a truth need not be found among the objects of an area.
func (g *group) ignored(truth, area int) bool {
	t := &g.image.Truths[truth]
	if g.Rule == COCO && t.Crowd || g.Rule == LVIS && t.Ignore {
		return true
	}
	return outside(t.Area, area)
}

func outside(v float64, area int) bool { return v < areaRanges[area][0] || v > areaRanges[area][1] }

// unmatched returns the thresholds at which a detection without a match is wrong: all or none.
func (g *group) unmatched(detection, area int) uint16 {
	if g.incomplete || outside(g.image.Detections[g.detections[detection]].Area, area) {
		return 0
	}
	return allThresholds
}

// matchAt gives each detection that has candidates, by score, the best truth that is left.
func (g *group) matchAt(threshold, area int, entries []entry) {
	g.taken = slices.Grow(g.taken[:0], len(g.truths))[:len(g.truths)]
	clear(g.taken)
	bit := uint16(1) << threshold
	for i := range entries {
		candidates := g.candidates[g.from[i]:g.from[i+1]]
		if len(candidates) == 0 {
			continue
		}
		best, ignored := g.best(candidates, threshold, area, false), false
		if best < 0 {
			best, ignored = g.best(candidates, threshold, area, true), true
		}
		if best >= 0 {
			g.taken[best] = true
		}
		switch {
		case best >= 0 && ignored:
		case best >= 0 && !g.image.Truths[g.truths[best]].ZeroID:
			entries[i].right[area] |= bit
		default:
			entries[i].wrong[area] |= bit & g.unmatched(i, area)
		}
	}
}

// best returns the truth that overlaps most among the ignored ones or the others, and -1 if none
// reaches the threshold. Of equal ones it is the last.
func (g *group) best(candidates []candidate, threshold, area int, ignored bool) int {
	best, most := -1, min(iouThresholds[threshold], mostIoU)
	for _, c := range candidates {
		t := g.truths[c.truth]
		if c.iou < most || g.taken[c.truth] && !(g.Rule == COCO && g.image.Truths[t].Crowd) || g.ignored(t, area) != ignored {
			continue
		}
		best, most = c.truth, c.iou
	}
	return best
}
