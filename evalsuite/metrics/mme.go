package metrics

import (
	"fmt"
	"maps"
	"slices"
)

// MMEAnswer is the outcome of one of MME's questions. Each image has two.
type MMEAnswer struct {
	Category, Image string
	Right           bool
}

// MMEScore is the result of a category of MME.
type MMEScore struct {
	Images       int
	Accuracy     float64 // share of right answers
	AccuracyPlus float64 // share of images with both answers right
}

// Score is the number that MME reports, up to 200: the sum of both in percent.
func (s MMEScore) Score() float64 { return 100*s.Accuracy + 100*s.AccuracyPlus }

// MMEPerception and MMECognition return the categories whose scores MME adds up, to 2,000 and 800.
func MMEPerception() []string {
	return []string{"existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"}
}

// MMECognition returns the other categories; see [MMEPerception].
func MMECognition() []string {
	return []string{"commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"}
}

// MME scores the answers by category, as the owners' eval_tool/calculation.py does. It returns an
// error for an image that has not two answers.
func MME(answers []MMEAnswer) (map[string]MMEScore, error) {
	type image struct{ category, name string }
	right := map[image][]bool{}
	for _, a := range answers {
		of := image{a.Category, a.Image}
		right[of] = append(right[of], a.Right)
	}
	type counts struct{ images, right, both int }
	by := map[string]counts{}
	for _, of := range slices.SortedFunc(maps.Keys(right), func(a, b image) int {
		return slices.Compare([]string{a.category, a.name}, []string{b.category, b.name})
	}) {
		pair := right[of]
		if len(pair) != 2 {
			return nil, fmt.Errorf("MME: image %q of category %q has %d answers, want 2", of.name, of.category, len(pair))
		}
		c := by[of.category]
		c.images++
		for _, ok := range pair {
			if ok {
				c.right++
			}
		}
		if pair[0] && pair[1] {
			c.both++
		}
		by[of.category] = c
	}
	scores := map[string]MMEScore{}
	for category, c := range by {
		scores[category] = MMEScore{c.images, ratio(c.right, 2*c.images), ratio(c.both, c.images)}
	}
	return scores, nil
}
