package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	layouts "github.com/pali3/pali3/ingest/benchmarks"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/bucket"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/tokenize"
	"github.com/pali3/pali3/webli"
)

// A Program is a command line: the commands of pali3 and your additions. Change fields of [Default]
// and call Main:
//
//	program := cli.Default()
//	program.Name = "birds"
//	program.Sources = append(program.Sources, cli.Source{Name: "sightings", ...})
//	program.Main()
type Program struct {
	// Name is the program's name, which usage, hints and completion scripts show.
	Name string
	// Version is what `NAME version` prints and what runs and projects record.
	Version string
	// Sources add `NAME ingest SOURCE` commands.
	Sources []Source
	// Kinds are the task kinds that recipes may name.
	Kinds mixture.Kinds
	// Ops are the operations of the image pipelines of recipes.
	Ops augment.Ops
	// Families are the families of models that recipes and run folders may name.
	Families family.Families
	// Rules are curation rules that recipes may turn on besides the built-in ones.
	Rules webli.Rules
	// Benchmarks are those that `NAME eval --bench` scores.
	Benchmarks benchmarks.Table
	// Metrics are additional metrics that `NAME eval` scores.
	Metrics []evalsuite.Metric
	// Stores open datasets in object stores.
	Stores shards.Stores
	// Rows open data of the program's own, which recipes and `NAME eval --data` name by a URL of
	// this scheme. Models are trained and evaluated on them where they lie.
	Rows map[string]mixture.OpenRows
	// Tokenizers holds the models that recipes name as pali3:NAME.
	Tokenizers fs.FS
}

// Default returns pali3, with the version "development".
func Default() Program {
	return Program{
		Name: "pali3", Version: "development",
		Kinds: mixture.BuiltinKinds(), Ops: augment.BuiltinOps(), Tokenizers: tokenize.Builtin(),
		Families:   models.Families(),
		Benchmarks: benchmarks.Builtin(), Stores: bucket.Stores(),
	}
}

// registry returns all that recipes and run folders may name.
func (p Program) registry() *stages.Registry {
	return &stages.Registry{
		Data:     &mixture.Registry{Kinds: p.Kinds, Ops: p.Ops, Tokenizers: p.Tokenizers, Stores: p.Stores, Rows: p.Rows, Masks: openMasks},
		Families: p.Families,
	}
}

// Main runs the command line of the process and exits. An interrupt (Ctrl-C) or a termination
// signal ends the command cleanly; a second one ends the process at once.
func (p Program) Main() {
	os.Exit(p.process(os.Args[1:]))
}

// Run runs one command line, without the program's name, and returns the exit status: 0 for
// success, 1 for failure, 2 for a command line that is not understood, 130 for an interrupt and 143
// for a termination. Results are written to stdout; progress, notes and errors to stderr.
func (p Program) Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	con := newConsole(ctx, p, args, stdin, stdout, stderr)
	var all commands
	parser, err := p.newParser(&all, kong.BindTo(ctx, (*context.Context)(nil)), kong.Writers(stdout, stderr))
	if err != nil {
		con.log.Error().Err(err).Msg("building the command line")
		return 2
	}
	if len(args) > 0 && args[0] == "help" { // as in git and go
		if found, err := p.printTopic(stdout, strings.Join(args[1:], " ")); found {
			return con.end(err)
		}
		args = append(args[1:len(args):len(args)], "--help")
	}
	call, err := parser.Parse(args)
	if errors.Is(err, errAnswered) {
		return 0
	}
	if err != nil {
		con.log.Error().Msg(p.explainUsage(err))
		return 2
	}
	con.setLoudness(all.Quiet, all.Verbose)
	began := time.Now()
	con.log.Debug().Str("version", p.Version).Str("go", runtime.Version()).Int("cores", runtime.GOMAXPROCS(0)).Str("backend", backend.Default()).Msg(call.Command())
	target := call.Selected().Target.Interface()
	stop := endWith(ctx, con, call, target)
	err = call.Run(con)
	for _, do := range con.atEnd {
		do()
	}
	stop()
	con.log.Debug().Stringer("took", time.Since(began).Round(time.Millisecond)).Msg(call.Command())
	if err == nil {
		err = con.out.err
	}
	if s, ok := signalOf(ctx); ok && err != nil {
		con.log.Error().Msg(con.explain(target, s, err))
		return s.status()
	}
	return con.end(err)
}

// end logs the error that a command ended with and returns its exit status.
func (con *console) end(err error) int {
	if err == nil {
		return 0
	}
	status, err := statusOf(err)
	if err != nil {
		con.log.Error().Msg(err.Error() + hintFor(err))
	}
	return status
}

// newParser returns the program's command-line parser, with examples in each command's help.
func (p Program) newParser(all *commands, options ...kong.Option) (*kong.Kong, error) {
	var err error
	if all.Ingest.Own, err = ownSources(p.Sources); err != nil {
		return nil, err
	}
	parser, err := kong.New(all, append([]kong.Option{
		kong.Name(p.Name),
		kong.Description("The open PaLI-3: from raw image-text data to a trained and scored vision-language model."),
		kong.Help(p.printHelp),
		kong.NoDefaultHelp(),
		kong.Vars{"version": p.versionLine(), "dataset": datasetHelp, "weights": weightsHelp, "weightsOut": weightsOutHelp, "cache": cacheHelp, "benchmarks": strings.Join(p.Benchmarks.Names(), ", "), "layouts": strings.Join(layouts.Layouts(), ","), "layoutList": strings.Join(layouts.Layouts(), ", ")},
	}, options...)...)
	if err != nil {
		return nil, err
	}
	for _, flag := range parser.Model.Flags {
		if flag.Name == "help" {
			parser.Model.HelpFlag = flag
		}
	}
	p.addExamples(parser.Model.Node)
	namePlaceholders(parser.Model.Node)
	return parser, nil
}

// errAnswered ends the parsing of a command line after --help or --version.
var errAnswered = errors.New("answered")

// helpFlag prints the help of the command that it follows.
type helpFlag bool

func (helpFlag) IgnoreDefault() {}

func (helpFlag) BeforeReset(call *kong.Context) error {
	if err := call.PrintUsage(false); err != nil {
		return err
	}
	return errAnswered
}
