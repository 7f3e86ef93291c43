package mixture

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Asker asks what a task asks of the samples of a split, as in training: kinds that draw their
// questions at random draw them with fixed random numbers, and solved examples come before the
// prompts of a task with shots. The same samples are asked the same.
type Asker struct {
	task   Task
	kind   Kind
	split  pool
	solved pool // that shots are drawn from
	room   room
	images int
	draws  bool // shots draw further samples
}

// AskOptions say what an [Asker] uses beside the samples that it asks about.
type AskOptions struct {
	// Solved are the samples that shots are drawn from: those of the split that the task is
	// trained on. A task with shots needs some; others need none.
	Solved []shards.Sample
	// Vocabulary and Encoder, the recipe's lengths.encoder, bound prompts with shots. Default: no
	// bound.
	Vocabulary *tokenize.Vocabulary
	Encoder    int
	// Images is the recipe's images.per_example. Default: no bound.
	Images int
	// StreamVersion is the recipe's stream_version: shots are made as in training. Default: 0, the
	// newest.
	StreamVersion int
}

// NewAsker returns what asks a task of samples, whose images need no bytes.
func (g *Registry) NewAsker(t Task, split []shards.Sample, o AskOptions) (*Asker, error) {
	k, known := g.Kind(t.Kind)
	if !known || !k.CanBeAsked() {
		return nil, fmt.Errorf("kind %s has nothing to ask", t.Kind)
	}
	t.fillPrompt(k, "")
	a := &Asker{task: t, kind: k, split: newPool(k, &t, split), room: room{encoder: o.Encoder}, images: o.Images, draws: shotsDraw(o.StreamVersion)}
	if t.Shots > 0 {
		a.solved = newPool(k, &t, o.Solved)
		if len(a.solved.usable) == 0 {
			return nil, fmt.Errorf("task %s has shots: %d, and none of %d samples can be solved before a question", cmp.Or(t.Name, t.Kind), t.Shots, len(o.Solved))
		}
		a.room.vocab = o.Vocabulary
	}
	return a, nil
}

// drawnAsks is how often an [Asker] draws a question about a sample. Equal questions are asked
// once.
const drawnAsks = 4

// Asks returns what is asked about sample i of the split.
func (a *Asker) Asks(i int) (all []Ask, err error) {
	if a.kind.Asks != nil {
		all = a.kind.Asks(&a.task, &a.split.samples[i])
	} else {
		all = a.draw(i)
	}
	for n := range all {
		if err := a.complete(&all[n], i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AskIn asks about sample i in a language, whether or not it has a text in it.
func (a *Asker) AskIn(i int, language string) ([]Ask, error) {
	ask := a.task.askIn(a.split.samples[i].Key, language, "")
	err := a.complete(&ask, i)
	return []Ask{ask}, err
}

// complete puts shots before a question about sample i of the split, and chooses the sample's
// images.
func (a *Asker) complete(ask *Ask, i int) error {
	if a.task.Shots > 0 {
		if err := a.addShots(ask, a.split.samples[i].Key); err != nil {
			return fmt.Errorf("%s: %w", ask.ID, err)
		}
	}
	n := len(a.split.samples[i].Images)
	if room := a.images - len(ask.Shots); a.images > 0 && n > room && a.task.Frames != "" && a.task.Frames != FramesFirst {
		ask.Images = a.task.Frames.choose(n, max(room, 0), random.New(random.Name("frames"), random.Name(ask.ID)))
	}
	return nil
}

// draw draws questions about a sample, which the kind makes as in training.
func (a *Asker) draw(i int) (all []Ask) {
	s := &a.split.samples[i]
	if _, usable := slices.BinarySearch(a.split.usable, i); !usable {
		return nil
	}
	for n := range uint64(drawnAsks) {
		m := &Material{
			Task: &a.task, Sample: s, Labels: a.split.labels, Rng: random.New(random.Name("asks"), random.Name(s.Key), n),
			others: a.split.others(i),
		}
		d, err := a.kind.Make(m)
		if err != nil || slices.ContainsFunc(all, func(other Ask) bool { return other.Prompt == d.Prompt }) {
			continue
		}
		all = append(all, Ask{
			ID: fmt.Sprintf("%s/%s%d", s.Key, a.task.Kind, n+1), Language: cmp.Or(d.Language, "en"), Kind: cmp.Or(d.QuestionKind, a.task.Kind),
			Question: d.Question, Prompt: d.Prompt, Truths: []string{d.Target},
		})
	}
	return all
}

// addShots draws solved examples for a question, other ones for each, none of them of the sample
// itself.
func (a *Asker) addShots(ask *Ask, key string) error {
	m := &Material{
		Task: &a.task, Labels: a.solved.labels, Rng: random.New(random.Name("shots"), random.Name(ask.ID)),
		others: a.solved.others(a.solved.place(key)), room: a.room, shotsDraw: a.draws,
	}
	d := Draft{Prompt: ask.Prompt}
	if err := m.addShots(a.kind, &d); err != nil {
		return err
	}
	ask.Prompt = d.Prompt
	for _, s := range d.shots {
		ask.Shots = append(ask.Shots, s.index)
	}
	return nil
}

// pool holds samples that a task can draw.
type pool struct {
	samples []shards.Sample
	usable  []int // of the samples, by the task
	labels  Labels
	keys    map[string]int // places by key
}

func newPool(k Kind, t *Task, samples []shards.Sample) pool {
	p := pool{samples: samples, keys: map[string]int{}}
	found := labelFinder{}
	for i := range samples {
		s := &samples[i]
		p.keys[s.Key] = i
		if !t.hasImages(k, s) || !k.Usable(t, s) {
			continue
		}
		p.usable = append(p.usable, i)
		if k.Labels != nil {
			found.see(k.Labels(t, s), s.Key, i)
		}
	}
	p.labels = found.inOrder()
	return p
}

// place returns the place of the sample with a key, or -1.
func (p *pool) place(key string) int {
	if i, known := p.keys[key]; known {
		return i
	}
	return -1
}

// others draws further samples than one, or than none if it is negative.
func (p *pool) others(than int) others {
	o := others{rows: len(p.usable), read: func(at int) (shards.Sample, int, error) {
		i := p.usable[at]
		return p.samples[i], i, nil
	}}
	if than >= 0 {
		o.taken = []int{than}
	}
	return o
}
