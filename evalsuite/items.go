package evalsuite

import (
	"context"
	"errors"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// Predictor answers queries: [TrainedPredictor] does, and so can any other model.
type Predictor interface {
	Predict(ctx context.Context, queries []Query, progress func(done, total int)) ([]string, error)
}

// Samples returns the samples of a split of a dataset.
func Samples(d *shards.Dataset, split string) ([]shards.Sample, error) {
	var samples []shards.Sample
	for s, err := range d.Samples() {
		if err != nil {
			return nil, err
		}
		if s.Split == split && len(s.Images) > 0 {
			samples = append(samples, s)
		}
	}
	return samples, nil
}

// ReadSamples returns the samples of a split of the dataset in a folder.
func ReadSamples(dir, split string) ([]shards.Sample, error) {
	d, err := shards.Open(dir)
	if err != nil {
		return nil, err
	}
	samples, err := Samples(d, split)
	return samples, errors.Join(err, d.Close())
}

// Item is one answer of a model, with what was asked and what would have been right.
type Item struct {
	Sample     int      // position among the samples
	Language   string   // of the caption or question
	Kind       string   // of the question; "caption" for captions
	ID         string   // of the question, or the sample's key and the language
	Question   string   // empty for captions
	Prediction string   // the model's caption or answer
	References []string // right captions or answers, written by people
	Score      float64  // exact match, or VQA accuracy
	CIDEr      float64  // of a caption, among those of its language
	Key        string   // of the sample
	Row        int      // of the sample in the dataset, of what [Evaluate] found
	Error      string   // why the model gave no answer
}

// Captions asks for each sample's caption in each language that it has one in. Several captions of
// one picture in a language are several truths of one answer.
func Captions(samples []shards.Sample) (queries []Query, items []Item) {
	for i := range samples {
		asked := map[string]int{} // language -> its place in said
		for _, text := range samples[i].Texts {
			if text.Kind != shards.Caption {
				continue
			}
			if at, already := asked[text.Language]; already {
				items[at].References = append(items[at].References, text.Value)
				continue
			}
			asked[text.Language] = len(items)
			queries = append(queries, Query{samples[i].Images, mixture.CaptionPrompt(text.Language)})
			items = append(items, Item{Sample: i, Language: text.Language, Kind: shards.Caption, ID: samples[i].Key + "/" + text.Language, References: []string{text.Value}})
		}
	}
	return queries, items
}

// Questions asks each sample's questions.
func Questions(samples []shards.Sample) (queries []Query, items []Item) {
	for i := range samples {
		for _, q := range samples[i].Questions {
			if len(q.Answers) == 0 {
				continue
			}
			var truths []string
			for _, a := range q.Answers {
				truths = append(truths, a.Text)
			}
			queries = append(queries, Query{samples[i].Images, mixture.QuestionPrompt(q.Text)})
			items = append(items, Item{Sample: i, Language: q.Language, Kind: q.Kind, ID: q.ID, Question: q.Text, References: truths})
		}
	}
	return queries, items
}

// Ask puts what a model answers to the queries into said, which belong to them one by one.
func Ask(ctx context.Context, model Predictor, queries []Query, items []Item) error {
	answers, err := model.Predict(ctx, queries, nil)
	for i := range answers {
		items[i].Prediction = answers[i]
	}
	return err
}

// ScoreAnswers scores answers by the rule of VQA. What has an error in place of an answer is wrong.
func ScoreAnswers(items []Item, b metrics.Bootstrap) metrics.Score {
	scores := make([]float64, len(items))
	for i := range items {
		items[i].Score = 0
		if items[i].Error == "" {
			items[i].Score = metrics.VQAAccuracy(items[i].Prediction, items[i].References)
		}
		scores[i] = items[i].Score
	}
	return b.Mean(scores)
}

// By averages scores by a property, for example the kind of question.
func By(items []Item, property func(*Item) string, b metrics.Bootstrap) map[string]metrics.Score {
	means := map[string]metrics.Score{}
	for _, members := range group(items, property) {
		var scores []float64
		for _, i := range members {
			scores = append(scores, items[i].Score)
		}
		means[property(&items[members[0]])] = b.Mean(scores)
	}
	return means
}

// group returns the positions that share a property, in order of their first.
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
