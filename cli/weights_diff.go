package cli

import (
	"errors"
	"fmt"
	"math"

	"github.com/pali3/pali3/models/weights"
)

type weightsDiff struct {
	A         string  `arg:"" help:"${weights}"`
	B         string  `arg:"" help:"Weights to compare with them."`
	Tolerance float64 `default:"0" help:"Largest difference that counts as equal, relative to the largest number of the tensor."`
	JSON      bool    `help:"Print one JSON object."`
}

// weightsDifference is what diff prints as JSON. Infinite numbers are null.
type weightsDifference struct {
	Same    bool            `json:"same"`
	Equal   int             `json:"equal"`  // tensors
	OnlyA   []string        `json:"only_a"` // names
	OnlyB   []string        `json:"only_b"`
	Shapes  []changedShape  `json:"shapes"`
	Tensors []changedTensor `json:"tensors"` // that differ by more than the tolerance
}

type changedShape struct {
	Name string `json:"name"`
	A    []int  `json:"a"`
	B    []int  `json:"b"`
}

type changedTensor struct {
	Name     string   `json:"name"`
	A        string   `json:"dtype_a"`
	B        string   `json:"dtype_b"`
	Max      *float64 `json:"max_difference"`
	Relative *float64 `json:"relative_difference"` // to the largest number of the two tensors
	Cosine   float64  `json:"cosine"`
	At       int      `json:"at"` // the element of the largest difference
}

func (c weightsDiff) Run(con *console) error {
	if !(c.Tolerance >= 0) {
		return fmt.Errorf("a tolerance of %g: want 0 or more", c.Tolerance)
	}
	fileA, a, err := con.openWeights(c.A, "")
	if err != nil {
		return err
	}
	defer fileA.Close()
	fileB, b, err := con.openWeights(c.B, "")
	if err != nil {
		return err
	}
	defer fileB.Close()
	d, err := c.compare(con, a, b)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := con.printJSON(d); err != nil {
			return err
		}
	} else {
		con.printWeightsDifference(d)
	}
	if !d.Same {
		return fmt.Errorf("%s and %s differ", c.A, c.B)
	}
	return nil
}

func (c weightsDiff) compare(con *console, a, b *weights.File) (weightsDifference, error) {
	d := weightsDifference{OnlyA: onlyIn(a, b), OnlyB: onlyIn(b, a), Shapes: []changedShape{}, Tensors: []changedTensor{}}
	err := weights.Diff(a, b, func(t weights.Difference) error {
		if con.ctx.Err() != nil {
			return errors.New("interrupted")
		}
		switch {
		case shapeText(t.A.Shape) != shapeText(t.B.Shape):
			d.Shapes = append(d.Shapes, changedShape{t.A.Name, t.A.Shape, t.B.Shape})
		case t.Equal || t.Relative <= c.Tolerance:
			d.Equal++
		default:
			d.Tensors = append(d.Tensors, changedTensor{
				Name: t.A.Name, A: t.A.DType, B: t.B.DType,
				Max: finite(t.Max), Relative: finite(t.Relative), Cosine: t.Cosine, At: t.At,
			})
		}
		return nil
	})
	d.Same = len(d.OnlyA)+len(d.OnlyB)+len(d.Shapes)+len(d.Tensors) == 0
	return d, err
}

// onlyIn lists the names in a that are not in b.
func onlyIn(a, b *weights.File) []string {
	names := []string{}
	for _, e := range a.Entries() {
		if _, there := b.Entry(e.Name); !there {
			names = append(names, e.Name)
		}
	}
	return names
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

func (con *console) printWeightsDifference(d weightsDifference) {
	for _, name := range d.OnlyA {
		con.printf("- %s\n", name)
	}
	for _, name := range d.OnlyB {
		con.printf("+ %s\n", name)
	}
	for _, s := range d.Shapes {
		con.printf("~ %s: shape %s and %s\n", s.Name, shapeText(s.A), shapeText(s.B))
	}
	for _, t := range d.Tensors {
		if t.Max == nil {
			con.printf("~ %s: element %d is a number in one only\n", t.Name, t.At)
			continue
		}
		con.printf("~ %s: %.3g apart at element %d, relative %.3g, cosine %.9f\n", t.Name, *t.Max, t.At, *t.Relative, t.Cosine)
	}
	con.printf("%s equal, %d different, %d of another shape, %d only in the first, %d only in the second\n",
		plural(d.Equal, "tensor"), len(d.Tensors), len(d.Shapes), len(d.OnlyA), len(d.OnlyB))
}
