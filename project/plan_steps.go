package project

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// trainingPart is the part of the time for training. The rest is for curation, the tokenizer,
// validation, scores and the report.
const trainingPart = 0.78

// With fewer than leastSteps a stage learns almost nothing. After mostVisits of each image SigLIP,
// and after mostEpochs of the texts and questions another stage, learns nothing more. With 800
// images, retrieval of unseen ones was best after 50 to 70 visits.
const (
	leastSteps = 40
	mostVisits = 80
	mostEpochs = 400
)

// divide gives each stage the least steps and its share of the remaining time. Time that a stage
// cannot use goes to the others.
func (p *Plan) divide(minutes float64) error {
	seconds, least, shares := minutes*60*trainingPart, 0.0, 0.0
	for _, s := range p.Stages {
		least += leastSteps * s.SecondsEach
		shares += s.Share
	}
	if seconds < least {
		return fmt.Errorf("%g minutes are too few for %s at size %s on this machine: use --minutes %.0f or more%s",
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

// byUse orders the stages by the part of their time that they can use, lowest first.
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

// enoughSteps returns the number of steps after which a stage learns nothing more.
func (p *Plan) enoughSteps(kind string) float64 {
	if kind == "siglip" {
		return mostVisits * float64(p.Measured.Distinct) / float64(p.Batch0)
	}
	return mostEpochs * float64(max(p.Measured.Texts+p.Measured.Questions, p.Measured.Images)) / float64(p.Batch)
}

// smaller suggests a smaller size, if there is one.
func (p *Plan) smaller() string {
	if p.Size.Name == sizes[0].Name {
		return ""
	}
	return ", or a smaller --size"
}
