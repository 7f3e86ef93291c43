package mixture

import (
	"errors"
	"slices"

	"github.com/pali3/pali3/shards"
)

// matchDraws is how many other samples an example of kind match looks at for a text that is not the
// image's.
const matchDraws = 8

// makeMatch asks whether a text describes the image: one of the sample's own or, as often, one of
// another sample, in the same language if some is found.
func makeMatch(m *Material) (Draft, error) {
	own := pick(m.Task.TextsOf(m.Sample), m.Rng)
	d := Draft{Target: yesNo(true)}
	text := own
	if m.Rng.IntN(2) == 0 {
		other, err := m.otherText(own)
		if err != nil {
			return Draft{}, err
		}
		if other == nil {
			d.leave(1, "texts of another sample, as all are the image's own")
		} else {
			text, d.Target = other, yesNo(false)
		}
	}
	d.Prompt = m.Task.FillIn(text.Language, "text", text.Value)
	d.Language, d.Question = text.Language, text.Value
	return d, nil
}

// otherText returns a text of another sample that the sample does not have, nil if a few draws find
// none. It prefers the language of own.
func (m *Material) otherText(own *shards.Text) (*shards.Text, error) {
	var found *shards.Text
	for range matchDraws {
		s, err := m.Other()
		if errors.Is(err, ErrNoOther) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		texts := slices.DeleteFunc(m.Task.TextsOf(s), func(t *shards.Text) bool {
			return slices.ContainsFunc(m.Sample.Texts, func(o shards.Text) bool { return o.Value == t.Value })
		})
		if len(texts) == 0 {
			continue
		}
		if text := pick(texts, m.Rng); text.Language == own.Language {
			return text, nil
		} else if found == nil {
			found = text
		}
	}
	return found, nil
}
