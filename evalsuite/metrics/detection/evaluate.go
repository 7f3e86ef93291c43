package detection

import (
	"runtime"
	"sync"
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
	matches, err := Match(images, o)
	if err != nil {
		return nil, err
	}
	return Gather(matches, o), nil
}

// Gather returns the evaluation of images of which [Match] or [CategoryMatches.UnmarshalText]
// returned the matches, by the same rule. Of the options it takes the rule and the frequencies.
func Gather(matches []Matches, o Options) *Evaluation {
	e := &Evaluation{rule: o.Rule, frequency: o.Frequencies, once: make([]int32, len(matches))}
	for n := range e.once {
		e.once[n] = 1
	}
	if o.Rule == OpenImages {
		e.gatherOpenImages(matches)
		return e
	}
	e.gather(matches)
	e.rank()
	return e
}

// parallel calls work on each core.
func parallel(work func()) {
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(work)
	}
	wait.Wait()
}

// gather collects the matches of the images by category.
func (e *Evaluation) gather(matches []Matches) {
	var sizes []int
	for _, image := range matches {
		for i := range image {
			c := int(image[i].Category)
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
	for number, image := range matches {
		for i := range image {
			c := &e.categories[image[i].Category]
			first := len(c.entries)
			c.entries = append(c.entries, image[i].entries...)
			for n := range c.entries[first:] {
				c.entries[first+n].image = int32(number)
			}
			if image[i].objects != [areas]int32{} {
				c.objects = append(c.objects, imageObjects{int32(number), image[i].objects})
			}
		}
	}
}
