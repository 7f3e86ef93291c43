package webli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/pali3/pali3/shards"
)

// gift is what a sample that stays gets from its duplicates: texts and questions that it lacks, in
// their order.
type gift struct {
	texts     []shards.Text
	questions []shards.Question
	has       map[[sha256.Size]byte]bool // texts and questions of the sample, the gift's included
	ids       map[string]bool            // of its questions
}

// stays returns the sample in whose favour r was removed as a duplicate, at the end of the chain; r
// itself if it was not.
func (r *record) stays() *record {
	for r.keeper != nil {
		r = r.keeper
	}
	return r
}

// merges returns the sample that gets the texts of r, or nil: none if r stays or was not removed as
// a duplicate, if the sample that stays was removed by a later rule, or if it belongs to another
// split.
func (r *record) merges() *record {
	if to := r.stays(); to != r && to.removedBy == "" && to.split == r.split {
		return to
	}
	return nil
}

// gather reads the texts and questions of the duplicates and returns what the samples that stay
// get, and counts it in the report. Held-out samples neither give nor get: no rule on duplicates
// removes them or compares with them.
//
// The texts that move are held in memory, each once a sample, and nothing else of the datasets.
func gather(ctx context.Context, in []*shards.Dataset, records []*record, report *Report) (map[*record]*gift, error) {
	gifts := map[*record]*gift{}
	otherSplit := 0
	for _, r := range records {
		if to := r.merges(); to != nil {
			gifts[to] = &gift{has: map[[sha256.Size]byte]bool{}, ids: map[string]bool{}}
		} else if to := r.stays(); to != r && to.split != r.split {
			otherSplit++
		}
	}
	if otherSplit > 0 {
		report.Warnings = append(report.Warnings, fmt.Sprintf(
			"%d duplicates are of another split than the sample that stays: their texts were not merged; name splits to be left alone in held_out, or split after curation", otherSplit))
	}
	if len(gifts) == 0 {
		return gifts, nil
	}
	views := map[*shards.Dataset]*shards.View{}
	for _, d := range in {
		v, err := d.Select("key", "texts", "questions")
		if err != nil {
			return nil, err
		}
		views[d] = v
	}
	columns := func(d *shards.Dataset) *shards.View { return views[d] }
	err := eachSample(ctx, in, columns, func(place int, _ origin, s shards.Sample) error {
		r := records[place]
		if g := gifts[r]; g != nil {
			g.own(r, &s)
		}
		to := r.merges()
		if to == nil {
			return nil
		}
		texts, questions := gifts[to].take(r, &s)
		report.Merged, report.MergedQuestions = report.Merged+texts, report.MergedQuestions+questions
		r.why += fmt.Sprintf("; %d texts and %d questions moved to %s of %s", texts, questions, to.key, to.origin)
		return nil
	})
	return gifts, err
}

// own takes note of what the sample that stays has. It comes before all its duplicates.
func (g *gift) own(r *record, s *shards.Sample) {
	for _, t := range r.keptTexts(s.Texts) {
		g.has[textIdentity(&t)] = true
	}
	for i := range s.Questions {
		g.has[questionIdentity(&s.Questions[i])] = true
		g.ids[strings.Clone(s.Questions[i].ID)] = true
	}
}

// take adds what is new of a duplicate. A question whose id is taken gets the duplicate's key in
// front of its id.
func (g *gift) take(r *record, s *shards.Sample) (texts, questions int) {
	for _, t := range r.keptTexts(s.Texts) {
		if id := textIdentity(&t); !g.has[id] {
			g.has[id] = true
			g.texts = append(g.texts, cloneText(t))
			texts++
		}
	}
	for _, q := range s.Questions {
		if id := questionIdentity(&q); !g.has[id] {
			g.has[id] = true
			q = cloneQuestion(q)
			for g.ids[q.ID] {
				q.ID = r.key + ":" + q.ID
			}
			g.ids[q.ID] = true
			g.questions = append(g.questions, q)
			questions++
		}
	}
	return texts, questions
}

// identity of a list of strings.
func identity(parts ...string) (id [sha256.Size]byte) {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	h.Sum(id[:0])
	return id
}

func textIdentity(t *shards.Text) [sha256.Size]byte {
	return identity("text", t.Kind, t.Language, t.Value)
}

// questionIdentity is that of a question with its answers: other answers to the same words are
// another question.
func questionIdentity(q *shards.Question) [sha256.Size]byte {
	parts := []string{"question", q.Kind, q.Language, q.Text}
	for _, a := range q.Answers {
		parts = append(parts, a.Text, a.Confidence)
	}
	return identity(parts...)
}

// cloneText copies a text out of the page that it was read from.
func cloneText(t shards.Text) shards.Text {
	t.Kind, t.Language, t.Value = strings.Clone(t.Kind), strings.Clone(t.Language), strings.Clone(t.Value)
	return t
}

func cloneQuestion(q shards.Question) shards.Question {
	q.ID, q.Text = strings.Clone(q.ID), strings.Clone(q.Text)
	q.Kind, q.Language = strings.Clone(q.Kind), strings.Clone(q.Language)
	answers := make([]shards.Answer, len(q.Answers))
	for i, a := range q.Answers {
		answers[i] = shards.Answer{Text: strings.Clone(a.Text), Confidence: strings.Clone(a.Confidence)}
	}
	q.Answers = answers
	return q
}
