package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
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

// The questions of kind object_vqa, as [Task.Questions] names them.
const (
	askList  = "list"     // which objects are there
	askIs    = "is"       // is one there
	askAll   = "all"      // are all of some there
	askWhich = "which"    // which of some are there
	askCount = "how_many" // how many of a label are there; by boxes alone
)

// paliQuestions are PaLI's four (arXiv 2209.06794 §3.2), objectQuestions those and PaliGemma's
// count (arXiv 2407.07726 §3.2.5).
var (
	paliQuestions   = []string{askList, askIs, askAll, askWhich}
	objectQuestions = append(slices.Clone(paliQuestions), askCount)
)

// checkObjectQuestions returns an error for a question that kind object_vqa does not ask.
func checkObjectQuestions(questions []string) error {
	for _, kind := range questions {
		if !slices.Contains(objectQuestions, kind) {
			return fmt.Errorf("questions: %q; those of kind object_vqa are %s", kind, strings.Join(objectQuestions, ", "))
		}
	}
	return nil
}

// makeObjectVQA asks one of the object-aware questions. Yes and no are equally likely.
func makeObjectVQA(m *Material) (Draft, error) {
	found := objectsOf(m.Task, m.Sample)
	group := pick(groupsOf(found), m.Rng)
	o := asked{present: found[group], all: m.Labels[group], rng: m.Rng}
	yes := m.Rng.IntN(2) == 0
	var kind string
	if len(m.Task.Questions) == 0 {
		kind = o.fourKinds(group, len(found))
	} else if possible := o.possible(m.Task.Questions, group, len(found)); len(possible) > 0 {
		kind = pick(possible, m.Rng)
	} else {
		return Draft{}, fmt.Errorf("of its %s none of the questions %s can be asked", group, strings.Join(m.Task.Questions, ", "))
	}
	question, answer := o.question(kind, yes, m.Sample)
	return Draft{
		Prompt: m.Task.FillIn("en", "question", question), Target: answer,
		Language: "en", Question: question, QuestionKind: kind,
	}, nil
}

// fourKinds draws one of PaLI's four questions, and asks for one label where it cannot be asked.
func (a asked) fourKinds(group string, groups int) string {
	kind := paliQuestions[a.rng.IntN(len(paliQuestions))]
	if !slices.Contains(a.possible([]string{kind}, group, groups), kind) {
		return askIs
	}
	return kind
}

// possible returns the questions that can be asked about a group of labels. Groups is how many the
// sample has.
func (a asked) possible(questions []string, group string, groups int) (possible []string) {
	sentences := strings.HasPrefix(group, objectTexts)
	for _, kind := range questions {
		ok := kind == askIs
		switch kind {
		case askList: // needs all labels
			ok = groups == 1 && !sentences
		case askAll: // needs two labels
			ok = len(a.present) > 1 && !sentences
		case askWhich:
			ok = !sentences
		case askCount:
			ok = group == objectBoxes
		}
		if ok {
			possible = append(possible, kind)
		}
	}
	return possible
}

// question draws a question of a kind, and its answer.
func (a asked) question(kind string, yes bool, s *shards.Sample) (question, answer string) {
	switch kind {
	case askList:
		return "List the objects present:", strings.Join(a.present, ", ")
	case askAll:
		some := a.some(yes)
		return fmt.Sprintf("Is %s in the image?", strings.Join(some, ", ")), yesNo(len(a.among(some)) == len(some))
	case askWhich:
		some := a.some(false)
		return fmt.Sprintf("Which of %s are in the image?", strings.Join(some, ", ")), strings.Join(a.among(some), ", ")
	case askCount:
		label := a.one(a.rng.IntN(countAbsent) > 0)
		n := 0
		for i := range s.Boxes {
			if s.Boxes[i].Label == label {
				n++
			}
		}
		return fmt.Sprintf("How many %s?", label), strconv.Itoa(n)
	}
	label := a.one(yes)
	return fmt.Sprintf("Is %s in the image?", label), yesNo(slices.Contains(a.present, label))
}

// countAbsent is that one of this many counts is of a label that the image lacks: none of them.
const countAbsent = 5

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
