package cli

import (
	"context"
	"fmt"

	"github.com/pali3/pali3/mixture"
)

// summaryBatches is the least number of batches that a summary is made of.
const summaryBatches = 16

// summarize prints the number of samples and one example of each task.
func (c mixCommand) summarize(ctx context.Context, con *console, stream *mixture.Stream) error {
	examples := map[string]mixture.Example{}
	counts, encoder, decoder := map[string]int{}, map[string]int{}, map[string]int{}
	total := 0
	for step := c.first(); step < max(c.Steps.to, c.first()+summaryBatches); step++ {
		batch, err := stream.Batch(ctx, step)
		if err != nil {
			return err
		}
		for _, e := range stream.Describe(batch) {
			examples[e.Task] = e
			counts[e.Task]++
			encoder[e.Task] += e.Encoder
			decoder[e.Task] += e.Decoder
			total++
		}
	}
	samples := stream.Examples()
	shape := stream.Shape()
	size := fmt.Sprintf("%d x %d", shape.Height, shape.Width)
	if s := shape.Sequence; s.Patch > 0 {
		size = fmt.Sprintf("at most %d patches of %d x %[2]d", s.Length, s.Patch)
	}
	con.printf("batch %d, images %d of %s, encoder %d, decoder %d\n\n", shape.Rows, shape.Images, size, shape.Encoder, shape.Decoder)
	for i, t := range stream.Recipe().Tasks {
		e := examples[t.Name]
		n := float64(max(1, counts[t.Name]))
		con.printf("%-12s %5.1f%% of examples, from %d samples; ids on average: encoder %.1f, decoder %.1f\n", t.Name,
			100*float64(counts[t.Name])/float64(total), samples[i], float64(encoder[t.Name])/n, float64(decoder[t.Name])/n)
		con.printf("  prompt %s\n  target %s\n", e.Prompt, e.Target)
	}
	if moved := stream.Vocabulary().Moved(); moved != "" {
		con.printf("\ntokenizer: %s\n", moved)
	}
	if truncated := stream.Truncated(); truncated > 0 {
		con.printf("\n%.1f%% of the examples were truncated; raise lengths.*\n", 100*truncated)
	}
	for _, left := range stream.LeftOut() {
		con.printf("\n%s: %d examples lack %d %s\n", left.Task, left.Examples, left.Count, left.What)
	}
	if bad := stream.Skipped(); bad.Samples > 0 {
		con.printf("\n%s\n", bad)
	}
	return nil
}
