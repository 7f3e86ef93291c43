package mixture

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Comparison says in what two streams differ, as far as a number of examples of each was made.
type Comparison struct {
	// Examples is the number of examples of the streams that were looked at for their order, from
	// the first on: all of the first ones, and some of the later ones.
	Examples int `json:"examples"`
	// SameOrder is the number of examples from the first on that are of the same tasks and samples
	// in both streams; Examples if there is no difference.
	SameOrder int `json:"same_order"`
	// PerStep is how many examples a step takes in each stream.
	PerStep [2]int `json:"per_step"`
	// Shapes are the batches' sizes.
	Shapes [2]Shape `json:"shapes"`
	// Tasks that one of the streams or both have.
	Tasks []TaskComparison `json:"tasks"`
}

// TaskComparison says in what a task's examples differ, in the task's own order: which place of a
// batch an example has is not counted.
type TaskComparison struct {
	Task string `json:"task"`
	// In says which of the streams make examples of it.
	In [2]bool `json:"in"`
	// Shares of the examples at the beginning of the streams, and at the end of a curriculum.
	Shares    [2]float64 `json:"shares"`
	EndShares [2]float64 `json:"end_shares"`
	// Samples that the task can use.
	Samples [2]int `json:"samples"`
	// Compared is the number of the task's first examples that were made in both streams, and the
	// others say how many of them differ: in their samples, and of those with equal samples in the
	// ids of prompts, the ids of targets, and the words of either. Images is the number of them
	// whose images were decoded, and Pixels how many of these differ.
	Compared    int `json:"compared"`
	OtherSample int `json:"other_sample"`
	OtherPrompt int `json:"other_prompt"`
	OtherTarget int `json:"other_target"`
	OtherWords  int `json:"other_words"`
	Images      int `json:"images"`
	OtherPixels int `json:"other_pixels"`
}

// Numbers of examples that a comparison makes.
const (
	comparedOrder  = 512 // of the stream, all of the first
	comparedOfTask = 48
	comparedImages = 4 // of a task, with pixels
)

// Compare compares the examples of two streams, of which the first and those around changes of the
// curriculum are made. Examples bounds the part of the streams to look at, such as the steps of a
// run times the examples of a step.
func Compare(ctx context.Context, a, b *Stream, examples int) (Comparison, error) {
	c := Comparison{PerStep: [2]int{a.examplesPerStep(), b.examplesPerStep()}, Shapes: [2]Shape{a.shape, b.shape}}
	c.Examples = min(examples, a.chooser.End(), b.chooser.End())
	var err error
	if c.SameOrder, err = sameOrder(ctx, a, b, c.Examples); err != nil {
		return c, err
	}
	for _, name := range taskNames(a, b) {
		one, err := compareTask(ctx, name, a, b)
		if err != nil {
			return c, fmt.Errorf("comparing the task %s: %w", name, err)
		}
		c.Tasks = append(c.Tasks, one)
	}
	return c, nil
}

// taskNames lists the tasks of both streams, in the order of the first.
func taskNames(a, b *Stream) (names []string) {
	for _, s := range []*Stream{a, b} {
		for _, t := range s.tasks {
			if !slices.Contains(names, t.Name) {
				names = append(names, t.Name)
			}
		}
	}
	return names
}

