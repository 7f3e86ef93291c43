package detection

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Evaluation holds what matching found, by category.
type Evaluation struct {
	rule       Rule
	images     int
	categories []category
	frequency  []Frequency
	scratch    sync.Pool // of *scratch
}

// category holds the detections of all images, the highest score first, and the counts of objects.
type category struct {
	entries []entry
	objects []imageObjects
}

// imageObjects counts the objects of an image.
type imageObjects struct {
	image int32
	count [areas]int32
}

// Evaluate matches the detections to the objects of each image. Images are in the order of their
// ids: where scores are equal, it decides.
func Evaluate(images []Image, o Options) (*Evaluation, error) {
	if err := check(images, o); err != nil {
		return nil, err
	}
	e := &Evaluation{rule: o.Rule, images: len(images), frequency: o.Frequencies}
	shares := make([][]share, len(images))
	var next atomic.Int64
	parallel(func() {
		m := matcher{Options: o}
		for {
			const step = 16
			end := int(next.Add(step))
			for n := end - step; n < min(end, len(images)); n++ {
				shares[n] = m.match(int32(n), &images[n])
			}
			if end >= len(images) {
				return
			}
		}
	})
	e.gather(shares)
	e.sort()
	return e, nil
}

// parallel calls work on each core.
func parallel(work func()) {
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(work)
	}
	wait.Wait()
}

// gather collects the shares of the images by category.
func (e *Evaluation) gather(shares [][]share) {
	var sizes []int
	for _, image := range shares {
		for i := range image {
			c := int(image[i].category)
			if c >= len(sizes) {
				sizes = append(sizes, make([]int, c+1-len(sizes))...)
			}
			sizes[c] += len(image[i].entries)
		}
	}
	e.categories = make([]category, len(sizes))
	for c := range e.categories {
		e.categories[c].entries = make([]entry, 0, sizes[c])
	}
	for number, image := range shares {
		for i := range image {
			c := &e.categories[image[i].category]
			c.entries = append(c.entries, image[i].entries...)
			if image[i].objects[0] > 0 || image[i].objects != [areas]int32{} {
				c.objects = append(c.objects, imageObjects{int32(number), image[i].objects})
			}
		}
	}
}

// sort sorts the detections of each category, of equal scores by image and rank.
func (e *Evaluation) sort() {
	var next atomic.Int64
	parallel(func() {
		for {
			c := int(next.Add(1)) - 1
			if c >= len(e.categories) {
				return
			}
			e.categories[c].sort()
		}
	})
}

// place is where a detection stood before sorting.
type place struct {
	score float64
	at    int32
}

func (c *category) sort() {
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
	sorted := make([]entry, len(order))
	for i, p := range order {
		sorted[i] = c.entries[p.at]
	}
	c.entries = sorted
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

// step is a place where recall rises.
type step struct {
	right     int32 // detections so far
	precision float64
}

// spacing is np.spacing(1), which keeps pycocotools from dividing by 0.
const spacing = 0x1p-52

// accumulate computes the table of a category. Weights say how often each image counts; nil is
// once.
func (e *Evaluation) accumulate(c *category, weights []int32, t *table, s *scratch) {
	for area := range areas {
		objects := 0
		for _, o := range c.objects {
			objects += weight(weights, o.image) * int(o.count[area])
		}
		if objects == 0 {
			t.clear(area)
			continue
		}
		found := s.walk(c, area, weights, e.rule)
		for threshold := range thresholds {
			t.precision[area][threshold] = meanPrecision(s.steps[threshold], objects)
			for limit := range limits {
				t.recall[limit][area][threshold] = float64(found[limit][threshold]) / float64(objects)
			}
		}
	}
}

func weight(weights []int32, image int32) int {
	if weights == nil {
		return 1
	}
	return int(weights[image])
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

// walk goes through the detections of a category by score. It lists, for each threshold, the places
// where recall rises, and returns the numbers of right detections within each limit.
func (s *scratch) walk(c *category, area int, weights []int32, rule Rule) (found [limits][thresholds]int) {
	const allWrong = 1<<thresholds - 1
	var right, wrong [thresholds]int
	plain := 0 // detections that are wrong at all thresholds
	for threshold := range s.steps {
		s.steps[threshold] = s.steps[threshold][:0]
	}
	for i := range c.entries {
		e := &c.entries[i]
		n := weight(weights, e.image)
		if e.wrong[area] == allWrong {
			plain += n
			continue
		}
		if n == 0 || e.wrong[area]|e.right[area] == 0 {
			continue
		}
		first := 0
		for rule == COCO && e.rank >= cocoLimits[first] {
			first++
		}
		for threshold := range thresholds {
			if e.wrong[area]>>threshold&1 != 0 {
				wrong[threshold] += n
				continue
			}
			if e.right[area]>>threshold&1 == 0 {
				continue
			}
			right[threshold] += n
			for limit := first; limit < limits; limit++ {
				found[limit][threshold] += n
			}
			r, w := right[threshold], wrong[threshold]+plain
			s.steps[threshold] = append(s.steps[threshold], step{int32(r), float64(r) / (float64(w) + float64(r) + spacing)})
		}
	}
	return found
}

// meanPrecision returns the mean over recalls of the highest precision at that recall or a higher
// one.
func meanPrecision(steps []step, objects int) float64 {
	sum, highest := 0.0, 0.0
	above := 0 // recalls that are out of reach, or added already, counted from the end
	if len(steps) > 0 {
		above = recalls - reached(steps[len(steps)-1].right, objects)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		highest = max(highest, steps[i].precision)
		before := 0
		if i > 0 {
			before = reached(steps[i-1].right, objects)
		}
		if n := recalls - above - before; n > 0 {
			sum += float64(n) * highest
			above += n
		}
	}
	return sum / recalls
}

// reached returns the number of recalls that right detections of some objects reach.
func reached(right int32, objects int) int {
	recall := float64(right) / float64(objects)
	n := min(int(recall*(recalls-1))+1, recalls)
	for n < recalls && recallThresholds[n] <= recall {
		n++
	}
	for n > 0 && recallThresholds[n-1] > recall {
		n--
	}
	return n
}

// tables computes the tables of all categories, and calls use with them.
func (e *Evaluation) tables(weights []int32, use func([]table)) {
	s, _ := e.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{tables: make([]table, len(e.categories))}
	}
	for c := range e.categories {
		e.accumulate(&e.categories[c], weights, &s.tables[c], s)
	}
	use(s.tables)
	e.scratch.Put(s)
}
