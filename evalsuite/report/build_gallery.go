package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/random"
)

// perImage is the highest number of captions, and of answers, per image.
const perImage = 6

func (a *album) random(o *outputs, n int, seed uint64) (Gallery, error) {
	g := Gallery{Title: words(o.Split) + ": drawn at random"}
	rng := random.New(seed, random.Name("gallery"), random.Name(o.Split))
	captions, answers := bySample(o.Captions), bySample(o.Answers)
	for _, i := range rng.Perm(len(o.Samples)) {
		if len(g.Exhibits) == n {
			break
		}
		if len(captions[i])+len(answers[i]) == 0 && len(o.Captions)+len(o.Answers) > 0 {
			continue
		}
		e, err := a.exhibit(o, i)
		if err != nil {
			return g, err
		}
		if e == nil {
			continue
		}
		e.Note = nameOf(&o.Samples[i])
		for _, at := range some(o.Captions, captions[i], rng) {
			e.Captions = append(e.Captions, caption(&o.Captions[at]))
		}
		for _, at := range some(o.Answers, answers[i], rng) {
			e.Answers = append(e.Answers, answer(&o.Answers[at]))
		}
		g.Exhibits = append(g.Exhibits, *e)
	}
	return g, nil
}

// exhibit returns an exhibit with the image, or nil if the image cannot be shown.
func (a *album) exhibit(o *outputs, sample int) (*Exhibit, error) {
	encoded, err := o.image(sample)
	if err != nil {
		return nil, err
	}
	thumb := a.add(encoded, gallerySide, nameOf(&o.Samples[sample]))
	if thumb == nil {
		return nil, nil
	}
	return &Exhibit{Image: *thumb}, nil
}

// bySample returns the positions of each sample's items.
func bySample(items []evalsuite.Item) map[int][]int {
	of := map[int][]int{}
	for i := range items {
		of[items[i].Sample] = append(of[items[i].Sample], i)
	}
	return of
}

// some draws at most perImage of the positions, English first.
func some(items []evalsuite.Item, of []int, rng *random.Stream) (chosen []int) {
	for _, i := range rng.Perm(len(of)) {
		chosen = append(chosen, of[i])
	}
	slices.SortStableFunc(chosen, func(a, b int) int {
		return cmp.Compare(notEnglish(items[a].Language), notEnglish(items[b].Language))
	})
	return chosen[:min(perImage, len(chosen))]
}

func notEnglish(language string) int {
	if language == "en" {
		return 0
	}
	return 1
}

func caption(s *evalsuite.Item) Caption {
	return Caption{Lang: s.Language, Text: text(s), Truth: clip(strings.Join(s.References, " · ")), Right: right(s)}
}

func answer(s *evalsuite.Item) Answer {
	return Answer{Question: clip(s.Question), Lang: s.Language, Text: text(s), Truth: clip(distinct(s.References)), Right: right(s)}
}

// text returns the prediction, or why there is none.
func text(s *evalsuite.Item) string {
	if s.Error != "" {
		return clip("no answer: " + s.Error)
	}
	return clip(s.Prediction)
}

// right reports whether a caption is exact, or whether an answer's VQA accuracy is above one half.
func right(s *evalsuite.Item) bool { return s.Score > 0.5 }

// distinct joins the references, equal ones once.
func distinct(truths []string) string {
	var all []string
	for _, t := range truths {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return strings.Join(all, " · ")
}

// task is what galleries of extremes are about: said with a score each.
type task struct {
	name   string // "captions"
	metric string // "CIDEr"
	items  []evalsuite.Item
	score  func(i int) float64
	show   func(e *Exhibit, i int)
}

func (o *outputs) tasks() (tasks []task) {
	if len(o.Captions) > 0 {
		tasks = append(tasks, task{"captions", "CIDEr", o.Captions, func(i int) float64 {
			if o.cider == nil {
				return o.Captions[i].Score
			}
			return o.cider[i]
		}, func(e *Exhibit, i int) { e.Captions = append(e.Captions, caption(&o.Captions[i])) }})
	}
	if len(o.Answers) > 0 {
		tasks = append(tasks, task{"answers", "accuracy", o.Answers, func(i int) float64 { return o.Answers[i].Score },
			func(e *Exhibit, i int) { e.Answers = append(e.Answers, answer(&o.Answers[i])) }})
	}
	return tasks
}

// extremes returns a gallery for each task, of the images with the lowest or the highest scores.
// The seed decides between equal ones.
func (a *album) extremes(o *outputs, n int, seed uint64, best bool) (galleries []Gallery, err error) {
	if o.cider == nil && len(o.Captions) > 0 {
		if err := o.scoreCIDEr(); err != nil {
			return nil, err
		}
	}
	which, order := "lowest", 1
	if best {
		which, order = "highest", -1
	}
	for _, t := range o.tasks() {
		g := Gallery{
			Title: fmt.Sprintf("%s: %s with the %s scores", words(o.Split), t.name, which),
			About: fmt.Sprintf("Ordered by the mean %s of an image's %s.", t.metric, t.name),
		}
		means, of := t.means(len(o.Samples))
		asked := slices.DeleteFunc(random.New(seed, random.Name(which), random.Name(o.Split)).Perm(len(o.Samples)), func(i int) bool { return len(of[i]) == 0 })
		slices.SortStableFunc(asked, func(i, j int) int { return order * cmp.Compare(means[i], means[j]) })
		for _, i := range asked[:min(n, (len(asked)+1)/2)] {
			e, err := a.exhibit(o, i)
			if err != nil {
				return nil, err
			}
			if e == nil {
				continue
			}
			e.Note = fmt.Sprintf("%s %.2f: %s", t.metric, means[i], nameOf(&o.Samples[i]))
			slices.SortStableFunc(of[i], func(x, y int) int { return order * cmp.Compare(t.score(x), t.score(y)) })
			for _, at := range of[i][:min(perImage, len(of[i]))] {
				t.show(e, at)
			}
			g.Exhibits = append(g.Exhibits, *e)
		}
		if len(g.Exhibits) > 0 {
			galleries = append(galleries, g)
		}
	}
	return galleries, nil
}

// means returns the mean score and the positions of the items of each sample.
func (t *task) means(samples int) (means []float64, of map[int][]int) {
	means, of = make([]float64, samples), bySample(t.items)
	for sample, positions := range of {
		for _, i := range positions {
			means[sample] += t.score(i) / float64(len(positions))
		}
	}
	return means, of
}

// words turns held_out into "Held out".
func words(split string) string {
	w := strings.ReplaceAll(split, "_", " ")
	if w == "" {
		return "Samples without a split"
	}
	return strings.ToUpper(w[:1]) + w[1:]
}
