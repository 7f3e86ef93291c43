package models

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Description gives the size of a model without building its weights.
type Description struct {
	Model      string `json:"model"`
	Parameters int    `json:"parameters"`
	// WeightBytes is the memory of the weights in float32. TrainingBytes adds gradients and Adam's
	// two moments, but no activations.
	WeightBytes   int64 `json:"weight_bytes"`
	TrainingBytes int64 `json:"training_bytes"`
	// ForwardFLOPs is the number of floating-point operations in the matrix products of one sample;
	// a multiplication and an addition count as two.
	ForwardFLOPs int64    `json:"forward_flops"`
	Parts        []Part   `json:"parts"`
	Weights      []Weight `json:"weights"`
}

// Part is a part of a model, named by the prefix of its weights, and its share of the size.
type Part struct {
	Name         string `json:"name"`
	Parameters   int    `json:"parameters"`
	ForwardFLOPs int64  `json:"forward_flops"`
	// Tokens is the sequence length that ForwardFLOPs assumes.
	Tokens int `json:"tokens"`
}

// Weight is a weight and its shape in a file.
type Weight struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

// Describe describes a published model of a built-in family by name, such as "pali3-5b",
// "siglip-So400m/14" or "ul2-3b": see [family.Families.Variant]. FLOPs are for images of 224 pixels
// and texts of 64 ids.
func Describe(name string) (Description, error) {
	_, m, err := Families().Variant(name)
	if err != nil {
		return Description{}, err
	}
	return DescribeModel(name, m, family.Lengths{Prompt: 64, Answer: 64})
}

// DescribeModel describes a model for samples of the given lengths.
func DescribeModel(name string, m family.Model, l family.Lengths) (Description, error) {
	be, err := backend.Open("")
	if err != nil {
		return Description{}, err
	}
	specs, err := m.Specs(be)
	if err != nil {
		return Description{}, err
	}
	d := Description{Model: name}
	for _, p := range m.Parts(l) {
		d.Parts = append(d.Parts, Part{Name: p.Name, ForwardFLOPs: p.ForwardFLOPs, Tokens: p.Tokens})
		d.ForwardFLOPs += p.ForwardFLOPs
	}
	for _, s := range specs {
		d.add(s)
	}
	d.WeightBytes = 4 * int64(d.Parameters)
	d.TrainingBytes = 4 * d.WeightBytes
	return d, nil
}

// add counts a weight in the first part whose name is a prefix of its own.
func (d *Description) add(s weights.Spec) {
	i := slices.IndexFunc(d.Parts, func(p Part) bool { return s.Name == p.Name || strings.HasPrefix(s.Name, p.Name+".") })
	if i < 0 {
		first, _, _ := strings.Cut(s.Name, ".")
		i = len(d.Parts)
		d.Parts = append(d.Parts, Part{Name: first})
	}
	d.Parts[i].Parameters += s.Size()
	d.Parameters += s.Size()
	d.Weights = append(d.Weights, Weight{s.Name, s.Layout.FileShape(s.Shape)})
}
