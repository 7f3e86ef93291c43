package mapping

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/shards"
)

// languages returns the values of the language column: one for each text, or one for all.
func (r *row) languages() []string {
	if r.LanguageColumn == "" {
		return nil
	}
	var all []string
	for _, v := range list(Lookup(r.values, r.LanguageColumn)) {
		text, _ := Scalar(v, true)
		all = append(all, text)
	}
	return all
}

// texts adds the texts of a column. A text that another column has too is added once.
func (r *row) texts(column string, value any, languages []string) {
	before, kind := len(r.sample.Texts), r.kindOf(column)
	elements := list(value)
	if text, isText := value.(string); isText && plural(column) && strings.HasPrefix(strings.TrimSpace(text), "[") {
		if several, ok := parseJSON(text); ok && allTexts(several) {
			elements = list(several)
		}
	}
	if r.turns(column, value) {
		return
	}
	elements, taken := joinWords(elements), ""
	for i, element := range elements {
		r.text(column, element, kind, languageOf(languages, i, len(elements), r.Language), before, 0)
		if fields, isStruct := decoded(element).(map[string]any); isStruct && taken == "" {
			taken = innerText(fields)
		}
	}
	if taken != "" {
		r.rest(column, value, func(name string) bool { return name == taken })
	}
}

// turns adds the questions of a column of dialogues, which are structs with the texts of user and
// assistant as in The Cauldron and FineVision. It reports whether the column holds dialogues.
func (r *row) turns(column string, value any) bool {
	elements := list(value)
	for _, element := range elements {
		fields, _ := decoded(element).(map[string]any)
		_, asks := fields["user"].(string)
		_, answers := fields["assistant"].(string)
		if !asks || !answers {
			return false
		}
	}
	for _, element := range elements {
		fields := decoded(element).(map[string]any)
		asked, answered := fields["user"].(string), fields["assistant"].(string)
		if !utf8.ValidString(asked) || !utf8.ValidString(answered) {
			r.reject(shards.BadText, fmt.Errorf("column %s is not UTF-8", column))
			return true
		}
		if strings.TrimSpace(asked) == "" || strings.TrimSpace(answered) == "" {
			r.leave(shards.LeftAnswer, column, 1)
			continue
		}
		r.sample.Questions = append(r.sample.Questions, shards.Question{Text: asked, Language: r.Language, Answers: []shards.Answer{{Text: answered}}})
	}
	if len(elements) > 0 {
		r.rest(column, value, func(name string) bool { return name == "user" || name == "assistant" })
	}
	return len(elements) > 0
}

// innerText returns the field that holds the text of a struct, or "".
func innerText(fields map[string]any) string {
	for _, inner := range innerTexts {
		if _, has := fields[inner]; has {
			return inner
		}
	}
	return ""
}

func languageOf(languages []string, i, n int, otherwise string) string {
	switch {
	case len(languages) == n && n > 0:
		return cmp.Or(languages[i], otherwise)
	case len(languages) > 0:
		return cmp.Or(languages[0], otherwise)
	}
	return otherwise
}

// text adds a text, or the texts of a nested list. before is the number of texts from other
// columns.
func (r *row) text(column string, value any, kind, language string, before, depth int) {
	value = decoded(value)
	switch v := value.(type) {
	case nil:
		return
	case []any:
		if depth > maxDepth {
			r.leave(shards.LeftText, column, 1)
			return
		}
		for _, element := range joinWords(v) {
			r.text(column, element, kind, language, before, depth+1)
		}
		return
	case map[string]any:
		r.textOfStruct(column, v, kind, language, before, depth)
		return
	}
	text, ok := Scalar(value, true)
	if b, isBytes := value.([]byte); isBytes && !ok {
		if sniffed(b) {
			r.leave(shards.LeftColumn, column, 1)
			return
		}
		text = string(b)
	}
	if !utf8.ValidString(text) {
		r.reject(shards.BadText, fmt.Errorf("column %s is not UTF-8", column))
		return
	}
	if r.Trim {
		text = strings.TrimSpace(text)
	}
	if strings.TrimSpace(text) == "" {
		if _, unread := value.(Unread); unread {
			r.leave(shards.LeftColumn, column, 1)
		}
		return
	}
	for _, other := range r.sample.Texts[:before] {
		if other.Value == text {
			return
		}
	}
	r.sample.Texts = append(r.sample.Texts, shards.Text{Kind: kind, Language: language, Value: text})
}

// textOfStruct adds the text in a struct.
func (r *row) textOfStruct(column string, fields map[string]any, kind, language string, before, depth int) {
	taken := innerText(fields)
	if taken == "" || depth > maxDepth {
		r.leave(shards.LeftText, column, 1)
		return
	}
	r.text(column, fields[taken], kind, language, before, depth+1)
}

// joinWords joins the words of a caption of im2txt, which are between <S> and </S>, to one text.
//
// Source: research/im2txt/im2txt/data/build_mscoco_data.py in the archive branch of
// https://github.com/tensorflow/models.
func joinWords(elements []any) []any {
	if len(elements) < 2 {
		return elements
	}
	words := make([]string, len(elements))
	for i, element := range elements {
		text, ok := Scalar(element, true)
		if !ok {
			return elements
		}
		words[i] = text
	}
	if words[0] != "<S>" || words[len(words)-1] != "</S>" {
		return elements
	}
	return []any{strings.Join(words[1:len(words)-1], " ")}
}

// allTexts reports whether a value is a list of one or more texts.
func allTexts(value any) bool {
	all, isList := value.([]any)
	for _, element := range all {
		if _, isText := element.(string); !isText {
			return false
		}
	}
	return isList && len(all) > 0
}