// sameOrder returns the number of examples from the first on that are of the same task and sample.
// It looks at the first ones, and at later ones that lie ever farther apart or near a change of a
// curriculum; before the first of these that differs it searches by halves.
func sameOrder(ctx context.Context, a, b *Stream, n int) (int, error) {
	equal := func(position int) (bool, error) {
		x, err := a.drawnAt(position)
		if err != nil {
			return false, err
		}
		y, err := b.drawnAt(position)
		return x == y, err
	}
	var probes []int
	for at := range min(n, comparedOrder) {
		probes = append(probes, at)
	}
	for at := comparedOrder; at < n; at += at/4 + 1 {
		probes = append(probes, at, at+1, at+2, at+3)
	}
	for _, s := range []*Stream{a, b} {
		for _, point := range s.recipe.Curriculum {
			for d := range 64 {
				probes = append(probes, point.Step*s.examplesPerStep()+d-16)
			}
		}
	}
	for d := range 64 {
		probes = append(probes, n-64+d)
	}
	slices.Sort(probes)
	last := -1 // that is equal
	for _, at := range slices.Compact(probes) {
		if at < 0 || at >= n {
			continue
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		same, err := equal(at)
		if err != nil {
			return 0, err
		}
		if same {
			last = at
			continue
		}
		low, high := last+1, at // the first that differs is there
		for low < high {
			middle := low + (high-low)/2
			if same, err = equal(middle); err != nil {
				return 0, err
			}
			if same {
				low = middle + 1
			} else {
				high = middle
			}
		}
		return low, nil
	}
	return n, nil
}

// exampleOf says what an example is made of.
type exampleOf struct {
	task, dataset string
	row           int
}

// drawnAt returns the task and the sample of a position of the stream.
func (s *Stream) drawnAt(position int) (exampleOf, error) {
	number, before, err := s.chooser.At(position)
	if err != nil {
		return exampleOf{}, err
	}
	t := s.tasks[number]
	d, err := t.draw(s.recipe.Seed, before, 0)
	if err != nil {
		return exampleOf{}, fmt.Errorf("task %s: %w", t.Name, err)
	}
	return exampleOf{t.Name, t.source.dataset.Dir(), d.index}, nil
}

// taskNamed returns a task that makes examples, or nil.
func (s *Stream) taskNamed(name string) *task {
	for _, t := range s.tasks {
		if t.Name == name && t.source != nil && s.weights[t.number] > 0 {
			return t
		}
	}
	return nil
}

func compareTask(ctx context.Context, name string, a, b *Stream) (TaskComparison, error) {
	c := TaskComparison{Task: name}
	streams, tasks := [2]*Stream{a, b}, [2]*task{}
	for i, s := range streams {
		t := s.taskNamed(name)
		if tasks[i] = t; t == nil {
			continue
		}
		c.In[i], c.Samples[i] = true, t.source.len()
		c.Shares[i], c.EndShares[i] = s.sharesOf(t)
	}
	if !c.In[0] || !c.In[1] {
		return c, nil
	}
	for at := range comparedOfTask {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		var made [2]*Batch
		for i, s := range streams {
			var err error
			if made[i], err = s.alone(tasks[i], at, at < comparedImages); err != nil {
				return c, err
			}
		}
		c.count(made, streams, at < comparedImages)
	}
	return c, nil
}

// alone makes a batch of one example of a task, which is not counted among those of the stream.
func (s *Stream) alone(t *task, before int, pixels bool) (*Batch, error) {
	shape := s.shape
	shape.Rows, shape.Segments = 1, 0
	b := s.batchOf(0, shape, pixels && t.kind.Image)
	b.uncounted = true
	return b, s.fill(b, 0, t, before)
}

// sharesOf returns a task's share of the examples at the beginning and at the end of the
// curriculum.
func (s *Stream) sharesOf(t *task) (first, last float64) {
	first = s.weights[t.number] / sumOf(s.weights)
	points := s.recipe.Curriculum
	if len(points) == 0 {
		return first, first
	}
	from, to := s.weightsWith(points[0].Weights), s.weightsWith(points[len(points)-1].Weights)
	return from[t.number] / sumOf(from), to[t.number] / sumOf(to)
}

// count counts in what two examples differ.
func (c *TaskComparison) count(made [2]*Batch, streams [2]*Stream, images bool) {
	a, b := made[0], made[1]
	c.Compared++
	if a.Indices[0] != b.Indices[0] || a.Keys[0] != b.Keys[0] {
		c.OtherSample++
		return
	}
	prompt, target := slices.Equal(unpadded(a.EncoderIDs), unpadded(b.EncoderIDs)), slices.Equal(unpadded(a.Targets), unpadded(b.Targets))
	c.OtherPrompt += oneIf(!prompt)
	c.OtherTarget += oneIf(!target)
	if !prompt || !target {
		c.OtherWords += oneIf(streams[0].words(a) != streams[1].words(b))
	}
	if images && a.Pixels != nil && b.Pixels != nil {
		c.Images++
		c.OtherPixels += oneIf(!slices.Equal(a.Pixels, b.Pixels) || !slices.Equal(a.Grids, b.Grids))
	}
}

// unpadded returns ids without the padding at their end.
func unpadded(ids []int32) []int32 {
	for len(ids) > 0 && ids[len(ids)-1] == 0 {
		ids = ids[:len(ids)-1]
	}
	return ids
}

// words decodes the texts of a batch of one example.
func (s *Stream) words(b *Batch) string {
	return strings.TrimSpace(s.vocab.DecodeToEOS(b.Texts(0))) + "\n" + strings.TrimSpace(s.vocab.DecodeToEOS(b.Targets))
}

func oneIf(is bool) int {
	if is {
		return 1
	}
	return 0
}
