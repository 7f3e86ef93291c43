package main

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/stages"
)

// step trains for some steps.
func step(be compute.Backend, n network, o options) (*report, error) {
	set, err := n.initial(be)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "models")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	folder, err := stages.OpenFolder(dir, nil, "")
	if err != nil {
		return nil, err
	}
	c := clock{options: o}
	var losses []float64
	c.start()
	err = stages.Train(context.Background(), stages.Training{
		Backend: be, Weights: set, Stream: sameBatch{n.batch(o.rows)}, Steps: o.repeat, Folder: folder, Loss: n.loss,
		Optimizer: stages.OptimizerConfig{Name: "adamw", LearningRate: 1e-3, WeightDecay: 0.01},
		Progress: func(p stages.Progress) {
			losses = append(losses, float64(p.Loss))
			c.lap()
		},
	})
	if err != nil {
		return nil, err
	}
	r := c.report()
	r.Results = losses
	return r, nil
}

// forward computes a network's logits, with the weights as inputs of the graph.
func forward(be compute.Backend, n network, o options) (*report, error) {
	set, err := n.initial(be)
	if err != nil {
		return nil, err
	}
	b := n.batch(o.rows)
	exec, err := graph.NewExec(be, func(all []*graph.Node) *graph.Node {
		in, rest := bind(b.Shape, all)
		return n.forward(weights.Bind(set.Specs(), rest), in)
	})
	if err != nil {
		return nil, err
	}
	var args []any
	for _, x := range append(inputs(b), set.Tensors()...) {
		args = append(args, x)
	}
	c := clock{options: o}
	var values []float32
	c.start()
	for range o.repeat {
		out, err := exec.Call(args...)
		if err != nil {
			return nil, err
		}
		c.lap()
		if values, err = tensors.CopyFlatData[float32](out[0]); err != nil {
			return nil, err
		}
		out[0].FinalizeAll()
		c.start()
	}
	r := c.report()
	for i := range 16 { // some of the outputs
		r.Results = append(r.Results, float64(values[i*(len(values)-1)/15]))
	}
	return r, nil
}

// generate decodes greedily with the settings of `pali3 eval`: weights compiled into the graphs.
func generate(be compute.Backend, n network, o options) (*report, error) {
	set, err := n.initial(be)
	if err != nil {
		return nil, err
	}
	generator, err := decode.NewGenerator(be, n.writer, set.Specs(), n.shape.Decoder)
	if err != nil {
		return nil, err
	}
	generator.Fixed = true
	b := n.batch(o.rows)
	in := decode.Inputs{Encoder: tensors.FromFlatDataAndDimensions(b.EncoderIDs, o.rows, b.Shape.Encoder)}
	if b.Shape.Images > 0 {
		in.Images = tensors.FromFlatDataAndDimensions(b.Pixels, o.rows, 1, b.Shape.Height, b.Shape.Width, 3)
	}
	c := clock{options: o}
	var answers []decode.Answer
	c.start()
	for range o.repeat {
		if answers, err = generator.Generate(context.Background(), set, in); err != nil {
			return nil, err
		}
		c.lap()
	}
	r := c.report()
	for _, a := range answers {
		if len(a.IDs) != n.shape.Decoder {
			return nil, fmt.Errorf("an answer has %d ids, want %d", len(a.IDs), n.shape.Decoder)
		}
		r.IDs = append(r.IDs, a.IDs...)
	}
	return r, nil
}

const (
	lossWidth = 1152 // of So400m's embeddings
	lossBlock = 2048
	logScale  = 2.302585092994046 // log 10
	lossBias  = -10
)

// sigmoidLoss computes SigLIP's loss and its gradients from embeddings.
func sigmoidLoss(be compute.Backend, way string, o options) (*report, error) {
	images, texts := embeddings("images", o.rows), embeddings("texts", o.rows)
	c := clock{options: o}
	var r *report
	var results []float64
	switch way {
	case "blocks":
		c.start()
		for range o.repeat {
			g, err := siglip.BlockwiseLoss(context.Background(), be, images, texts, logScale, lossBias, lossBlock)
			if err != nil {
				return nil, err
			}
			c.lap()
			results = []float64{g.Loss, g.Scale, g.Bias, norm(g.Images), norm(g.Texts)}
		}
		r = c.report()
	case "matrix":
		exec, err := graph.NewExec(be, lossOfMatrix)
		if err != nil {
			return nil, err
		}
		c.start()
		for range o.repeat {
			out, err := exec.Call(images, texts, []float32{logScale}, []float32{lossBias})
			if err != nil {
				return nil, err
			}
			c.lap()
			results = []float64{norm(out[0]), norm(out[3]), -norm(out[4]), norm(out[1]), norm(out[2])}
		}
		r = c.report()
	default:
		return nil, fmt.Errorf("loss %q is neither blocks nor matrix", way)
	}
	r.Results = results
	return r, nil
}

// lossOfMatrix takes embeddings, the temperature's log and the bias, and returns the loss and its
// gradients.
func lossOfMatrix(in []*graph.Node) []*graph.Node {
	cosines := graph.DotGeneral(in[0], []int{1}, nil, in[1], []int{1}, nil)
	logits := graph.Add(graph.Mul(cosines, graph.InsertAxes(graph.Exp(in[2]), 0)), graph.InsertAxes(in[3], 0))
	loss := siglip.SigmoidLoss(logits)
	return append([]*graph.Node{loss}, graph.Gradient(loss, in...)...)
}

// embeddings draws rows of length 1.
func embeddings(name string, rows int) *tensors.Tensor {
	flat := make([]float32, rows*lossWidth)
	weights.Normal(1).Draw(flat, 1, name)
	for row := range rows {
		of, sum := flat[row*lossWidth:(row+1)*lossWidth], 0.0
		for _, v := range of {
			sum += float64(v) * float64(v)
		}
		for i := range of {
			of[i] /= float32(math.Sqrt(sum))
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, rows, lossWidth)
}

// norm is the Euclidean norm of a tensor.
func norm(x *tensors.Tensor) float64 {
	sum := 0.0
	tensors.MustConstFlatData(x, func(flat []float32) {
		for _, v := range flat {
			sum += float64(v) * float64(v)
		}
	})
	return math.Sqrt(sum)
}
