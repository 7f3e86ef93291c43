package evalsuite

import (
	"context"
	"errors"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// Samples returns the samples of a dataset's split that have an image.
func Samples(d mixture.Data, split string) ([]shards.Sample, error) {
	var samples []shards.Sample
	for s, err := range mixture.Samples(d) {
		if err != nil {
			return nil, err
		}
		if s.Split == split && len(s.Images) > 0 {
			samples = append(samples, s)
		}
	}
	return samples, nil
}

// ReadSamples is [Samples] for the dataset in a folder.
func ReadSamples(dir, split string) ([]shards.Sample, error) {
	d, err := shards.Open(dir)
	if err != nil {
		return nil, err
	}
	samples, err := Samples(d, split)
	return samples, errors.Join(err, d.Close())
}

// Item is a caption or an answer to score: what was asked, the references, the prediction and its
// score.
type Item struct {
	ID         string   // of the question, or the sample's key and the language
	Sample     int      // position among the samples
	Key        string   // of the sample; set by [Evaluate]
	Row        int      // of the sample in the dataset; set by [Evaluate]
	Language   string   // of the caption or question
	Kind       string   // of the question; "caption" for captions
	Question   string   // empty for captions
	References []string // right captions or answers, written by people
	Prediction string
	Error      string  // why there is no prediction
	Score      float64 // exact match of a caption, VQA accuracy of an answer
	CIDEr      float64 // of a caption, among the captions of its language
	// Values by metric, of the metrics that have one value per item.
	Values map[string]float64
}

func languageOf(item *Item) string { return item.Language }

// Captions returns a query for each sample's caption in each language that it has one in. Several
// captions of an image in one language are several references of one item.
func Captions(samples []shards.Sample) (queries []Query, items []Item) {
	for i := range samples {
		at := map[string]int{} // language -> position in items
		for _, text := range samples[i].Texts {
			if text.Kind != shards.Caption {
				continue
			}
			if n, known := at[text.Language]; known {
				items[n].References = append(items[n].References, text.Value)
				continue
			}
			at[text.Language] = len(items)
			id := samples[i].Key + "/" + text.Language
			queries = append(queries, Query{Images: samples[i].Images, Prompt: mixture.CaptionPrompt(text.Language), ID: id})
			items = append(items, Item{Sample: i, Language: text.Language, Kind: shards.Caption, ID: id, References: []string{text.Value}})
		}
	}
	return queries, items
}

// Questions returns a query for each of the samples' questions that has an answer.
func Questions(samples []shards.Sample) (queries []Query, items []Item) {
	for i := range samples {
		for _, q := range samples[i].Questions {
			if len(q.Answers) == 0 {
				continue
			}
			var references []string
			for _, a := range q.Answers {
				references = append(references, a.Text)
			}
			queries = append(queries, Query{Images: samples[i].Images, Prompt: mixture.QuestionPrompt(q.Text), ID: q.ID})
			items = append(items, Item{Sample: i, Language: q.Language, Kind: q.Kind, ID: q.ID, Question: q.Text, References: references})
		}
	}
	return queries, items
}

// Ask sends the queries to a predictor and sets the predictions of the items, which belong to the
// queries one by one.
func Ask(ctx context.Context, p Predictor, queries []Query, items []Item) error {
	answers, err := p.Predict(ctx, queries, nil)
	for i := range answers {
		items[i].Prediction = answers[i]
	}
	return err
}

// ScoreAnswers scores answers by the rule of VQA and sets the items' scores. An item with an error
// scores 0.
func ScoreAnswers(items []Item, b metrics.Bootstrap) metrics.Score {
	scores, _ := vqaMetric.Score(items) // which never fails
	for i := range items {
		items[i].Score = scores[i]
	}
	return b.Mean(scores)
}

// ScoresBy averages the items' scores by a property, for example the kind of question.
func ScoresBy(items []Item, property func(*Item) string, b metrics.Bootstrap) map[string]metrics.Score {
	v := answerValues{items: items, values: make([]float64, len(items))}
	for i := range items {
		v.values[i] = items[i].Score
	}
	return v.means(property, b)
}

// group returns the positions of items that share a property, in the order of the first of each.
func group(items []Item, property func(*Item) string) [][]int { return groupBy(items, property) }

func groupBy[K comparable](items []Item, property func(*Item) K) [][]int {
	at := map[K]int{}
	var groups [][]int
	for i := range items {
		key := property(&items[i])
		n, known := at[key]
		if !known {
			n = len(groups)
			at[key] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return groups
}
