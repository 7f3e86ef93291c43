// Package cli is the command line of pali3: one small file per command, which parses its arguments,
// calls the packages that do the work, and prints what they return.
package cli

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"
	"golang.org/x/term"

	layouts "github.com/pali3/pali3/ingest/benchmarks"
	"github.com/pali3/pali3/models/backend"
)

// commands is the way of the data, first to last.
type commands struct {
	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`

	Quiet   bool `short:"q" xor:"loudness" help:"No progress and no notes: warnings and errors only."`
	Verbose bool `short:"v" xor:"loudness" help:"Say more of what is done."`

	Quickstart quickstartCommand `cmd:"" help:"The main job at small scale: real pictures to a trained, scored and reported PaLI-3."`
	Start      startCommand      `cmd:"" help:"Look at your own data and write a project for them: recipes, and a pipeline that runs them."`
	Run        runCommand        `cmd:"" help:"Do what a project's pipeline says: curate, split, train, score, report; resumable."`
	Ingest     ingestCommand     `cmd:"" help:"Turn folders, tables and archives into a dataset."`
	Shards     shardsCommand     `cmd:"" help:"Look at a dataset, convert, rewrite, check and repair it."`
	Curate     curateCommand     `cmd:"" help:"Remove bad, doubled and contaminated samples by the rules of a recipe."`
	Tokenizer  tokenizerCommand  `cmd:"" help:"Encode and decode text with a SentencePiece model; inspect one."`
	Recipe     recipeCommand     `cmd:"" help:"List, show, check and compare recipes of training and curation."`
	Mix        mixCommand        `cmd:"" help:"Show what a recipe feeds: a summary, the examples, or the digests of its batches."`
	Train      trainCommand      `cmd:"" help:"Train a stage by its recipe, resumable: SigLIP, UL2, PaLI-3."`
	Caption    captionCommand    `cmd:"" help:"Name what images show, in a language, with a trained model."`
	Ask        askCommand        `cmd:"" help:"Answer a question about images with a trained model."`
	Predict    predictCommand    `cmd:"" help:"Write what a trained model says of a dataset's split, or of image files."`
	Eval       evalCommand       `cmd:"" help:"Score a trained model on a dataset's split, or predictions of any model."`
	Report     reportCommand     `cmd:"" help:"Write one HTML page of a run, of runs side by side, or of a project."`
	Describe   describeCommand   `cmd:"" help:"Tell parameters, shapes, FLOPs and memory of a model."`
	Forward    forwardCommand    `cmd:"" help:"Run a model on given tensors: results and hidden states by name."`
	Doctor     doctorCommand     `cmd:"" help:"Tell what pali3 has to work with here, and what is missing."`
	Completion completionCommand `cmd:"" help:"Print the script that completes pali3's command lines in a shell."`
	Complete   completeCommand   `cmd:"" hidden:"" help:"List what may stand in place of the last word."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// Main runs the command line of the process and ends it with the exit status.
func Main() { os.Exit(execute(os.Args[1:])) }

// run executes one command line and returns the exit status: 0 done, 1 failed, 2 misused, 130
// interrupted, 143 terminated.
func run(ctx context.Context, args []string) int {
	log := newLog()
	var all commands
	parser, err := newParser(&all, kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		log.Error().Err(err).Msg("building the command line")
		return 2
	}
	if len(args) > 0 && args[0] == "help" { // as in git and go
		args = append(args[1:len(args):len(args)], "--help")
	}
	call, err := parser.Parse(args)
	if err != nil {
		log.Error().Msg(err.Error())
		return 2
	}
	log = log.Level(all.level())
	began := time.Now()
	log.Debug().Str("version", version).Str("go", runtime.Version()).Int("cores", runtime.GOMAXPROCS(0)).Str("backend", backend.Default()).Msg(call.Command())
	target := call.Selected().Target.Interface()
	stop := endWith(ctx, log, call, target)
	err = call.Run(log, output{quiet: all.Quiet})
	stop()
	log.Debug().Stringer("took", time.Since(began).Round(time.Millisecond)).Msg(call.Command())
	if s, ok := signalOf(ctx); ok && err != nil {
		log.Error().Msg(explain(target, s, err))
		return s.status()
	}
	if err != nil {
		status, err := statusOf(err)
		if err != nil {
			log.Error().Msg(err.Error())
		}
		return status
	}
	return 0
}

// newParser returns the parser of command lines, with an example in each command's help.
func newParser(all *commands, options ...kong.Option) (*kong.Kong, error) {
	parser, err := kong.New(all, append([]kong.Option{
		kong.Name("pali3"),
		kong.Description("The open PaLI-3: ingest, curate, mix, train and score vision-language data and models."),
		kong.UsageOnError(),
		kong.Vars{"version": versionLine(), "dataset": datasetHelp, "benchmarks": benchmarkNames(), "layouts": strings.Join(layouts.Layouts(), ",")},
	}, options...)...)
	if err == nil {
		addExamples(parser.Model.Node)
	}
	return parser, err
}

func newLog() zerolog.Logger {
	return zerolog.New(zerolog.ConsoleWriter{
		Out: os.Stderr, TimeFormat: time.TimeOnly, NoColor: !term.IsTerminal(int(os.Stderr.Fd())),
	}).With().Timestamp().Logger()
}

// level is what is logged.
func (c *commands) level() zerolog.Level {
	switch {
	case c.Quiet:
		return zerolog.WarnLevel
	case c.Verbose:
		return zerolog.DebugLevel
	}
	return zerolog.InfoLevel
}
