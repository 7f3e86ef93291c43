package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pali3/pali3/shards"
)

// witness answers questions from the metadata of the records alone.
type witness struct {
	records map[string]shards.Sample
	nouns   map[[2]string]string // language, object -> its name, the caption of the image without gender and tone
}

func newWitness(records []shards.Sample) witness {
	w := witness{map[string]shards.Sample{}, map[[2]string]string{}}
	for _, r := range records {
		w.records[r.Key] = r
		plain := r.Metadata["tone"] == "" || r.Metadata["tone"] == "yellow"
		if !plain || r.Metadata["family"] == "person" && r.Metadata["gender"] != "person" {
			continue
		}
		for _, text := range r.Texts {
			w.nouns[[2]string{text.Language, object(r)}] = text.Value
		}
		w.nouns[[2]string{"en", object(r)}] = object(r)
	}
	return w
}

func object(r shards.Sample) string { return r.Metadata["role"] + r.Metadata["object"] }

// shown returns what an image or the cells of a sheet show.
func (w witness) shown(r shards.Sample) []shards.Sample {
	if r.Metadata["family"] != "sheet" {
		return []shards.Sample{r}
	}
	var cells []shards.Sample
	for _, corner := range corners {
		if key := r.Metadata[corner]; key != "" {
			cells = append(cells, w.records[key])
		}
	}
	return cells
}

// answer returns the answer, or an error if the metadata do not tell.
func (w witness) answer(r shards.Sample, q shards.Question) (string, error) {
	yesIf := func(b bool) (string, error) { return map[bool]string{true: "yes", false: "no"}[b], nil }
	switch q.Kind {
	case kindGender, kindRole, kindFamily, kindColor, kindTime:
		return r.Metadata[q.Kind], nil
	case kindTone:
		return r.Metadata["tone"], nil
	case kindObject:
		return r.Metadata["object"], nil
	case kindPresence:
		return yesIf(slices.ContainsFunc(w.shown(r), func(cell shards.Sample) bool {
			noun := w.nouns[[2]string{q.Language, object(cell)}]
			return noun != "" && ask(kindPresence, q.Language, noun) == q.Text
		}))
	case kindName:
		return yesIf(slices.ContainsFunc(r.Texts, func(text shards.Text) bool {
			return text.Language == q.Language && ask(kindName, q.Language, text.Value) == q.Text
		}))
	case kindAttribute:
		if q.Language != "en" { // CLDR's words are not in the archive: TestAWordMeansOneAttribute
			return q.Answers[0].Text, nil
		}
		asked, ok := strings.CutPrefix(strings.TrimSuffix(q.Text, "?"), "Is it a ")
		if ok {
			return yesIf(r.Metadata["gender"] == asked)
		}
		return yesIf("Is the skin tone "+r.Metadata["tone"]+"?" == q.Text)
	case kindCount:
		return strconv.Itoa(len(w.shown(r))), nil
	case kindCountOf:
		return w.count(r, q)
	case kindPosition:
		for _, corner := range corners {
			if templates[kindPosition+" "+corner][q.Language] == q.Text {
				return object(w.records[r.Metadata[corner]]), nil
			}
		}
	case kindWhich:
		return w.which(r, q)
	}
	return "", fmt.Errorf("no rule for %q of kind %s", q.Text, q.Kind)
}

func (w witness) count(r shards.Sample, q shards.Question) (string, error) {
	for _, gender := range []string{"woman", "man"} {
		if templates[kindCountOf+" "+gender][q.Language] != q.Text {
			continue
		}
		n := 0
		for _, cell := range w.shown(r) {
			if cell.Metadata["gender"] == gender {
				n++
			}
		}
		return strconv.Itoa(n), nil
	}
	return "", fmt.Errorf("who is counted in %q?", q.Text)
}

// which finds the cells named in the question, in the order of their names there.
func (w witness) which(r shards.Sample, q shards.Question) (string, error) {
	before, after, _ := strings.Cut(templates[kindWhich][q.Language], "%s")
	list := strings.TrimSuffix(strings.TrimPrefix(q.Text, before), after)
	var there []string
	candidates := strings.FieldsFunc(strings.ReplaceAll(list, ", ", "、"), func(r rune) bool { return r == '、' })
	if len(candidates) != 3 {
		return "", fmt.Errorf("%d candidates in %q", len(candidates), q.Text)
	}
	for _, candidate := range candidates {
		for _, cell := range w.shown(r) {
			if w.nouns[[2]string{q.Language, object(cell)}] == candidate {
				there = append(there, object(cell))
			}
		}
	}
	if len(there) == 0 {
		return "none", nil
	}
	return strings.Join(there, ", "), nil
}

func TestAnswersFollowFromTheMetadata(t *testing.T) {
	records := committedRecords(t)
	w := newWitness(records)
	for _, r := range records {
		for _, q := range r.Questions {
			want, err := w.answer(r, q)
			if err != nil {
				t.Errorf("%s: %v", r.Key, err)
				continue
			}
			if len(q.Answers) != 1 || q.Answers[0].Text != want {
				t.Errorf("%s: %q is answered %v, want %q", r.Key, q.Text, q.Answers, want)
			}
		}
	}
}

