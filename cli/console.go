package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/pali3/pali3/internal/shellword"
	"github.com/pali3/pali3/shards"
)

// console is what a command uses besides its flags: its input and output streams, its log and the
// program it belongs to.
type console struct {
	ctx     context.Context // of the command
	program Program
	args    []string // the command line, without the program's name
	in      io.Reader
	out     *results
	err     io.Writer
	log     zerolog.Logger
	quiet   bool
	atEnd   []func() // called when the command has ended
}

func newConsole(ctx context.Context, p Program, args []string, stdin io.Reader, stdout, stderr io.Writer) *console {
	return &console{
		ctx: ctx, program: p, args: args, in: stdin, out: &results{w: stdout}, err: stderr,
		log: zerolog.New(zerolog.ConsoleWriter{
			Out: stderr, TimeFormat: time.TimeOnly, NoColor: !isTerminal(stderr),
		}).With().Timestamp().Logger(),
	}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// setLoudness sets what is logged and whether progress is shown.
func (con *console) setLoudness(quiet, verbose bool) {
	con.quiet = quiet
	level := zerolog.InfoLevel
	switch {
	case quiet:
		level = zerolog.WarnLevel
	case verbose:
		level = zerolog.DebugLevel
	}
	con.log = con.log.Level(level)
}

// results is standard output. It keeps the first write error, and the command then fails with it.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("writing the results: %w", err)
	}
	return n, err
}

// open opens a dataset: a folder or a URL.
func (con *console) open(dataset string) (*shards.Dataset, error) {
	return con.program.Stores.Open(con.ctx, dataset)
}

// printf prints on standard output.
func (con *console) printf(format string, args ...any) { fmt.Fprintf(con.out, format, args...) }

// println prints a line on standard output.
func (con *console) println(args ...any) { fmt.Fprintln(con.out, args...) }

// printJSON prints one indented JSON value on standard output.
func (con *console) printJSON(v any) error {
	encoder := con.lines()
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// lines returns an encoder of JSON lines on standard output.
func (con *console) lines() *json.Encoder {
	encoder := json.NewEncoder(con.out)
	encoder.SetEscapeHTML(false)
	return encoder
}

// info and warn log a message. Packages take them as callbacks.
func (con *console) info(message string) { con.log.Info().Msg(message) }
func (con *console) warn(message string) { con.log.Warn().Msg(message) }

// typed returns the command line as datasets record it: words separated by spaces.
func (con *console) typed() string {
	return strings.Join(append([]string{con.program.Name}, con.args...), " ")
}

// commandLine returns the command line quoted for a shell.
func (con *console) commandLine() string {
	words := []string{con.program.Name}
	for _, word := range con.args {
		words = append(words, quoted(word))
	}
	return strings.Join(words, " ")
}

// quoted quotes a word for a shell if necessary.
func quoted(word string) string { return shellword.Quote(word) }
