package webli

import (
	"crypto/sha256"
	"fmt"

	"github.com/pali3/pali3/internal/imageprint"
)

// Candidate is what rules know of a sample while they decide whether it stays: some hundred bytes
// for each of its images, so that the candidates of a whole dataset fit in memory. Rules do not
// change its fields.
type Candidate struct {
	Origin   Origin
	Key      string
	Split    string
	HeldOut  bool   // Split is one of Config.HeldOut
	Sizes    []Size // of the images, if all of them decode
	Language string // of the first text
	// Note is what the rule's Examine returned for the sample; nil if it has none.
	Note any

	bad    string              // why an image does not decode, or ""
	prints []*imageprint.Print // of the images, if all of them decode
	texts  []textRecord        // of all texts, in their order
	words  uint64              // hash of all texts and questions
	asked  bool                // has questions
	score  float64             // named by Config.Top.Score
	scored bool
	notes  []any // of the rules with an Examine, in their order

	removedBy string // the rule, or ""
	why       string
	keeper    *Candidate // of a duplicate: the sample that it duplicates
}

// Origin is the row of a dataset that a candidate was read from.
type Origin struct {
	Dataset string
	Row     int
}

func (o Origin) String() string { return fmt.Sprintf("%s row %d", o.Dataset, o.Row) }

// Size is that of an image in pixels.
type Size struct{ Width, Height int32 }

// textRecord is what rules know of a text.
type textRecord struct {
	hash    uint64 // of the normalised text
	exempt  bool   // OCR
	flaw    string // the rule that the text fails by itself, or ""
	why     string
	dropped bool
}

// DropTexts drops the texts of the sample for which reason, called with their positions among the
// sample's texts, returns a reason. It asks neither about texts read in the image (OCR), which
// stay, nor about texts that an earlier rule dropped. If this leaves the sample with neither texts
// nor questions, DropTexts returns the last reason, for the rule's Remove to return; otherwise "".
func (c *Candidate) DropTexts(reason func(text int) string) (why string) {
	left, dropped := 0, 0
	for i := range c.texts {
		t := &c.texts[i]
		if t.dropped {
			continue
		}
		if t.exempt {
			left++
			continue
		}
		if r := reason(i); r != "" {
			t.dropped, why = true, r
			dropped++
		} else {
			left++
		}
	}
	if dropped == 0 || left > 0 || c.asked {
		return ""
	}
	return why
}

// droppedTexts counts the texts that rules dropped.
func (c *Candidate) droppedTexts() int {
	n := 0
	for _, t := range c.texts {
		if t.dropped {
			n++
		}
	}
	return n
}

// imagesSum identifies the images of a sample by their bytes, in their order.
func (c *Candidate) imagesSum() (id [sha256.Size]byte) {
	if len(c.prints) == 1 {
		return c.prints[0].Sum
	}
	all := sha256.New()
	for _, f := range c.prints {
		all.Write(f.Sum[:])
	}
	all.Sum(id[:0])
	return id
}
