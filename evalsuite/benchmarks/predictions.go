package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// prediction is one record of a file of predictions, in the format of the VQA server or in ours.
type prediction struct {
	QuestionID questionID `json:"question_id"`
	ID         questionID `json:"id"`
	Answer     *string    `json:"answer"`
	Prediction *string    `json:"prediction"`
}

// predictions holds texts by question, and which of them were used.
type predictions struct {
	path string
	text map[questionID]string
	used map[questionID]bool
}

func readPredictions(ctx context.Context, path string) (*predictions, error) {
	p := &predictions{path: path, text: map[questionID]string{}, used: map[questionID]bool{}}
	first := map[questionID]int{}
	err := eachRecord(ctx, path, "", func(row int, record *prediction) error {
		id, said := record.QuestionID, record.Answer
		if id == "" {
			id = record.ID
		}
		if said == nil {
			said = record.Prediction
		}
		if id == "" {
			return errors.New(`neither "question_id" nor "id"`)
		}
		if said != nil && record.Prediction != nil && *said != *record.Prediction {
			return fmt.Errorf(`question %s has an "answer" and another "prediction": remove one of them; "answer" may be the right answer of the benchmark`, id)
		}
		if said == nil {
			return fmt.Errorf(`question %s has neither "answer" nor "prediction"`, id)
		}
		if earlier, ok := first[id]; ok {
			return fmt.Errorf("a second prediction for question %s, after record %d", id, earlier)
		}
		first[id] = row
		p.text[id] = *said
		return nil
	})
	return p, err
}

func (p *predictions) take(id questionID) (string, bool) {
	text, ok := p.text[id]
	if ok {
		p.used[id] = true
	}
	return text, ok
}

// unasked returns an error if some predictions belong to no annotation.
func (p *predictions) unasked(annotations string) error {
	if len(p.used) == len(p.text) {
		return nil
	}
	var ids []questionID
	for id := range p.text {
		if !p.used[id] {
			ids = append(ids, id)
		}
	}
	return fmt.Errorf("%s predicts for %d questions that %s does not annotate: %s", p.path, len(ids), annotations, few(ids))
}

// few lists the smallest ids.
func few(ids []questionID) string {
	sortIDs(ids)
	const shown = 5
	var out []string
	for _, id := range ids[:min(shown, len(ids))] {
		out = append(out, string(id))
	}
	if len(ids) > shown {
		out = append(out, "...")
	}
	return strings.Join(out, ", ")
}

// sortIDs sorts ids by length and then by their characters, so numbers by size.
func sortIDs(ids []questionID) {
	slices.SortFunc(ids, func(a, b questionID) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}
