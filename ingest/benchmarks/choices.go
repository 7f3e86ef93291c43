package benchmarks

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// choose writes a question of several choices in one line, as "question (a) one (b) two".
func choose(text string, choices []string) string {
	var b strings.Builder
	b.WriteString(text)
	for i, choice := range choices {
		fmt.Fprintf(&b, " (%c) %s", 'a'+i, choice)
	}
	return b.String()
}

// pick returns the choice of that number, "" if there is none.
func pick(choices []string, n int) string {
	if n < 0 || n >= len(choices) {
		return ""
	}
	return choices[n]
}

// readAI2D reads the folder questions/ of AI2D: a file for each diagram, questions by their text.
func readAI2D(_ context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		files, err := filepath.Glob(filepath.Join(o.Annotations, "*.json"))
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("%s: no *.json: AI2D's annotations are a folder", o.Annotations)
		}
		if err != nil {
			yield(item{}, err)
			return
		}
		for _, file := range files {
			f, err := load[struct {
				Image     string `json:"imageName"`
				Questions map[string]struct {
					ID      string   `json:"questionId"`
					Answers []string `json:"answerTexts"`
					Correct int      `json:"correctAnswer"`
				} `json:"questions"`
			}](file)
			i := item{images: []string{f.Image}, sample: shards.Sample{Key: f.Image}}
			for _, text := range sortedKeys(f.Questions) {
				q := f.Questions[text]
				i.sample.Questions = append(i.sample.Questions, question(q.ID, choose(text, q.Answers), "multiple_choice", pick(q.Answers, q.Correct)))
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// readScienceQA reads ScienceQA's problems.json. Problems without a picture are samples without one.
var readScienceQA = eachMember(func(id string, p struct {
	Question string   `json:"question"`
	Choices  []string `json:"choices"`
	Answer   int      `json:"answer"`
	Hint     string   `json:"hint"`
	Image    string   `json:"image"`
	Split    string   `json:"split"`
	Subject  string   `json:"subject"`
	Solution string   `json:"solution"`
}, _ Options) item {
	i := item{sample: shards.Sample{Key: id, Split: p.Split, Metadata: map[string]string{}}}
	if p.Image != "" {
		i.images = []string{p.Split + "/" + id + "/" + p.Image}
	}
	for name, value := range map[string]string{"hint": p.Hint, "subject": p.Subject, "solution": p.Solution} {
		if value != "" {
			i.sample.Metadata[name] = value
		}
	}
	i.sample.Questions = []shards.Question{question(id, choose(p.Question, p.Choices), "multiple_choice", pick(p.Choices, p.Answer))}
	return i
})

// readNLVR2 reads NLVR2's *.json: a statement about two pictures a line. An identifier such as dev-850-0-1 names
// the pictures dev-850-0-img0.png and dev-850-0-img1.png.
func readNLVR2(_ context.Context, o Options) iter.Seq2[item, error] {
	return eachLine(o.Annotations, func(line []byte) (item, error) {
		var s struct {
			ID       string   `json:"identifier"`
			Sentence string   `json:"sentence"`
			Label    flexible `json:"label"`
		}
		if err := json.Unmarshal(line, &s); err != nil {
			return item{}, err
		}
		cut := strings.LastIndexByte(s.ID, '-')
		if cut < 0 {
			return item{sample: shards.Sample{Key: s.ID}}, fmt.Errorf("identifier %q", s.ID)
		}
		i := item{images: []string{s.ID[:cut] + "-img0.png", s.ID[:cut] + "-img1.png"}, sample: shards.Sample{Key: s.ID}}
		i.sample.Questions = []shards.Question{question(s.ID, s.Sentence, "true_false", string(s.Label))}
		return i, nil
	})
}
