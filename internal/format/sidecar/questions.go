package sidecar

import (
	"encoding/json"

	"github.com/pali3/pali3/shards"
)

// questionOf returns the question in the fields named question and answer, or answers.
func questionOf(fields map[string]json.RawMessage) (q shards.Question, ok bool) {
	q.Text, ok = stringOf(fields["question"])
	if !ok || q.Text == "" {
		return q, false
	}
	answers := fields["answers"]
	if len(answers) == 0 || string(answers) == "null" {
		answers = fields["answer"]
	} else if _, both := fields["answer"]; both {
		return q, false // it is unclear which of them is meant
	}
	var list []json.RawMessage
	if len(answers) > 0 && answers[0] == '[' {
		if json.Unmarshal(answers, &list) != nil {
			return q, false
		}
	} else if len(answers) > 0 && string(answers) != "null" {
		list = []json.RawMessage{answers}
	}
	for _, element := range list {
		text, ok := textOf(element)
		var a struct {
			Answer string `json:"answer"`
		}
		if !ok && len(element) > 0 && element[0] == '{' && json.Unmarshal(element, &a) == nil {
			text, ok = a.Answer, a.Answer != ""
		}
		if !ok {
			return q, false
		}
		q.Answers = append(q.Answers, shards.Answer{Text: text})
	}
	return q, true
}
