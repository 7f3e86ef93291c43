package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// Labels are names of what images show, by group. A label that an image lacks is drawn from the
// group of one that it has, so that a role is denied by another role and not by a colour.
//
// Those of all samples of a task are in the order of the samples' keys. Where keys say what an
// image shows, neighbouring labels are hard to tell apart.
type Labels map[string][]string

// Sources of labels that [Task.Objects] may name beside metadata fields.
const (
	objectBoxes = "boxes"
	objectTexts = "texts"
)

// objectsOf returns the labels of a sample from the sources that the task names, by default boxes.
func objectsOf(t *Task, s *shards.Sample) Labels {
	found := Labels{}
	add := func(group, label string) {
		if label != "" && !slices.Contains(found[group], label) {
			found[group] = append(found[group], label)
		}
	}
	sources := t.Objects
	if len(sources) == 0 {
		sources = []string{objectBoxes}
	}
	for _, source := range sources {
		switch source {
		case objectBoxes:
			for _, box := range s.Boxes {
				add(source, box.Label)
			}
		case objectTexts:
			for _, text := range t.TextsOf(s) {
				add(source+" "+text.Language, text.Value)
			}
		default:
			add(source, s.Metadata[source])
		}
	}
	return found
}

// labelFinder collects the labels of all samples. It keeps where each is first in the order of the
// samples' keys, and nothing of a sample itself.
type labelFinder map[string]map[string]*labelPlace // by group and label

// labelPlace is a place in the order of keys: that of a sample, and of a label in it.
type labelPlace struct {
	key     string
	row, at int
}

func (p *labelPlace) compare(q *labelPlace) int {
	return cmp.Or(strings.Compare(p.key, q.key), cmp.Compare(p.row, q.row), cmp.Compare(p.at, q.at))
}

// see adds the labels of a sample, whose memory is used again.
func (f labelFinder) see(found Labels, key string, row int) {
	for group, labels := range found {
		places := f[group]
		if places == nil {
			places = map[string]*labelPlace{}
			f[strings.Clone(group)] = places
		}
		for at, label := range labels {
			here := labelPlace{key, row, at}
			if known := places[label]; known == nil {
				places[strings.Clone(label)] = &labelPlace{strings.Clone(key), row, at}
			} else if here.compare(known) < 0 {
				*known = labelPlace{strings.Clone(key), row, at}
			}
		}
	}
}

// inOrder returns the labels that were found.
func (f labelFinder) inOrder() Labels {
	all := Labels{}
	for group, places := range f {
		all[group] = slices.SortedFunc(maps.Keys(places), func(a, b string) int { return places[a].compare(places[b]) })
	}
	return all
}

func groupsOf(o Labels) []string {
	groups := make([]string, 0, len(o))
	for group := range o {
		groups = append(groups, group)
	}
	slices.Sort(groups)
	return groups
}

// maxObjects is how many objects a question names at most.
const maxObjects = 3

// makeObjectVQA asks one of PaLI's four object-aware questions: which objects are there; is one
// there; are all of some; which of some. Yes and no are equally likely.
func makeObjectVQA(t *Task, s *shards.Sample, all Labels, rng *random.Stream) (Draft, error) {
	found := objectsOf(t, s)
	group := pick(groupsOf(found), rng)
	o := asked{present: found[group], all: all[group], rng: rng}
	ask := func(question, answer string) (Draft, error) {
		return Draft{Prompt: t.Fill("question", question), Target: answer}, nil
	}
	yes := rng.IntN(2) == 0
	kind := rng.IntN(4)
	if len(found) > 1 && kind == 0 || len(o.present) < 2 && kind == 2 || strings.HasPrefix(group, objectTexts) {
		kind = 1 // the other questions need all labels, two labels, or labels that are not sentences
	}
	switch kind {
	case 0:
		return ask("List the objects present:", strings.Join(o.present, ", "))
	case 1:
		label := o.one(yes)
		return ask(fmt.Sprintf("Is %s in the image?", label), yesNo(slices.Contains(o.present, label)))
	case 2:
		some := o.some(yes)
		return ask(fmt.Sprintf("Is %s in the image?", strings.Join(some, ", ")), yesNo(len(o.among(some)) == len(some)))
	}
	some := o.some(false)
	return ask(fmt.Sprintf("Which of %s are in the image?", strings.Join(some, ", ")), strings.Join(o.among(some), ", "))
}

// asked draws the labels of one question.
type asked struct {
	present, all []string
	rng          *random.Stream
}

// near is how far from a present label, in the order of keys, a hard one may be.
const near = 12

// one picks a label that is present, or one that is not: with probability 0.5 any of them,
// otherwise one nearby.
func (a asked) one(there bool) string {
	if there {
		return pick(a.present, a.rng)
	}
	at := slices.Index(a.all, pick(a.present, a.rng))
	for range 64 {
		label := pick(a.all, a.rng)
		if a.rng.IntN(2) == 0 {
			label = a.all[min(max(at+a.rng.IntN(2*near+1)-near, 0), len(a.all)-1)]
		}
		if !slices.Contains(a.present, label) {
			return label
		}
	}
	return pick(a.present, a.rng) // the dataset has no other label
}

// some picks two or three labels in a random order: all present, or all but the first likely not.
func (a asked) some(there bool) []string {
	var labels []string
	for i := range 2 + a.rng.IntN(maxObjects-1) {
		if label := a.one(there || i == 0); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	shuffled := make([]string, len(labels))
	for i, from := range a.rng.Perm(len(labels)) {
		shuffled[i] = labels[from]
	}
	return shuffled
}

// among returns those of the labels that are present.
func (a asked) among(labels []string) (both []string) {
	for _, label := range labels {
		if slices.Contains(a.present, label) {
			both = append(both, label)
		}
	}
	return both
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
