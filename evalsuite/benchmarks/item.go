package benchmarks

import (
	"cmp"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	"github.com/pali3/pali3/shards"
)

// Item is one observation of a benchmark: what is asked once, the right answers, and the
// prediction.
type Item struct {
	ID       string // of the question; of a caption the image's, followed by /LANGUAGE if there are several
	Image    string // key of the sample
	Split    string
	Language string
	Kind     string // of the question
	Question string
	// References are the right answers, or the captions that people wrote.
	References []string
	// Choices of a multiple-choice question.
	Choices []string
	// Fields are further fields of the question.
	Fields []Field
	// Prediction is the model's. Error says why there is none; the prediction is then empty and
	// counts as wrong.
	Prediction string
	Error      string
	// Failure says what is wrong with the prediction: [Refused] or [NoMatch], which count as wrong,
	// or [TimedOut], [Unanswered] or [Missing], which do not count. "" is an answer, or an Error
	// that counts as wrong.
	Failure string
	// Confidence is that of the model; nil if the prediction has none.
	Confidence *float64
	// Unparsed is set by a metric that reads an answer out of the prediction, if there is none: it
	// says why. Such items are counted.
	Unparsed string
	// Retrieved says where a query of a benchmark of retrieval found its right items.
	Retrieved *Retrieved
	// Optional says that the item counts only if there is a prediction.
	Optional bool
	// Scene is what is marked in the image, and Found what the model found in it, in benchmarks of
	// boxes and masks.
	Scene *Scene
	Found []detection.Detection

	also []string // further ids
	// fromDataset says that Scene, or the places of words, are those of a dataset, which is less
	// than the owner's files say.
	fromDataset bool
}

// Field returns a field of the question, or "".
func (i *Item) Field(name string) string {
	for n := range i.Fields {
		if i.Fields[n].Name == name {
			return i.Fields[n].Value
		}
	}
	return ""
}

// List returns a field of the question that is a list.
func (i *Item) List(name string) []string {
	var list []string
	if json.Unmarshal([]byte(i.Field(name)), &list) != nil {
		return nil
	}
	return list
}

// Items returns what the benchmark asks of a sample: an item for each question, for the captions
// of each language, or for the boxes of its first image (see [ShareCategories]). The sample is one
// of a dataset that was made of the benchmark, or that of a [Record]; fields are those of the
// record, nil for a sample of a dataset.
func (b *Benchmark) Items(s *shards.Sample, id string, fields []Field) []Item {
	return b.appendItems(nil, s, id, fields)
}

// appendRecord adds the items of a record of the owner's files.
func (b *Benchmark) appendRecord(items []Item, r *Record) []Item {
	if b.Task == Boxes {
		if r.Scene == nil { // a record that only counts what was left out
			return items
		}
		return append(items, Item{ID: r.ID, Image: r.Sample.Key, Split: r.Sample.Split, Fields: r.Fields, Scene: r.Scene})
	}
	first := len(items)
	items = b.appendItems(items, &r.Sample, r.ID, r.Fields)
	for n := range items[first:] {
		if r.Scene != nil {
			items[first+n].Scene = r.Scene
		}
	}
	return items
}

func (b *Benchmark) appendItems(items []Item, s *shards.Sample, id string, fields []Field) []Item {
	switch b.Task {
	case Captions, Retrieval:
		return b.appendCaptions(items, s, id, fields)
	case Boxes:
		return append(items, sceneItem(s, id))
	}
	if b.Task == Labels && len(s.Questions) == 0 {
		return appendLabel(items, s, id)
	}
	if b.Layout == "textocr" && len(s.Questions) == 0 {
		return append(items, wordsItem(s, id))
	}
	for n := range s.Questions {
		q := &s.Questions[n]
		items = append(items, Item{ID: q.ID, Image: s.Key, Split: s.Split, Language: q.Language, Kind: q.Kind, Question: q.Text, Fields: fieldsOf(s, q, fields)})
		item := &items[len(items)-1]
		if len(q.Answers) > 0 {
			item.References = make([]string, len(q.Answers))
			for at := range q.Answers {
				item.References[at] = q.Answers[at].Text
			}
		}
		if b.Task == Choices {
			item.Choices = item.List("choices")
		}
		if b.Adapt != nil {
			b.Adapt(item)
		}
	}
	return items
}

