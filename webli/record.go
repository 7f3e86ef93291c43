package webli

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
)

// record is what the rules know of a sample, some hundred bytes for each of its pictures.
type record struct {
	origin   origin
	key      string
	split    string
	heldOut  bool
	bad      string // why a picture does not decode, or ""
	sizes    [][2]int32
	prints   []*fingerprint // one a picture, if none is bad
	texts    []textRecord   // of all texts, in their order
	words    uint64         // hash of all texts and questions
	asked    bool           // has questions
	score    float64
	scored   bool
	language string // of the first text

	removedBy string // the rule, or ""
	why       string
	keeper    *record // of a duplicate: the sample that it is like
}

// origin is the row that a record stands for.
type origin struct {
	dataset string
	row     int
}

func (o origin) String() string { return fmt.Sprintf("%s row %d", o.dataset, o.row) }

type textRecord struct {
	hash    uint64 // of the normalised text
	exempt  bool   // OCR
	flaw    string // the rule that the text fails by itself, or ""
	why     string
	dropped bool
}

// examiner makes records. It is safe for concurrent use.
type examiner struct {
	config Config
	judge  *textJudge
}

func (e *examiner) examine(s *shards.Sample, from origin) *record {
	r := &record{origin: from, key: s.Key, split: s.Split, heldOut: slices.Contains(e.config.HeldOut, s.Split), asked: len(s.Questions) > 0}
	for i := range s.Images {
		m, onBlack, err := augment.DecodeTwice(s.Images[i].Bytes)
		if err != nil {
			r.bad = fmt.Sprintf("image %d: %v", i, err)
			return r
		}
		r.sizes = append(r.sizes, [2]int32{int32(m.Width), int32(m.Height)})
		r.prints = append(r.prints, fingerprintOf(s.Images[i].Bytes, m, onBlack))
	}
	e.examineTexts(r, s)
	r.score, r.scored = s.Scores[e.config.Top.Score]
	return r
}

func (e *examiner) examineTexts(r *record, s *shards.Sample) {
	words := xxhash.New()
	for i := range s.Texts {
		t := textRecord{hash: xxhash.Sum64String(normalise(s.Texts[i].Value)), exempt: s.Texts[i].Kind == shards.OCR}
		if !t.exempt && !r.heldOut {
			t.flaw, t.why = e.judge.flaw(s.Texts[i].Value)
		}
		r.texts = append(r.texts, t)
		words.Write(binary.LittleEndian.AppendUint64(nil, t.hash))
	}
	for i := range s.Questions {
		words.WriteString(s.Questions[i].Text + "\x00")
	}
	r.words = words.Sum64()
	if len(s.Texts) > 0 {
		r.language = s.Texts[0].Language
	}
}

// pictures identifies all pictures of a sample, in order.
func (r *record) pictures() (id [sha256.Size]byte) {
	if len(r.prints) == 1 {
		return r.prints[0].sum
	}
	all := sha256.New()
	for _, f := range r.prints {
		all.Write(f.sum[:])
	}
	all.Sum(id[:0])
	return id
}

// drop takes out the texts for which fails gives a reason. The reason comes back if that leaves a
// sample, which had texts, with neither texts nor questions.
func (r *record) drop(fails func(*textRecord) string) (why string) {
	left, dropped := 0, 0
	for i := range r.texts {
		t := &r.texts[i]
		if t.dropped {
			continue
		}
		if reason := fails(t); reason != "" {
			t.dropped, why = true, reason
			dropped++
		} else {
			left++
		}
	}
	if dropped == 0 || left > 0 || r.asked {
		return ""
	}
	return why
}
