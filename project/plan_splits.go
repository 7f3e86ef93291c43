package project

import (
	"math"
	"slices"
	"strings"
)

// splits plans a validation and a test split if the data have none.
func (p *Plan) splits() {
	test, val := fractions(p.Measured.Distinct)
	var own []string
	for _, name := range most(p.Measured.Splits) {
		if name != "" && name != "train" && p.Measured.Splits[name] > 0 {
			own = append(own, name)
		}
	}
	p.Split = &Split{Fractions: map[string]float64{"val": val}, By: "key", KeepTogether: "near-duplicates"}
	hasVal := slices.Contains(own, "val") || slices.Contains(own, "validation")
	switch {
	case len(own) == 0:
		p.Split.Fractions["test"] = test
		p.Score.Splits = []string{"test"}
		p.because("splits: %.3g of the images for validation, %.3g for test; near-duplicates stay together", val, test)
	case hasVal && len(own) > 1:
		p.Split = nil
		p.because("splits: those of the data (%s)", strings.Join(own, ", "))
	case hasVal:
		p.Split.Fractions = map[string]float64{"test": test}
		p.Score.Splits = []string{"test"}
		p.because("splits: %s of the data, and %.3g of train for test", own[0], test)
	default:
		p.because("splits: %s of the data, and %.3g of train for validation", strings.Join(own, ", "), val)
	}
	p.bound(test)
	if len(p.Score.Splits) == 0 {
		for _, name := range own {
			if name != "val" && name != "validation" {
				p.Score.Splits = append(p.Score.Splits, name)
			}
		}
		slices.Sort(p.Score.Splits)
	}
}

// maxScored is about the highest number of captions and questions to score.
const maxScored = 8000

// bound limits the number of samples to score if each has many texts or questions.
func (p *Plan) bound(test float64) {
	each := max(p.Measured.Texts, p.Measured.Questions) / max(1, p.Measured.Captioned, p.Measured.Asked)
	if scored := int(test * float64(p.Measured.Images)); each > 4 && scored*each > maxScored {
		p.Score.Samples = max(60, maxScored/each)
		p.because("scores: on %d random samples of the test split, because each has %d texts or questions", p.Score.Samples, each)
	}
}

// fractions returns the fractions for test and validation. The test split gets about 200 images,
// but at most a sixth and at least 2% of all.
func fractions(images int) (test, val float64) {
	test = min(1.0/6, max(0.02, 200/float64(images)))
	test = math.Round(test*100) / 100
	return test, max(0.01, math.Round(test*50)/100)
}