// appendLabel adds the item of an image whose label is its title.
func appendLabel(items []Item, s *shards.Sample, id string) []Item {
	for n := range s.Texts {
		if s.Texts[n].Kind == shards.Title {
			return append(items, Item{ID: cmp.Or(id, s.Key), Image: s.Key, Split: s.Split, Fields: metadataOf(s), References: []string{s.Texts[n].Value}, also: []string{path.Base(s.Key)}})
		}
	}
	return items
}

// appendCaptions adds an item for each language of a sample's captions.
func (b *Benchmark) appendCaptions(items []Item, s *shards.Sample, id string, fields []Field) []Item {
	first := len(items)
	for _, text := range s.Texts {
		if text.Kind != shards.Caption {
			continue
		}
		at := slices.IndexFunc(items[first:], func(i Item) bool { return i.Language == text.Language })
		if at < 0 {
			at = len(items) - first
			items = append(items, Item{Image: s.Key, Split: s.Split, Language: text.Language, Fields: metadataOf(s)})
		}
		item, caption := &items[first+at], text.Value
		if b.Task == Retrieval {
			caption = strings.TrimSpace(caption)
		}
		item.References = append(item.References, caption)
	}
	several := len(items)-first > 1
	for n := first; n < len(items); n++ {
		item := &items[n]
		for _, f := range fields {
			if f.Question == item.Language {
				item.Fields = append(item.Fields, f)
			}
		}
		item.nameCaption(cmp.Or(id, s.Key), s.Key, several)
		if b.Adapt != nil {
			b.Adapt(item)
		}
	}
	return items
}

// nameCaption sets the ids of a caption, of which the first is that of the image in the owner's
// files. The language of an id may have another tag of the same meaning, and stand behind an
// underscore as in big_vision's files.
func (i *Item) nameCaption(id, key string, several bool) {
	i.ID = id + "/" + i.Language
	for _, language := range languageTags(i.Language) {
		i.also = append(i.also, id+"/"+language, key+"/"+language, key+"_"+language)
	}
	if !several {
		i.also = append(i.also, i.ID, key)
		i.ID = id
	}
}

// languageTags returns the tags that name the same language: some have an older one.
func languageTags(language string) []string {
	for _, same := range [][]string{{"he", "iw"}, {"fil", "tl"}, {"id", "in"}, {"no", "nb"}, {"quz", "qu"}} {
		if slices.Contains(same, language) {
			return same
		}
	}
	return []string{language}
}

// metadataOf returns the metadata of a sample as fields.
func metadataOf(s *shards.Sample) (of []Field) {
	for _, name := range slices.Sorted(maps.Keys(s.Metadata)) {
		of = append(of, Field{Name: name, Value: s.Metadata[name]})
	}
	return of
}

// fieldsOf returns the fields of a question, which a dataset has in the metadata.
func fieldsOf(s *shards.Sample, q *shards.Question, fields []Field) (of []Field) {
	if len(fields) > 0 && len(s.Questions) == 1 && s.Metadata == nil {
		return slices.Clone(fields)
	}
	for _, f := range fields {
		if f.Question == q.ID {
			of = append(of, f)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Metadata)) {
		if field, ok := strings.CutSuffix(name, "/"+q.ID); ok {
			of = append(of, Field{Question: q.ID, Name: field, Value: s.Metadata[name]})
		} else if !strings.Contains(name, "/") {
			of = append(of, Field{Question: q.ID, Name: name, Value: s.Metadata[name]})
		}
	}
	return of
}
