package mixture

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// makeRegionCaption gives a box of the first image and asks for its label (PaliGemma's grounded
// captions, arXiv 2407.07726 §3.2.5).
func makeRegionCaption(m *Material) (Draft, error) {
	box := pick(boxesOf(m.Task, m.Sample), m.Rng)
	prompt, err := m.Task.regionPrompt(box)
	return Draft{Prompt: prompt, Target: box.Label}, err
}

// askForLabels asks for the label of each box. Boxes with the same edges are asked for once, with
// the labels of all as truths.
func askForLabels(t *Task, s *shards.Sample) (all []Ask) {
	for _, box := range boxesOf(t, s) {
		prompt, err := t.regionPrompt(box)
		if err != nil {
			continue // boxesOf returns only boxes that can be written
		}
		if at := slices.IndexFunc(all, func(a Ask) bool { return a.Prompt == prompt }); at >= 0 {
			all[at].Truths = append(all[at].Truths, box.Label)
			continue
		}
		id := s.Key + "/box" + strconv.Itoa(len(all)+1)
		all = append(all, Ask{ID: id, Language: "en", Kind: t.Kind, Prompt: prompt, Truths: []string{box.Label}})
	}
	return all
}

func (t *Task) regionPrompt(box *shards.Box) (string, error) {
	edges := [4]float64{float64(box.Y0), float64(box.X0), float64(box.Y1), float64(box.X1)}
	at, err := tokenize.Locate(edges)
	format := "<loc%04d><loc%04d><loc%04d><loc%04d>"
	if t.Boxes == BoxIntegers {
		at, err = tokenize.LocatePlain(edges)
		format = "%d %d %d %d"
	}
	if err != nil {
		return "", err
	}
	return t.FillIn("en", "box", fmt.Sprintf(format, at[0], at[1], at[2], at[3])), nil
}
