// Command pali3 takes raw image-text data to a trained and scored PaLI-3.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
	"golang.org/x/term"
)

// commands is the way of the data, first to last.
type commands struct {
	Quickstart quickstartCommand `cmd:"" help:"The main job at small scale: real pictures to a trained, scored and reported PaLI-3."`
	Ingest     ingestCommand     `cmd:"" help:"Turn folders, tables and archives into a dataset."`
	Shards     shardsCommand     `cmd:"" help:"Look at a dataset: stat, verify, head."`
	Curate     curateCommand     `cmd:"" help:"Remove bad, doubled and contaminated samples by the rules of a recipe."`
	Tokenizer  tokenizerCommand  `cmd:"" help:"Encode and decode text with a SentencePiece model; inspect one."`
	Mix        mixCommand        `cmd:"" help:"Show what a recipe feeds: a summary, the examples, or the digests of its batches."`
	Train      trainCommand      `cmd:"" help:"Train a stage by its recipe, resumable: SigLIP, UL2, PaLI-3."`
	Caption    captionCommand    `cmd:"" help:"Name what pictures show, in a language, with a trained model."`
	Ask        askCommand        `cmd:"" help:"Answer a question about a picture with a trained model."`
	Eval       evalCommand       `cmd:"" help:"Score predictions of any model on a benchmark."`
	Describe   describeCommand   `cmd:"" help:"Tell parameters, shapes, FLOPs and memory of a model."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run executes one command line and returns the exit status: 0 done, 1 failed, 2 misused.
func run(ctx context.Context, args []string) int {
	log := zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: time.TimeOnly, NoColor: !term.IsTerminal(int(os.Stderr.Fd()))}).With().Timestamp().Logger()
	parser, err := kong.New(&commands{},
		kong.Name("pali3"),
		kong.Description("The open PaLI-3: ingest, curate, mix, train and score vision-language data and models."),
		kong.UsageOnError(),
		kong.Vars{"benchmarks": benchmarkNames()},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(log),
	)
	if err != nil {
		log.Error().Err(err).Msg("building the command line")
		return 2
	}
	call, err := parser.Parse(args)
	if err != nil {
		log.Error().Msg(err.Error())
		return 2
	}
	if err := call.Run(); err != nil {
		log.Error().Msg(err.Error())
		return 1
	}
	return 0
}
