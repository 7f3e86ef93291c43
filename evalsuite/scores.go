package evalsuite

import (
	"context"
	"errors"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// Speaker answers queries: [Answerer] does, and so can any other model.
type Speaker interface {
	Answer(ctx context.Context, queries []Query, progress func(done, total int)) ([]string, error)
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

// Said is one answer of a model, with what was asked and what would have been right.
type Said struct {
	Sample   int      // position among the samples
	Language string   // of the caption or question
	Kind     string   // of the question; "caption" for captions
	ID       string   // of the question, or the sample's key and the language
	Asked    string   // the question; empty for captions
	Answer   string   // what the model said
	Truths   []string // what people said
	Score    float64  // exact match, or VQA accuracy
	CIDEr    float64  // of a caption, among those of its language
	Key      string   // of the sample
	Row      int      // of the sample in the dataset, of what [Evaluate] found
	Error    string   // why the model gave no answer
}

// Captions asks for each sample's caption in each language that it has one in. Several captions of
// one picture in a language are several truths of one answer.
func Captions(samples []shards.Sample) (queries []Query, said []Said) {
	for i := range samples {
		asked := map[string]int{} // language -> its place in said
		for _, text := range samples[i].Texts {
			if text.Kind != shards.Caption {
				continue
			}
			if at, already := asked[text.Language]; already {
				said[at].Truths = append(said[at].Truths, text.Value)
				continue
			}
			asked[text.Language] = len(said)
			queries = append(queries, Query{samples[i].Images, mixture.CaptionPrompt(text.Language)})
			said = append(said, Said{Sample: i, Language: text.Language, Kind: shards.Caption, ID: samples[i].Key + "/" + text.Language, Truths: []string{text.Value}})
		}
	}
	return queries, said
}

// Questions asks each sample's questions.
func Questions(samples []shards.Sample) (queries []Query, said []Said) {
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
			said = append(said, Said{Sample: i, Language: q.Language, Kind: q.Kind, ID: q.ID, Asked: q.Text, Truths: truths})
		}
	}
	return queries, said
}

// Ask puts what a model answers to the queries into said, which belong to them one by one.
func Ask(ctx context.Context, model Speaker, queries []Query, said []Said) error {
	answers, err := model.Answer(ctx, queries, nil)
	for i := range answers {
		said[i].Answer = answers[i]
	}
	return err
}

// ScoreAnswers scores answers by the rule of VQA. What has an error in place of an answer is wrong.
func ScoreAnswers(said []Said, b metrics.Bootstrap) metrics.Score {
	scores := make([]float64, len(said))
	for i := range said {
		said[i].Score = 0
		if said[i].Error == "" {
			said[i].Score = metrics.VQAAccuracy(said[i].Answer, said[i].Truths)
		}
		scores[i] = said[i].Score
	}
	return b.Mean(scores)
}

// By averages scores by a property, for example the kind of question.
func By(said []Said, property func(*Said) string, b metrics.Bootstrap) map[string]metrics.Score {
	means := map[string]metrics.Score{}
	for _, members := range group(said, property) {
		var scores []float64
		for _, i := range members {
			scores = append(scores, said[i].Score)
		}
		means[property(&said[members[0]])] = b.Mean(scores)
	}
	return means
}

// group returns the positions that share a property, in order of their first.
func group(said []Said, property func(*Said) string) [][]int { return groupBy(said, property) }

func groupBy[K comparable](said []Said, property func(*Said) K) [][]int {
	at := map[K]int{}
	var groups [][]int
	for i := range said {
		key := property(&said[i])
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
