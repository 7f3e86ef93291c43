package benchmarks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/jsonscan"
)

// gqaChoices says of a prediction whether it is among the valid and the plausible answers to its
// question.
type gqaChoices struct{ valid, plausible bool }

// gqaCommon are the valid and plausible answers to questions of what things have in common,
// whatever the choices file says (eval.py, belongs).
var gqaCommon = []string{"color", "material", "shape"}

// readGQAChoices reads GQA's choices file, an object of valid and plausible answers by question. It
// keeps two bits for each question with a prediction, because the file has thousands of answers for
// some.
func readGQAChoices(ctx context.Context, f Files, predicted func(id string) (string, bool)) (func(*Item) error, error) {
	if f.Choices == "" {
		return nil, nil
	}
	file, err := jsonscan.Open(f.Choices)
	if err != nil {
		return nil, fmt.Errorf("choices: %w", err)
	}
	defer file.Close()
	file.Limit = 16 << 20
	all := map[string]gqaChoices{}
	err = file.Members(ctx, func(id string, s *jsonscan.Scanner) error {
		text, asked := predicted(id)
		if !asked {
			return s.Skip()
		}
		var of gqaChoices
		err := s.Object(func(name []byte) (err error) {
			switch string(name) {
			case "valid":
				of.valid, err = holds(s, text)
			case "plausible":
				of.plausible, err = holds(s, text)
			default:
				err = s.Skip()
			}
			return err
		})
		all[id] = of
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("choices: %w", err)
	}
	return func(i *Item) error {
		of, ok := all[i.ID]
		switch {
		case i.Optional:
			return nil
		case !ok:
			return fmt.Errorf("%s has no choices for question %s", f.Choices, i.ID)
		case strings.Contains(i.Field("detailed"), "Common"):
			of.valid = slices.Contains(gqaCommon, i.Prediction)
			of.plausible = of.valid
		}
		i.Fields = append(i.Fields, Field{Question: i.ID, Name: "valid", Value: fmt.Sprint(of.valid)}, Field{Question: i.ID, Name: "plausible", Value: fmt.Sprint(of.plausible)})
		return nil
	}, nil
}

// holds reports whether a list of strings has a text.
func holds(s *jsonscan.Scanner, text string) (found bool, err error) {
	err = s.Array(func() error {
		b, err := s.String()
		found = found || string(b) == text
		return err
	})
	return found, err
}

// gqaChosen is the share of balanced questions whose answer is valid or plausible.
func gqaChosen(name, about, field string) Metric {
	return Metric{Name: name, About: about, Source: gqaEval, Each: func() func(*Item) float64 {
		return func(i *Item) float64 {
			value := i.Field(field)
			if value == "" || i.Optional {
				return math.NaN()
			}
			return one(value == "true")
		}
	}}
}

// gqaDistribution is the distance between the right answers and the predictions within the groups
// of questions that the owner calls global: the mean of chi-square, weighted by size, over 100.
func gqaDistribution(c *Corpus) (func([]int) float64, error) {
	type pair struct{ group, answer string }
	pairs := map[pair]int{}
	number := func(group, answer string) int {
		at, ok := pairs[pair{group, answer}]
		if !ok {
			at = len(pairs)
			pairs[pair{group, answer}] = at
		}
		return at
	}
	var groups names
	var groupOf []int // of each pair
	right, said, group := make([]int, len(c.Items)), make([]int, len(c.Items)), make([]int, len(c.Items))
	for n := range c.Items {
		i := &c.Items[n]
		name := i.Field("group")
		if group[n] = -1; name == "" || i.Optional {
			continue
		}
		group[n] = groups.of(name)
		right[n], said[n] = number(name, i.References[0]), number(name, i.Prediction)
		for len(groupOf) < len(pairs) {
			groupOf = append(groupOf, group[n])
		}
	}
	return func(chosen []int) float64 {
		gold, predicted := make([]int, len(groupOf)), make([]int, len(groupOf))
		for _, n := range chosen {
			if group[n] >= 0 {
				gold[right[n]]++
				predicted[said[n]]++
			}
		}
		chi, size, all := make([]float64, len(groups.List())), make([]int, len(groups.List())), 0
		for at, expected := range gold {
			if expected > 0 {
				difference := float64(predicted[at] - expected)
				chi[groupOf[at]] += difference * difference / float64(expected)
				size[groupOf[at]] += expected
				all += expected
			}
		}
		sum := 0.0
		for at := range chi {
			sum += chi[at] * float64(size[at])
		}
		if all == 0 {
			return 0
		}
		return sum / float64(all) / 100
	}, nil
}
