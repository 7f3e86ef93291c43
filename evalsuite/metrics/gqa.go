package metrics

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// GQAQuestion is what the metrics need of a question in GQA's questions files. The names in the
// tags are the file's.
type GQAQuestion struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Balanced bool   `json:"isBalanced"`
	Types    struct {
		Structural string `json:"structural"`
		Semantic   string `json:"semantic"`
		Detailed   string `json:"detailed"`
	} `json:"types"`
	Groups struct {
		Global string `json:"global"` // "" for null
	} `json:"groups"`
	Semantic []struct {
		Operation string `json:"operation"`
		Argument  string `json:"argument"`
	} `json:"semantic"`
	Entailed []string `json:"entailed"` // ids of the questions whose answers follow
}

// GQAChoices is a question's entry in GQA's choices files.
type GQAChoices struct {
	Valid     []string `json:"valid"`
	Plausible []string `json:"plausible"`
}

// GQAScores are the scores of GQA's eval.py over the balanced questions, as shares from 0 to 1.
type GQAScores struct {
	Accuracy, Binary, Open Share
	Validity, Plausibility Share
	// Consistency is the mean, over right answers to questions that entail others, of the share of
	// right answers to those.
	Consistency Share
	// Distribution is eval.py's distance of the distributions of right and predicted answers within
	// the global groups: the mean of chi-square, weighted by the size of the group, divided by 100.
	// Lower is better.
	Distribution float64
	// Accuracies by the structural and the semantic type, by the number of words and by the number
	// of reasoning steps of the question.
	ByStructure, BySemantics map[string]Share
	ByWords, BySteps         map[int]Share
}

// Share is a mean over N values.
type Share struct {
	Value float64
	N     int
}

// GQAOptions says which scores beside the accuracies to compute.
type GQAOptions struct {
	// Choices are those of a choices file, for validity and plausibility. Without them both are 0.
	Choices map[string]GQAChoices
	// Consistency needs the questions of an "all" file and predictions for those that balanced
	// questions entail.
	Consistency bool
}

// GQA scores predictions by question id, as GQA's eval.py does (gqadataset.org). Its grounding
// score, of a model's attention maps, is not computed. Answers are compared as they are.
//
// A balanced question without a prediction or without choices, and an entailed question without an
// entry or a prediction, are errors that name the id.
func GQA(questions map[string]GQAQuestion, predictions map[string]string, o GQAOptions) (*GQAScores, error) {
	t := gqaTally{structure: map[string]mean01{}, semantics: map[string]mean01{}, words: map[int]mean01{}, steps: map[int]mean01{}}
	gold, predicted := map[string]map[string]int{}, map[string]map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(questions)) {
		q := questions[id]
		if !q.Balanced {
			continue
		}
		prediction, ok := predictions[id]
		if !ok {
			return nil, fmt.Errorf("GQA: no prediction for question %s", id)
		}
		right := prediction == q.Answer
		t.add(&q, right)
		if o.Choices != nil {
			choices, ok := o.Choices[id]
			if !ok {
				return nil, fmt.Errorf("GQA: no choices for question %s", id)
			}
			t.validity.add(gqaBelongs(prediction, choices.Valid, &q))
			t.plausibility.add(gqaBelongs(prediction, choices.Plausible, &q))
		}
		if group := q.Groups.Global; group != "" {
			count(gold, group, q.Answer)
			count(predicted, group, prediction)
		}
		if o.Consistency && right {
			if err := t.addEntailed(id, &q, questions, predictions); err != nil {
				return nil, err
			}
		}
	}
	scores := t.scores()
	scores.Distribution = gqaDistribution(gold, predicted)
	return scores, nil
}

// gqaTally collects the values whose means are the scores.
type gqaTally struct {
	all, binary, open, validity, plausibility mean01
	structure, semantics                      map[string]mean01
	words, steps                              map[int]mean01
	consistency                               float64
	consistencies                             int
}

// mean01 counts how many of n are right.
type mean01 struct{ right, n int }

func (m *mean01) add(right bool) {
	m.n++
	if right {
		m.right++
	}
}

func (m mean01) share() Share { return Share{ratio(m.right, m.n), m.n} }

func addTo[K comparable](of map[K]mean01, key K, right bool) {
	m := of[key]
	m.add(right)
	of[key] = m
}

func shares[K comparable](of map[K]mean01) map[K]Share {
	all := make(map[K]Share, len(of))
	for key, m := range of {
		all[key] = m.share()
	}
	return all
}

func (t *gqaTally) add(q *GQAQuestion, right bool) {
	t.all.add(right)
	if q.Types.Structural == "query" {
		t.open.add(right)
	} else {
		t.binary.add(right)
	}
	addTo(t.structure, q.Types.Structural, right)
	addTo(t.semantics, q.Types.Semantic, right)
	addTo(t.words, len(pythonFields(q.Question)), right)
	addTo(t.steps, gqaSteps(q), right)
}

// gqaSteps is the number of reasoning steps, without the last one that only reads off the answer.
func gqaSteps(q *GQAQuestion) int {
	steps := 0
	for _, step := range q.Semantic {
		text := step.Operation + ": " + step.Argument
		if !strings.Contains(text, "exist") && !strings.Contains(text, "query: name") && !strings.Contains(text, "choose name") {
			steps++
		}
	}
	return steps
}

// gqaBelongs looks in the group, but in the names of attributes for questions of what is common.
func gqaBelongs(prediction string, group []string, q *GQAQuestion) bool {
	if strings.Contains(q.Types.Detailed, "Common") {
		group = []string{"color", "material", "shape"}
	}
	return slices.Contains(group, prediction)
}

func (t *gqaTally) addEntailed(id string, q *GQAQuestion, questions map[string]GQAQuestion, predictions map[string]string) error {
	var entailed mean01
	for _, other := range q.Entailed {
		if other == id {
			continue
		}
		question, ok := questions[other]
		if !ok {
			return fmt.Errorf("GQA: question %s entails %s, which is not among the questions; give those of the \"all\" file", id, other)
		}
		prediction, ok := predictions[other]
		if !ok {
			return fmt.Errorf("GQA: no prediction for question %s, which question %s entails", other, id)
		}
		entailed.add(prediction == question.Answer)
	}
	if entailed.n > 0 {
		t.consistency += entailed.share().Value
		t.consistencies++
	}
	return nil
}

func (t *gqaTally) scores() *GQAScores {
	s := &GQAScores{
		Accuracy: t.all.share(), Binary: t.binary.share(), Open: t.open.share(),
		Validity: t.validity.share(), Plausibility: t.plausibility.share(),
		Consistency: Share{N: t.consistencies},
		ByStructure: shares(t.structure), BySemantics: shares(t.semantics), ByWords: shares(t.words), BySteps: shares(t.steps),
	}
	if t.consistencies > 0 {
		s.Consistency.Value = t.consistency / float64(t.consistencies)
	}
	return s
}

func count(of map[string]map[string]int, group, answer string) {
	if of[group] == nil {
		of[group] = map[string]int{}
	}
	of[group][answer]++
}

func gqaDistribution(gold, predicted map[string]map[string]int) float64 {
	sum, size := 0.0, 0
	for _, group := range slices.Sorted(maps.Keys(gold)) {
		chi, n := 0.0, 0
		for _, answer := range slices.Sorted(maps.Keys(gold[group])) {
			expected := gold[group][answer]
			difference := float64(predicted[group][answer] - expected)
			chi += difference * difference / float64(expected)
			n += expected
		}
		sum += chi * float64(n)
		size += n
	}
	if size == 0 {
		return 0
	}
	return sum / float64(size) / 100
}
