package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/stages"
)

// mixCommand shows the batches that a recipe makes, checks them, and hands them to other programs.
type mixCommand struct {
	Recipe string   `required:"" help:"Shipped recipe or YAML file."`
	Set    []string `sep:"none" placeholder:"KEY=VALUE" help:"Override a value of the recipe, for example data=DATASET or tasks.0.weight=2."`

	Digest      bool       `group:"What to do with the batches; default: summarise them" help:"Print the step and the sha256 of each batch."`
	Dump        dumpTarget `group:"What to do with the batches; default: summarise them" placeholder:"FILE.html" help:"Write a page of what the model sees; without FILE print examples as JSON lines."`
	Stats       bool       `group:"What to do with the batches; default: summarise them" help:"Count over the steps: shares of tasks, languages, lengths, truncation, repeats."`
	Verify      bool       `group:"What to do with the batches; default: summarise them" help:"Check all that a run needs of the recipe and its data; exit 1 with a list."`
	Tensors     string     `group:"What to do with the batches; default: summarise them" placeholder:"FILE" help:"Write the batch of the first step as safetensors, such as pali3 forward takes."`
	Materialize string     `group:"What to do with the batches; default: summarise them" placeholder:"DIR" help:"Write the batches as Arrow IPC files, resumably."`
	Serve       string     `group:"What to do with the batches; default: summarise them" placeholder:"ADDR" help:"Send batches to trainers at PORT, HOST:PORT or unix:PATH; see clients/."`

	Steps    span      `placeholder:"A:B" help:"Steps from A up to, not including, B; default the first, of --stats 16, of --materialize all."`
	Workers  workers   `help:"Goroutines that make examples; default one per core."`
	Host     hostShare `default:"0/1" placeholder:"h/H" help:"This host's share of every batch: host h of H, from 0."`
	ResumeAt int       `help:"Start at this step, as a resumed run does."`

	Examples   int    `default:"64" help:"Most examples on the page of --dump."`
	TokenFile  string `placeholder:"FILE" help:"With --serve, clients must send the token in this file."`
	MaxClients int    `default:"64" help:"With --serve, most clients at a time."`
	JSON       bool   `help:"With --stats or --verify, print one JSON object."`
}

func (c mixCommand) Run(ctx context.Context, con *console) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Verify {
		return c.verify(ctx, con)
	}
	recipe, err := con.readRecipe(c.Recipe, c.Set)
	if err != nil {
		return err
	}
	if c.Steps == (span{}) {
		c.Steps.to = c.defaultSteps(recipe)
	}
	stream, err := c.open(recipe)
	if err != nil {
		return err
	}
	defer stream.Close()
	switch {
	case c.Tensors != "":
		return c.writeTensors(ctx, con, stream)
	case c.Digest:
		return c.printDigests(ctx, con, stream)
	case c.Dump.lines:
		return c.printExamples(ctx, con, stream)
	case c.Dump.page != "":
		return c.writePage(ctx, con, recipe, stream)
	case c.Stats:
		return c.printStats(ctx, con, stream)
	case c.Materialize != "":
		return c.materialize(ctx, con, stream)
	case c.Serve != "":
		return c.serve(ctx, con, stream)
	}
	return c.summarize(ctx, con, stream)
}

// check fails on flags that exclude each other.
func (c mixCommand) check() error {
	var given []string
	for _, one := range []struct {
		given bool
		name  string
	}{
		{c.Digest, "--digest"}, {c.Dump.given(), "--dump"}, {c.Stats, "--stats"}, {c.Verify, "--verify"},
		{c.Tensors != "", "--tensors"}, {c.Materialize != "", "--materialize"}, {c.Serve != "", "--serve"},
	} {
		if one.given {
			given = append(given, one.name)
		}
	}
	switch {
	case len(given) > 1:
		return errors.New(strings.Join(given, " and ") + " do different things: choose one")
	case c.JSON && !c.Stats && !c.Verify:
		return errors.New("--json is for --stats and --verify")
	case c.TokenFile != "" && c.Serve == "":
		return errors.New("--token-file is for --serve")
	case c.Serve != "" && (c.Steps != (span{}) || c.ResumeAt != 0):
		return errors.New("--steps and --resume-at do not go with --serve: each client says which steps it wants")
	case c.ResumeAt < 0:
		return fmt.Errorf("--resume-at %d: steps are counted from 0", c.ResumeAt)
	case c.Steps != (span{}) && c.ResumeAt >= c.Steps.to:
		return fmt.Errorf("--resume-at %d is behind the last of --steps %d:%d: nothing is left to do", c.ResumeAt, c.Steps.from, c.Steps.to)
	case c.MaxClients < 1:
		return fmt.Errorf("--max-clients %d, must be 1 or more", c.MaxClients)
	case c.Examples < 1:
		return fmt.Errorf("--examples %d, must be 1 or more", c.Examples)
	}
	return nil
}

// statsSteps is how many steps --stats counts.
const statsSteps = 16

// defaultSteps returns how many steps there are without --steps.
func (c mixCommand) defaultSteps(recipe stages.Recipe) int {
	switch {
	case c.Stats:
		return c.ResumeAt + statsSteps
	case c.Materialize != "":
		return recipe.Steps
	}
	return c.ResumeAt + 1
}

// open opens the stream of a recipe whose model fits the data.
func (c mixCommand) open(recipe stages.Recipe) (*mixture.Stream, error) {
	stream, err := mixture.Open(recipe.Mixture, mixture.Options{
		Workers: c.Workers.orAll(), ShardIndex: c.Host.host, ShardCount: c.Host.hosts, NoPixels: !c.needsPixels(),
	})
	if err != nil {
		return nil, err
	}
	_, free := memory()
	if err := errors.Join(fits(recipe, stream), fitsMemory(stream.Shape(), c.needsPixels(), free)); err != nil {
		stream.Close()
		return nil, err
	}
	return stream, nil
}

// fitsMemory returns an error for batches that are larger than the memory that is free, 0 if it is
// not known.
func fitsMemory(s mixture.Shape, pixels bool, free int64) error {
	if !pixels {
		s.Images = 0
	}
	if need := s.Bytes(); free > 0 && need > free {
		return fmt.Errorf("a batch of %d rows, each with %d images and %d ids, takes %s, and %s of memory are free; lower batch, lengths or the size of images, or make one host's rows of it with --host h/H",
			s.Rows, s.Images, s.Texts*s.Encoder+s.Decoder, gibibytes(need), gibibytes(free))
	}
	return nil
}

// needsPixels reports whether images are decoded.
func (c mixCommand) needsPixels() bool {
	return c.Digest || c.Stats || c.Tensors != "" || c.Dump.page != "" || c.Materialize != "" || c.Serve != ""
}

// fits checks that the recipe's model takes its batches.
func fits(recipe stages.Recipe, stream *mixture.Stream) error {
	be, err := backend.Open("")
	if err != nil {
		return err
	}
	defer be.Finalize()
	return recipe.CheckModel(be, stream.Shape(), stream.Vocabulary().Size())
}

// first returns the first step.
func (c mixCommand) first() int { return max(c.Steps.from, c.ResumeAt) }