// TestADeniedNameIsFalse holds because a name without gender or tone is true of every gender or
// tone.
func TestADeniedNameIsFalse(t *testing.T) {
	records := committedRecords(t)
	owner := map[[2]string]shards.Sample{}
	for _, r := range records {
		for _, text := range r.Texts {
			owner[[2]string{text.Language, ask(kindName, text.Language, text.Value)}] = r
		}
	}
	for _, r := range records {
		for _, q := range r.Questions {
			if q.Kind != kindName || q.Answers[0].Text != "no" {
				continue
			}
			named := owner[[2]string{q.Language, q.Text}].Metadata
			gender := named["gender"] == "person" || named["gender"] == r.Metadata["gender"]
			tone := named["tone"] == "yellow" || named["tone"] == r.Metadata["tone"]
			if named["role"] == r.Metadata["role"] && gender && tone {
				t.Errorf("%s: %q is denied, and true", r.Key, q.Text)
			}
		}
	}
}

// TestAWordMeansOneAttribute holds the images that "Voit-on « peau foncée » ?" is true of against
// each other: they share a gender or a tone, which none of those has that it is false of.
func TestAWordMeansOneAttribute(t *testing.T) {
	yes, no := map[string][]shards.Sample{}, map[string][]shards.Sample{}
	for _, r := range committedRecords(t) {
		for _, q := range r.Questions {
			if q.Kind != kindAttribute {
				continue
			}
			if q.Answers[0].Text == "yes" {
				yes[q.Text] = append(yes[q.Text], r)
			} else {
				no[q.Text] = append(no[q.Text], r)
			}
		}
	}
	for text, truly := range yes {
		meanings := 0
		for _, name := range []string{"gender", "tone"} {
			shared := values(truly, name)
			for value := range values(no[text], name) {
				if shared[value] {
					shared = nil
					break
				}
			}
			if len(shared) == 1 {
				meanings++
			}
		}
		if meanings != 1 {
			t.Errorf("%q has %d meanings", text, meanings)
		}
	}
	if want := 7 * len(templates[kindPresence]); len(yes) != want {
		t.Errorf("%d wordings, want %d: five tones and two genders in each language", len(yes), want)
	}
}

func TestYesAndNoAreBalancedByWording(t *testing.T) {
	balance, asked := map[[3]string]int{}, map[string]int{}
	for _, r := range committedRecords(t) {
		for _, q := range r.Questions {
			sign, ok := map[string]int{"yes": 1, "no": -1}[q.Answers[0].Text]
			if !ok {
				continue
			}
			balance[[3]string{r.Split, q.Kind, q.Text}] += sign
			asked[r.Split+" "+q.Kind]++
		}
	}
	for at, difference := range balance {
		if difference != 0 {
			t.Errorf("%v has %+d yes more than no", at, difference)
		}
	}
	for _, split := range splits {
		for _, kind := range []string{kindPresence, kindAttribute, kindName} {
			if n := asked[split+" "+kind]; n < 200 {
				t.Errorf("%d questions of kind %s in %s, want 200", n, kind, split)
			}
		}
	}
}

// TestCandidatesAreThereHalfTheTime holds for each wording of "which of these": two sheets hear it,
// and each candidate is on one of them.
func TestCandidatesAreThereHalfTheTime(t *testing.T) {
	there, heard := map[string]int{}, map[string]int{}
	for _, r := range committedRecords(t) {
		for _, q := range r.Questions {
			if q.Kind == kindWhich {
				heard[q.Text]++
				if answer := q.Answers[0].Text; answer != "none" {
					there[q.Text] += len(strings.Split(answer, ", "))
				}
			}
		}
	}
	for text, n := range heard {
		if 2*there[text] != 3*n {
			t.Errorf("%q: %d candidates there in %d sheets, want half of three each", text, there[text], n)
		}
	}
	if len(heard) < 100 {
		t.Errorf("only %d wordings", len(heard))
	}
}

func TestHeldOutNamesAreNotAskedInTraining(t *testing.T) {
	held := map[string]string{}
	records := committedRecords(t)
	for _, r := range records {
		if r.Split != train {
			for _, text := range r.Texts {
				held[ask(kindName, text.Language, text.Value)] = r.Key
			}
		}
	}
	for _, r := range records {
		for _, q := range r.Questions {
			if r.Split == train && q.Kind == kindName && held[q.Text] != "" {
				t.Errorf("%s of train is asked %q, the name of %s", r.Key, q.Text, held[q.Text])
			}
		}
	}
}

func TestEveryTemplateIsInEveryLanguage(t *testing.T) {
	for kind, byLanguage := range templates {
		english := strings.Count(byLanguage["en"], "%s")
		for _, language := range questionLanguages {
			if text := byLanguage[language]; text == "" || strings.Count(text, "%s") != english {
				t.Errorf("%s in %s: %q", kind, language, text)
			}
		}
	}
}
