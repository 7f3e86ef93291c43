package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/shards"
)

// questions adds the row's question with its answers, or a list of questions.
func (r *row) questions(languages []string) {
	column := r.firstOf(r.Question, isQuestion)
	if column == "" {
		if r.Answers != "" {
			r.leave(shards.LeftAnswer, r.Answers, 1)
		}
		r.besidesQuestions()
		return
	}
	texts := list(Lookup(r.values, column))
	id, from := r.firstOf(r.QuestionID, isQuestionID), r.answersColumn()
	ids := list(Lookup(r.values, id))
	defer r.besidesQuestions(column, id, from)
	if len(languages) > 1 && len(languages) != len(texts) {
		languages = nil // they belong to the texts
	}
	answers := Lookup(r.values, from)
	for i, value := range texts {
		text, ok := Scalar(value, true)
		switch {
		case !ok || strings.TrimSpace(text) == "":
			r.leave(shards.LeftAnswer, column, 1)
			continue
		case !utf8.ValidString(text):
			r.reject(shards.BadText, fmt.Errorf("column %s is not UTF-8", column))
			return
		}
		q := shards.Question{Text: text, Language: languageOf(languages, i, len(texts), r.Language)}
		if i < len(ids) {
			q.ID, _ = Scalar(ids[i], true)
		}
		its := answers
		if len(texts) > 1 {
			its = nil
			if all := list(answers); i < len(all) && len(all) == len(texts) {
				its = all[i]
			} else if answers != nil && i == 0 {
				r.leave(shards.LeftAnswer, from, 1)
			}
		}
		q.Answers = r.answersOf(from, its, 0)
		r.sample.Questions = append(r.sample.Questions, q)
	}
}

// firstOf returns the named column, or the first column of the row with a use.
func (r *row) firstOf(named string, u use) string {
	if named != "" {
		return named
	}
	for _, column := range r.names {
		if r.values[column] != nil && r.use(column) == u {
			return column
		}
	}
	return ""
}

// answersColumn returns the column of the answers: the named one, or the first in the order of the
// common names.
func (r *row) answersColumn() string {
	if r.Answers != "" {
		return r.Answers
	}
	best, at := "", len(answerNames)
	for _, column := range r.names {
		if r.use(column) != isAnswers || r.values[column] == nil || empty(r.values[column]) {
			continue
		}
		for n, name := range answerNames {
			if n < at && strings.EqualFold(name, column) {
				best, at = column, n
			}
		}
	}
	return best
}

// besidesQuestions keeps the columns of questions and answers that were not used.
func (r *row) besidesQuestions(taken ...string) {
	for _, column := range r.names {
		if slices.Contains(taken, column) {
			continue
		}
		switch r.use(column) {
		case isQuestion, isQuestionID, isAnswers:
			if _, named := r.named[column]; !named {
				r.metadata(column, r.values[column])
			}
		}
	}
}

// answersOf returns the answers in a value: a text, a list, a list in JSON or Python notation,
// structs, or a struct of lists.
func (r *row) answersOf(column string, value any, depth int) (all []shards.Answer) {
	value = decoded(value)
	if depth > maxDepth {
		r.leave(shards.LeftAnswer, column, 1)
		return nil
	}
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		for _, element := range v {
			all = append(all, r.answersOf(column, element, depth+1)...)
		}
		return all
	case map[string]any:
		return r.answersOfStruct(column, v, depth)
	case string:
		if trimmed := strings.TrimSpace(v); strings.HasPrefix(trimmed, "[") && depth == 0 {
			if several, ok := parseJSON(trimmed); ok {
				return r.answersOf(column, several, depth+1)
			}
			if several, ok := pythonList(trimmed); ok {
				return r.answersOf(column, several, depth+1)
			}
		}
	}
	text, ok := Scalar(value, true)
	if !ok || strings.TrimSpace(text) == "" {
		r.leave(shards.LeftAnswer, column, 1)
		return nil
	}
	if !utf8.ValidString(text) {
		r.reject(shards.BadText, fmt.Errorf("column %s is not UTF-8", column))
		return nil
	}
	return []shards.Answer{{Text: text}}
}

// Fields of an answer that is a struct.
var (
	answerFields     = []string{"answer", "text", "raw_answer", "value"}
	confidenceFields = []string{"answer_confidence", "confidence"}
)

// answersOfStruct returns the answer of a struct, or the answers of a struct of lists.
func (r *row) answersOfStruct(column string, fields map[string]any, depth int) (all []shards.Answer) {
	texts, confidences := list(oneOf(fields, answerFields)), list(oneOf(fields, confidenceFields))
	if texts == nil {
		r.leave(shards.LeftAnswer, column, 1)
		return nil
	}
	for i, value := range texts {
		answers := r.answersOf(column, value, depth+1)
		if i < len(confidences) && len(answers) == 1 {
			answers[0].Confidence, _ = Scalar(confidences[i], true)
		}
		all = append(all, answers...)
	}
	for _, name := range fieldNames(fields) {
		if !slices.Contains(answerFields, name) && !slices.Contains(confidenceFields, name) && fields[name] != nil {
			r.leave(shards.LeftColumn, column+"/"+name, 1)
		}
	}
	return all
}

func oneOf(fields map[string]any, names []string) any {
	for _, name := range names {
		if v := fields[name]; v != nil {
			return v
		}
	}
	return nil
}
