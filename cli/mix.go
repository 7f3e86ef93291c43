package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
)

// mixCommand shows the batches that a recipe makes.
type mixCommand struct {
	Recipe   string   `required:"" help:"Shipped recipe or YAML file."`
	Set      []string `sep:"none" placeholder:"KEY=VALUE" help:"Override a value of the recipe, for example data=DATASET or tasks.0.weight=2."`
	Digest   bool     `help:"Print the step and the sha256 of each batch."`
	Dump     bool     `help:"Print the examples of each batch as JSON lines."`
	Tensors  string   `placeholder:"FILE" help:"Write the batch of the first step as safetensors, such as pali3 forward takes."`
	Steps    span     `default:"0:1" placeholder:"A:B" help:"Steps from A up to, not including, B."`
	Workers  int      `help:"Goroutines that make examples; default one per core."`
	Host     host     `default:"0/1" placeholder:"h/H" help:"This host's rows of every batch: host h of H, counted from 0. The hosts' rows joined are the batch, whatever H."`
	ResumeAt int      `help:"Start at this step, as a resumed run does."`
}

// span is a range of steps.
type span struct{ from, to int }

// UnmarshalText reads A:B.
func (s *span) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), ":")
	a, err1 := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if !ok || err1 != nil || err2 != nil || a < 0 || b < a {
		return fmt.Errorf("%q: want A:B, two step numbers with A not above B", text)
	}
	*s = span{a, b}
	return nil
}

// host is host index of count, from 0.
type host struct{ index, count int }

// UnmarshalText reads h/H.
func (s *host) UnmarshalText(text []byte) error {
	index, count, ok := strings.Cut(string(text), "/")
	h, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err1 != nil || err2 != nil || h < 0 || n < 1 {
		return fmt.Errorf("%q: want h/H, for example 0/2 for the first of two hosts", text)
	}
	if h >= n {
		return fmt.Errorf("%q: hosts are counted from 0: the last of %d is %d/%[2]d", text, n, n-1)
	}
	*s = host{h, n}
	return nil
}

func (c mixCommand) Run(ctx context.Context, con *console) error {
	recipe, err := con.readRecipe(c.Recipe, c.Set)
	if err != nil {
		return err
	}
	if c.Workers == 0 {
		c.Workers = runtime.NumCPU()
	}
	stream, err := mixture.Open(recipe.Mixture, mixture.Options{
		Workers: c.Workers, ShardIndex: c.Host.index, ShardCount: c.Host.count, NoPixels: !c.Digest && c.Tensors == "",
	})
	if err != nil {
		return err
	}
	defer stream.Close()
	be, err := backend.Open("")
	if err != nil {
		return err
	}
	defer be.Finalize()
	if err := recipe.CheckModel(be, stream.Shape(), stream.Vocabulary().Size()); err != nil {
		return err
	}
	if c.Tensors != "" {
		return c.writeTensors(ctx, con, stream)
	}
	if !c.Digest && !c.Dump {
		return c.summarize(ctx, con, stream)
	}
	return c.each(ctx, con, stream)
}

// each prints the digests or the examples of the steps.
func (c mixCommand) each(ctx context.Context, con *console, stream *mixture.Stream) error {
	if c.Digest && c.Dump {
		return errors.New("--digest and --dump print different things: choose one")
	}
	out := bufio.NewWriter(con.out)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for step := max(c.Steps.from, c.ResumeAt); step < c.Steps.to; step++ {
		batch, err := stream.Batch(ctx, step)
		if err != nil {
			return err
		}
		if c.Digest {
			fmt.Fprintf(out, "%d %s\n", step, batch.Digest())
			continue
		}
		for _, example := range stream.Describe(batch) {
			if err := encoder.Encode(example); err != nil {
				return err
			}
		}
	}
	return nil
}

// summarize prints the number of samples and one example of each task.
func (c mixCommand) summarize(ctx context.Context, con *console, stream *mixture.Stream) error {
	examples := map[string]mixture.Example{}
	counts, encoder, decoder := map[string]int{}, map[string]int{}, map[string]int{}
	total := 0
	for step := c.Steps.from; step < max(c.Steps.to, c.Steps.from+16); step++ {
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
	if bad := stream.Skipped(); bad.Samples > 0 {
		con.printf("\n%s\n", bad)
	}
	return nil
}
