package project

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// trainingPart of the minutes is for training; the rest is for curation, the tokenizer, validation,
// scores and the report.
const trainingPart = 0.78

// leastSteps of a stage below which it learns next to nothing; mostVisits of an image, and
// mostEpochs of its texts and questions, beyond which it learns nothing more. With 800 images
// retrieval of unseen ones was best after 50 to 70 visits.
const (
	leastSteps = 40
	mostVisits = 80
	mostEpochs = 400
)

// divide gives each stage the least steps, and of the time that is left its share. What a stage
// cannot use goes to the others.
func (p *Plan) divide(minutes float64) error {
	seconds, least, shares := minutes*60*trainingPart, 0.0, 0.0
	for _, s := range p.Stages {
		least += leastSteps * s.SecondsEach
		shares += s.Share
	}
	if seconds < least {
		return fmt.Errorf("%g minutes are too few for %s at size %s on this machine: name at least %.0f with --minutes%s",
			minutes, images(p.Measured.Images), p.Size.Name, math.Ceil(least/60/trainingPart), p.smaller())
	}
	left := seconds - least
	for _, i := range p.byUse() {
		s := &p.Stages[i]
		more := min(left*s.Share/shares/s.SecondsEach, p.enoughSteps(s.Kind)-leastSteps)
		left, shares = left-max(more, 0)*s.SecondsEach, shares-s.Share
		s.Steps = leastSteps + int(max(more, 0))
		if s.Steps > 100 {
			s.Steps = s.Steps / 10 * 10
		}
	}
	for _, s := range p.Stages {
		p.because("%s: %d steps of %s", s.Name, s.Steps, time.Duration(s.SecondsEach*float64(time.Second)).Round(time.Millisecond))
	}
	return nil
}

// byUse orders the stages so that those which can use least of their time come first.
func (p *Plan) byUse() []int {
	order := make([]int, len(p.Stages))
	for i := range order {
		order[i] = i
	}
	use := func(i int) float64 {
		s := &p.Stages[i]
		return p.enoughSteps(s.Kind) * s.SecondsEach / s.Share
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(use(a), use(b)) })
	return order
}

// enoughSteps are those after which a stage learns nothing more: of SigLIP mostVisits of each
// image, of others mostEpochs of the texts and questions.
func (p *Plan) enoughSteps(kind string) float64 {
	if kind == "siglip" {
		return mostVisits * float64(p.Measured.Distinct) / float64(p.Batch0)
	}
	return mostEpochs * float64(max(p.Measured.Texts+p.Measured.Questions, p.Measured.Images)) / float64(p.Batch)
}

// smaller names a smaller size, if there is one.
func (p *Plan) smaller() string {
	if p.Size.Name == sizes[0].Name {
		return ""
	}
	return ", or a smaller --size"
}
