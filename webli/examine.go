package webli

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imageprint"
	"github.com/pali3/pali3/shards"
)

// examineAll makes the candidate of every sample, in order.
func examineAll(ctx context.Context, in []*shards.Dataset, config Config, rules []Rule, options Options) ([]*Candidate, error) {
	e := &examiner{config: config, judge: newTextJudge(config.Texts)}
	for _, r := range rules {
		if r.Examine != nil {
			e.rules = append(e.rules, r)
		}
	}
	return examineEach(ctx, in, (*shards.Dataset).All, options, e.examine)
}

// examiner makes candidates. It is safe for concurrent use.
type examiner struct {
	config Config
	judge  *textJudge
	rules  []Rule // with an Examine
}

func (e *examiner) examine(s *shards.Sample, from Origin) *Candidate {
	c := &Candidate{Origin: from, Key: s.Key, Split: s.Split, HeldOut: slices.Contains(e.config.HeldOut, s.Split), asked: len(s.Questions) > 0}
	var images []*augment.Image // kept for the rules that examine them
	for i := range s.Images {
		img, onBlack, err := augment.DecodeTwice(s.Images[i].Bytes)
		if err != nil {
			c.bad = fmt.Sprintf("image %d: %v", i, err)
			return c
		}
		c.Sizes = append(c.Sizes, Size{int32(img.Width), int32(img.Height)})
		c.prints = append(c.prints, imageprint.Of(s.Images[i].Bytes, img, onBlack))
		if e.rules != nil {
			images = append(images, img)
		}
	}
	e.examineTexts(c, s)
	c.score, c.scored = s.Scores[e.config.Top.Score]
	for _, r := range e.rules {
		c.notes = append(c.notes, r.Examine(s, images))
	}
	return c
}

func (e *examiner) examineTexts(c *Candidate, s *shards.Sample) {
	words := xxhash.New()
	for i := range s.Texts {
		t := textRecord{hash: xxhash.Sum64String(normalise(s.Texts[i].Value)), exempt: s.Texts[i].Kind == shards.OCR}
		if !t.exempt && !c.HeldOut {
			t.flaw, t.why = e.judge.flaw(s.Texts[i].Value)
		}
		c.texts = append(c.texts, t)
		words.Write(binary.LittleEndian.AppendUint64(nil, t.hash))
	}
	for i := range s.Questions {
		words.WriteString(s.Questions[i].Text + "\x00")
	}
	c.words = words.Sum64()
	if len(s.Texts) > 0 {
		c.Language = s.Texts[0].Language
	}
}
