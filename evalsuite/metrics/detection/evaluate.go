package detection

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Evaluation holds what matching found, by category.
type Evaluation struct {
	rule       Rule
	categories []category
	frequency  []Frequency
	once       []int32   // weights by which each image counts once
	scratch    sync.Pool // of *scratch
	open       []openCategory
}

// category holds what matching found for a category.
type category struct {
	entries  []entry // until they are ranked
	rankings [areas]ranking
	objects  []imageObjects
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
	if o.Rule == OpenImages {
		return evaluateOpenImages(images, o), nil
	}
	e := &Evaluation{rule: o.Rule, frequency: o.Frequencies, once: make([]int32, len(images))}
	for n := range e.once {
		e.once[n] = 1
	}
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
	e.rank()
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
			if image[i].objects != [areas]int32{} {
				c.objects = append(c.objects, imageObjects{int32(number), image[i].objects})
			}
		}
	}
}
