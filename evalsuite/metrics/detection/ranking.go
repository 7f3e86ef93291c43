package detection

import (
	"cmp"
	"math/bits"
	"slices"
	"sync/atomic"
)

// ranking is the detections of a category, the highest score first, as they count among the objects
// of an area. Most are wrong at all thresholds, and of these only the image matters.
type ranking struct {
	events []event
	wrong  []int32 // images of the detections that are wrong at all thresholds
}

// event is a detection that is right or ignored at some threshold.
type event struct {
	image        int32
	before       int32 // number of detections in ranking.wrong before it
	rank         int32 // among those of the category in the image
	right, wrong uint16
}

// allThresholds has a bit for each threshold.
const allThresholds = 1<<thresholds - 1

// rank sorts the detections of each category, of equal scores by image and rank.
func (e *Evaluation) rank() {
	var next atomic.Int64
	parallel(func() {
		for {
			c := int(next.Add(1)) - 1
			if c >= len(e.categories) {
				return
			}
			e.categories[c].rank()
		}
	})
}

func (c *category) rank() {
	type place struct {
		score float64
		at    int32
	}
	order := make([]place, len(c.entries))
	for i := range order {
		order[i] = place{c.entries[i].score, int32(i)}
	}
	slices.SortFunc(order, func(a, b place) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return cmp.Compare(a.at, b.at)
	})
	for area := range areas {
		r := &c.rankings[area]
		for _, p := range order {
			e := &c.entries[p.at]
			switch right, wrong := e.right[area], e.wrong[area]; {
			case wrong == allThresholds:
				r.wrong = append(r.wrong, e.image)
			case right|wrong != 0:
				r.events = append(r.events, event{e.image, int32(len(r.wrong)), e.rank, right, wrong})
			}
		}
	}
	c.entries = nil
}

// table holds the precision, a mean over recalls, and the recall of a category. Both are -1 where
// there is no object.
type table struct {
	precision [areas][thresholds]float64
	recall    [limits][areas][thresholds]float64
}

// scratch is memory of a goroutine.
type scratch struct {
	tables []table
	steps  [thresholds][]step
}

// step is a place in a ranking where recall rises: the numbers of right and wrong detections so
// far.
type step struct{ right, wrong int32 }

// tables computes the tables of all categories, and calls use with them. Weights say how often each
// image counts.
func (e *Evaluation) tables(weights []int32, use func([]table)) {
	if weights == nil {
		weights = e.once
	}
	s, _ := e.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{tables: make([]table, len(e.categories))}
	}
	for c := range e.categories {
		s.accumulate(&e.categories[c], weights, e.rule, &s.tables[c])
	}
	use(s.tables)
	e.scratch.Put(s)
}

// accumulate computes the table of a category.
func (s *scratch) accumulate(c *category, weights []int32, rule Rule, t *table) {
	for area := range areas {
		objects := 0
		for _, o := range c.objects {
			objects += int(weights[o.image]) * int(o.count[area])
		}
		if objects == 0 {
			t.clear(area)
			continue
		}
		found := s.walk(&c.rankings[area], weights, rule)
		need := rightFor(objects)
		for threshold := range thresholds {
			t.precision[area][threshold] = meanPrecision(s.steps[threshold], &need)
			for limit := range limits {
				t.recall[limit][area][threshold] = float64(found[limit][threshold]) / float64(objects)
			}
		}
	}
}

// clear marks an area as one without objects.
func (t *table) clear(area int) {
	for threshold := range thresholds {
		t.precision[area][threshold] = -1
		for limit := range limits {
			t.recall[limit][area][threshold] = -1
		}
	}
}

// walk goes through a ranking. It lists, for each threshold, the places where recall rises, and
// returns the numbers of right detections within each limit.
func (s *scratch) walk(r *ranking, weights []int32, rule Rule) (found [limits][thresholds]int32) {
	var wrong [thresholds]int32
	all := &found[limits-1] // right so far
	for threshold := range s.steps {
		s.steps[threshold] = s.steps[threshold][:0]
	}
	at, everywhere := 0, int32(0) // wrong at all thresholds
	for i := range r.events {
		e := &r.events[i]
		for _, image := range r.wrong[at:e.before] {
			everywhere += weights[image]
		}
		at = int(e.before)
		n := weights[e.image]
		if n == 0 {
			continue
		}
		for left := e.wrong; left != 0; left &= left - 1 {
			wrong[bits.TrailingZeros16(left)] += n
		}
		for left := e.right; left != 0; left &= left - 1 {
			threshold := bits.TrailingZeros16(left)
			all[threshold] += n
			for limit := 0; limit < limits-1; limit++ {
				if rule == LVIS || e.rank < cocoLimits[limit] {
					found[limit][threshold] += n
				}
			}
			s.steps[threshold] = append(s.steps[threshold], step{all[threshold], wrong[threshold] + everywhere})
		}
	}
	return found
}

// rightFor returns the number of right detections that each recall takes.
func rightFor(objects int) (need [recalls]int32) {
	right := 0
	for n, recall := range recallThresholds {
		for right < objects && float64(right)/float64(objects) < recall {
			right = max(right+1, int(recall*float64(objects))-1)
		}
		need[n] = int32(right)
	}
	return need
}

// spacing is np.spacing(1), which keeps pycocotools from dividing by 0.
const spacing = 0x1p-52

// precision returns the precision as pycocotools computes it.
func (s step) precision() float64 {
	return float64(s.right) / (float64(s.wrong) + float64(s.right) + spacing)
}

// meanPrecision returns the mean over recalls of the highest precision at that recall or a higher
// one. Need has the number of right detections that each recall takes.
func meanPrecision(steps []step, need *[recalls]int32) float64 {
	sum, highest := 0.0, step{0, 1}
	last := len(steps) - 1
	for n := recalls - 1; n >= 0; n-- {
		for last >= 0 && steps[last].right >= need[n] {
			if s := steps[last]; int64(s.right)*int64(highest.wrong) > int64(highest.right)*int64(s.wrong) {
				highest = s
			}
			last--
		}
		sum += highest.precision()
	}
	return sum / recalls
}
