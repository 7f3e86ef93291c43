package mixture

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/shards"
)

// shot is a solved example before an example: another sample of the task with its answer. Its first
// image comes before those of the example, in the order of the shots.
type shot struct {
	sample shards.Sample
	index  int    // its row in the dataset
	text   string // the prompt with its answer

	leftOut []LeftOut
}

// shotText writes a solved example. PaLI's prompts end with a sentinel where the answer
// belongs, so the answer replaces it.
func shotText(d Draft) string {
	return strings.TrimSuffix(d.Prompt, " "+sentinelText) + " " + d.Target
}

// addShots puts solved examples before a draft, as many as the task has and as fit into the prompt:
// episodes as PaLI-X (arXiv 2305.18565) trains on, whose exact prompts are not published.
func (m *Material) addShots(k Kind, d *Draft) error {
	for len(d.shots) < m.Task.Shots {
		s, index, err := m.other()
		if errors.Is(err, ErrNoOther) {
			break
		}
		if err != nil {
			return err
		}
		solved, err := k.Make(m.ofShot(s, index))
		if errors.Is(err, shards.ErrUnread) {
			return err
		}
		if err == nil {
			solved.Target = m.Task.target(solved.Target)
			d.shots = append(d.shots, shot{*s, index, shotText(solved), solved.LeftOut})
		}
	}
	d.leave(m.Task.Shots-len(d.shots), "shots, as the task has no other samples")
	before := len(d.shots)
	for len(d.shots) > 0 && !m.FitsPrompt(d.withShots()) {
		d.shots = d.shots[1:]
	}
	d.leave(before-len(d.shots), "shots that do not fit lengths.encoder")
	for _, s := range d.shots {
		d.LeftOut = append(d.LeftOut, s.leftOut...)
	}
	d.Prompt = d.withShots()
	return nil
}

// firstWithDrawnShots is the first stream version in which a shot is made as an example is: it can
// draw further samples. In earlier ones a shot of kind match always says yes.
const firstWithDrawnShots = 3

// shotsDraw reports whether shots can draw further samples in a stream version; 0 is the newest.
func shotsDraw(streamVersion int) bool {
	return cmp.Or(streamVersion, NewestStreamVersion) >= firstWithDrawnShots
}

// ofShot returns what a shot is made of: a sample and, if it can draw, all others of the task.
func (m *Material) ofShot(s *shards.Sample, index int) *Material {
	shot := &Material{Task: m.Task, Sample: s, Labels: m.Labels, Rng: m.Rng, room: m.room}
	if m.shotsDraw {
		shot.others = others{rows: m.others.rows, read: m.others.read, taken: []int{index}}
	}
	return shot
}

// withShots returns the prompt behind those of the shots, a line each.
func (d *Draft) withShots() string {
	var lines []string
	for _, s := range d.shots {
		lines = append(lines, s.text)
	}
	return strings.Join(append(lines, d.Prompt), "\n")
}

// checkShots returns an error for a task whose shots do not go with its kind or with the recipe.
func (t *Task) checkShots(k Kind, images ImageConfig) error {
	room := max(images.PerExample, 1)
	switch {
	case t.Shots == 0:
		return nil
	case t.Shots < 0 || t.Shots > mostShots:
		return fmt.Errorf("shots: %d; legal are 0 to %d", t.Shots, mostShots)
	case !k.Target || k.Denoisers != "":
		return fmt.Errorf("shots: kind %s has no prompt with an answer, which shots are made of", t.Kind)
	case k.Image && room <= t.Shots:
		return fmt.Errorf("shots: %d, each with an image, and the example's own need images.per_example of %d or more, which is %d", t.Shots, t.Shots+1, room)
	}
	return nil
}

// mostShots bounds the samples that one example reads.
const mostShots = 64
