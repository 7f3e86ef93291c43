// Package mixpage lays out a page of what a model sees: the examples of a mixture's batches, with
// their pixels mapped back to images, prompts and targets as ids with their pieces, and where each
// comes from. The page is self-contained and has no script.
package mixpage

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/mixture"
)

// Page is the content of a page.
type Page struct {
	Title  string
	Recipe string // its name
	stream *mixture.Stream
	levels levels

	Facts    []Fact
	Tasks    []Task
	Examples []Example
	// LeftOut counts examples that are not shown, since the page is full.
	LeftOut int
	// Skipped tells which samples could not be used.
	Skipped mixture.Skipped
	bytes   int // of images
	most    int // examples
}

// Fact is a figure, formatted for the reader.
type Fact struct{ Label, Value string }

// Task is a task of the recipe.
type Task struct {
	Number   int
	Name     string
	Kind     string
	Share    float64 // of the examples that were made, in percent
	Asked    float64 // by the weights, in percent
	Examples int
	Shown    int
}

// Example is an example of a batch: a row, or a segment of a packed row.
type Example struct {
	Step, Row, Task          int
	Segment                  int // of a packed row, from 1
	TaskName                 string
	Key, Split, Origin       string
	Index                    int // row in the dataset
	Images                   []Image
	Texts                    []Text // prompt, target and so on
	Truncated                int
	Contrastive, HasNoImages bool
}

// New begins a page of up to most examples.
func New(title, recipe string, stream *mixture.Stream, most int) (*Page, error) {
	p := &Page{Title: title, Recipe: recipe, stream: stream, most: most}
	var err error
	if p.levels, err = levelsOf(stream.Recipe()); err != nil {
		return nil, err
	}
	asked := stream.Recipe().Shares()
	for i, t := range stream.Recipe().Tasks {
		p.Tasks = append(p.Tasks, Task{Number: i, Name: t.Name, Kind: t.Kind, Asked: 100 * asked[i]})
	}
	p.Facts = facts(stream)
	return p, nil
}

// facts describes the batches.
func facts(stream *mixture.Stream) []Fact {
	s := stream.Shape()
	all := []Fact{{"Rows of a batch", fmt.Sprint(s.Rows)}, {"Encoder ids", fmt.Sprint(s.Encoder)}}
	if s.Decoder > 0 {
		all = append(all, Fact{"Decoder ids", fmt.Sprint(s.Decoder)})
	}
	if s.Texts > 1 {
		all = append(all, Fact{"Texts of an example", fmt.Sprint(s.Texts)})
	}
	switch {
	case s.Sequence.Patch > 0:
		all = append(all, Fact{"Images", fmt.Sprintf("at most %d patches of %d × %[2]d", s.Sequence.Length, s.Sequence.Patch)})
	case s.Images > 0:
		all = append(all, Fact{"Images", fmt.Sprintf("%d × %d pixels", s.Width, s.Height)})
	}
	if s.Images > 1 {
		all = append(all, Fact{"Images of an example", fmt.Sprintf("at most %d", s.Images)})
	}
	return append(all, Fact{"Vocabulary", fmt.Sprint(stream.Vocabulary().Size())}, Fact{"Seed", fmt.Sprint(stream.Recipe().Seed)})
}

// Add adds the examples of a batch, as long as there is room.
func (p *Page) Add(b *mixture.Batch) error {
	described := p.stream.Describe(b)
	images := imagesOf(b)
	for i := range described {
		t := &p.Tasks[b.Tasks[i]]
		t.Examples++
		if len(p.Examples) >= p.most {
			p.LeftOut++
			continue
		}
		e, err := p.example(b, i, &described[i], images[i])
		if err != nil {
			return fmt.Errorf("step %d row %d: %w", b.Step, described[i].Row, err)
		}
		t.Shown++
		p.Examples = append(p.Examples, e)
	}
	return nil
}

// imagesOf returns the places of the images of each example, 0 to B·N-1.
func imagesOf(b *mixture.Batch) [][]int {
	places := make([][]int, b.Examples())
	for at, here := range b.ImageMask {
		if example, _ := b.ExampleOf(at); example >= 0 && here > 0 && b.Pixels != nil {
			places[example] = append(places[example], at)
		}
	}
	return places
}

// example describes an example of a batch, whose images are at the given places.
func (p *Page) example(b *mixture.Batch, i int, d *mixture.Example, images []int) (e Example, err error) {
	e = Example{
		Step: b.Step, Row: d.Row, Segment: d.Segment, Task: int(b.Tasks[i]), TaskName: d.Task, Key: d.Key, Split: d.Split,
		Origin: b.Origins[i], Index: b.Indices[i],
		Truncated: int(b.Truncated[i]), Texts: textsOf(p.stream, b, i), HasNoImages: b.Shape.Images == 0,
	}
	for _, at := range images {
		m, err := p.image(b.Image(at))
		if err != nil {
			return e, err
		}
		e.Images = append(e.Images, m)
	}
	return e, nil
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":   func() template.CSS { return template.CSS(pageCSS) },
	"hue":   func(task int) int { return (task*137 + 20) % 360 }, // the golden angle: neighbours differ
	"steps": steps,
}).Parse(pageHTML))

// step is the examples of a step.
type step struct {
	Step     int
	Examples []Example
}

// steps groups examples by step.
func steps(examples []Example) (all []step) {
	for _, e := range examples {
		if len(all) == 0 || all[len(all)-1].Step != e.Step {
			all = append(all, step{Step: e.Step})
		}
		last := &all[len(all)-1]
		last.Examples = append(last.Examples, e)
	}
	return all
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer) error {
	total := 0
	for _, t := range p.Tasks {
		total += t.Examples
	}
	for i := range p.Tasks {
		p.Tasks[i].Share = 100 * float64(p.Tasks[i].Examples) / float64(max(1, total))
	}
	p.Skipped = p.stream.Skipped()
	if err := layout.Execute(w, p); err != nil {
		return fmt.Errorf("laying out the page: %w", err)
	}
	return nil
}

// WriteFile writes the page to a file, atomically.
func (p *Page) WriteFile(path string) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := p.Write(f); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.Commit()
}
