package benchmarks

import (
	"fmt"
	"slices"
	"sync"
)

// Kinds of [Problem].
const (
	Missing    = "missing"    // questions without a prediction; they do not count
	Unknown    = "unknown"    // predictions for no question of the annotations
	Double     = "double"     // second predictions for a question; the first counts
	Empty      = "empty"      // empty answers; they count as wrong
	Failed     = "failed"     // predictions that have an error instead of a text; they count as wrong
	Refused    = "refusal"    // refusals of the model; they count as wrong
	NoMatch    = "no_match"   // answers without what the pattern looks for; they count as wrong
	TimedOut   = "timeout"    // questions that were not answered in time; they do not count
	Unanswered = "error"      // questions whose answer failed with an error; they do not count
	Declined   = "declined"   // predictions whose text declines to answer; they are scored as they are
	Unreadable = "unreadable" // lines that are no prediction
	Unlabelled = "unlabelled" // questions without a right answer; they do not count
	LeftOut    = "left_out"   // contents of the annotations that cannot be read
	NotAsked   = "not_asked"  // questions that the owner leaves out of the score
	// Of boxes and masks:
	NothingFound    = "nothing_found"    // images without a detection
	UnknownCategory = "unknown_category" // detections of categories that the annotations do not list; they do not count
	NoRegion        = "no_region"        // parts of answers that are no box
	NoArea          = "no_area"          // annotations without an area; that of the box is taken
	NotDecoded      = "not_decoded"      // predictions with the codes of a mask, but no decoder: only boxes are scored
	ZeroID          = "zero_id"          // annotations with the id 0, for which the owner's program counts no match
	OfDataset       = "dataset_boxes"    // images whose boxes are those of a dataset, not of the owner's files
	Differs         = "differs"          // questions that a protocol scores differently from the owner's
)

// Problem counts what is wrong in the files of one kind.
type Problem struct {
	Kind  string   `json:"kind"`
	Count int      `json:"count"`
	First []string `json:"first,omitempty"` // ids or errors of the first few
}

// String describes the problem.
func (p Problem) String() string {
	what := map[string]string{
		Missing:         "questions have no prediction and do not count",
		Unknown:         "predictions are for no question of the annotations",
		Double:          "predictions repeat a question; the first one counts",
		Empty:           "answers are empty and count as wrong",
		Failed:          "predictions have an error instead of an answer and count as wrong",
		Refused:         "answers are refusals and count as wrong",
		NoMatch:         "answers do not match the pattern of answers and count as wrong",
		TimedOut:        "questions were not answered in time and do not count",
		Unanswered:      "questions have an error instead of an answer and do not count",
		Declined:        "predictions decline to answer and are scored as they are",
		Unreadable:      "lines are no prediction",
		Unlabelled:      "questions have no right answer and do not count",
		NotAsked:        "questions are left out of the score by the owner's rule",
		OfDataset:       "images have the boxes of a dataset, without groups, areas of objects, absent classes, outlines and words that cannot be read; --annotations scores on the owner's files",
		NothingFound:    "images have no detection",
		UnknownCategory: "detections are of a category that the annotations do not list, and do not count",
		NoRegion:        "parts of answers are no box",
		NoArea:          "annotations have no area; that of their box is taken",
		NotDecoded:      "predictions have the codes of a mask, which need the weights of the mask VQ-VAE (--mask-weights): only boxes are scored",
		ZeroID:          "annotations have the id 0, which the owner's program takes for no match: detections of these objects count as wrong",
		LeftOut:         "things in the annotations cannot be read",
	}[p.Kind]
	if len(p.First) == 0 {
		return fmt.Sprintf("%d %s", p.Count, what)
	}
	return fmt.Sprintf("%d %s, for example %s", p.Count, what, few(p.First))
}

// problems collects what is wrong in the files. Without partial most kinds are errors.
type problems struct {
	partial bool
	lock    sync.Mutex
	all     []Problem
}

// check counts a problem if the evaluation is partial, and returns the error otherwise.
func (p *problems) check(kind, name string, err func() error) error {
	if !p.partial {
		return err()
	}
	p.add(kind, name, nil)
	return nil
}

// add counts a problem.
func (p *problems) add(kind, name string, err error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	at := slices.IndexFunc(p.all, func(q Problem) bool { return q.Kind == kind })
	if at < 0 {
		at = len(p.all)
		p.all = append(p.all, Problem{Kind: kind})
	}
	if err != nil {
		name = err.Error()
	}
	p.all[at].count(name)
}

// of returns the problem of a kind, or nil.
func (p *problems) of(kind string) *Problem {
	p.lock.Lock()
	defer p.lock.Unlock()
	for n := range p.all {
		if p.all[n].Kind == kind {
			return &p.all[n]
		}
	}
	return nil
}

// count counts one more.
func (p *Problem) count(name string) {
	if p.Count++; len(p.First) < 5 && name != "" {
		p.First = append(p.First, name)
	}
}

// sorted returns the problems in the order of their kinds.
func (p *problems) sorted() []Problem {
	slices.SortFunc(p.all, func(a, b Problem) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return p.all
}

var order = []string{Missing, Unknown, Double, Empty, Failed, Refused, Declined, NoMatch, TimedOut, Unanswered, Unreadable, Unlabelled, LeftOut, NotAsked, UnknownCategory, NoRegion, NoArea, NotDecoded, ZeroID, NothingFound}
