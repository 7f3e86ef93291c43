package webli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/pali3/pali3/shards"
)

// gift is what a sample that stays gets from its duplicates: the texts and questions that it lacks,
// in their order.
type gift struct {
	texts     []shards.Text
	questions []shards.Question
	has       map[[sha256.Size]byte]bool // texts and questions of the sample and the gift
	ids       map[string]bool            // of its questions
}

// original returns the sample that c duplicates, following a chain of duplicates to its end; c
// itself if it was not removed as a duplicate.
func (c *Candidate) original() *Candidate {
	for c.keeper != nil {
		c = c.keeper
	}
	return c
}

// recipient returns the sample that gets the texts of c. It is nil if c was not removed as a
// duplicate, and if its original was removed by a later rule or is of another split.
func (c *Candidate) recipient() *Candidate {
	if to := c.original(); to != c && to.removedBy == "" && to.Split == c.Split {
		return to
	}
	return nil
}

// gather reads the texts and questions of the duplicates, returns what each sample that stays gets,
// and counts it in the report. Held-out samples neither give nor get: rules on duplicates neither
// remove them nor compare with them.
//
// Only the texts and questions that move are held in memory, each once a sample.
func gather(ctx context.Context, in []*shards.Dataset, candidates []*Candidate, report *Report) (map[*Candidate]*gift, error) {
	gifts := map[*Candidate]*gift{}
	otherSplit := 0
	for _, c := range candidates {
		if to := c.recipient(); to != nil {
			gifts[to] = &gift{has: map[[sha256.Size]byte]bool{}, ids: map[string]bool{}}
		} else if to := c.original(); to != c && to.Split != c.Split {
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
	err := eachSample(ctx, in, columns, func(place int, _ Origin, s shards.Sample) error {
		c := candidates[place]
		if g := gifts[c]; g != nil {
			g.own(c, &s)
		}
		to := c.recipient()
		if to == nil {
			return nil
		}
		texts, questions := gifts[to].take(c, &s)
		report.Merged, report.MergedQuestions = report.Merged+texts, report.MergedQuestions+questions
		c.why += fmt.Sprintf("; %d texts and %d questions moved to %s of %s", texts, questions, to.Key, to.Origin)
		return nil
	})
	return gifts, err
}

// own records what the sample that stays has. That sample comes before all its duplicates.
func (g *gift) own(c *Candidate, s *shards.Sample) {
	for _, t := range c.keptTexts(s.Texts) {
		g.has[textIdentity(&t)] = true
	}
	for i := range s.Questions {
		g.has[questionIdentity(&s.Questions[i])] = true
		g.ids[strings.Clone(s.Questions[i].ID)] = true
	}
}

// take adds the texts and questions of a duplicate that the sample and the gift lack. A question
// whose id is taken gets the duplicate's key in front of its id.
func (g *gift) take(c *Candidate, s *shards.Sample) (texts, questions int) {
	for _, t := range c.keptTexts(s.Texts) {
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
				q.ID = c.Key + ":" + q.ID
			}
			g.ids[q.ID] = true
			g.questions = append(g.questions, q)
			questions++
		}
	}
	return texts, questions
}

// identity hashes a list of strings, in which no two different lists are written alike.
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

// questionIdentity covers the answers: the same words with other answers are another question.
func questionIdentity(q *shards.Question) [sha256.Size]byte {
	parts := []string{"question", q.Kind, q.Language, q.Text}
	for _, a := range q.Answers {
		parts = append(parts, a.Text, a.Confidence)
	}
	return identity(parts...)
}

// cloneText copies a text's strings out of the Parquet page that they point into.
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
